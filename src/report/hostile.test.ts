/** Whatever a results file says that is read at all can be written as every file, quickly, and no file is larger than what it is of. */
import { expect, it } from 'vitest';
import { fakeClassifierResult, fakeDiffusionResult, fakeResult } from '../app/testing/fake-figures';
import { isStudioError } from '../base/errors';
import { Random } from '../base/random';
import type { RunResult } from '../run/events';
import { resultsText } from '../run/figure-files';
import { damagedJson, oneOf } from '../testing/fuzz/mutate';
import { availableMetrics } from './series';
import { figuresOf } from './figures';
import { FIGURE_FILES, FIGURE_FORMATS } from './files';
import { laidOver } from './laid-over';
import { linearTicks, logRange, logTicks } from './layout';
import { parseResult } from './read-result';
import { SCALES } from './scales';
import { seedRows } from './seeds';

const first = fakeResult(undefined, 7);
const seeds = [first, fakeClassifierResult(), fakeDiffusionResult(2, 2)].map(
  (one) => JSON.parse(resultsText(one)) as object,
);

function read(text: string): RunResult | null {
  try {
    return parseResult(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || isStudioError(error)) return null;
    throw error;
  }
}

it('damaged results are refused or written', () => {
  const random = new Random(7);
  let written = 0;
  for (let i = 0; i < 300; i++) {
    const result = read(damagedJson(random, oneOf(random, seeds)));
    if (!result) continue;
    written++;
    const metric = availableMetrics(figuresOf(result)).at(0) ?? 'weight';
    const shown = { metric, scale: SCALES[i % SCALES.length] };
    for (const format of FIGURE_FORMATS) expect(typeof FIGURE_FILES[format].text(result, shown)).toBe('string');
    const { result: both } = laidOver(first, [{ name: 'other', result }]);
    expect(FIGURE_FILES.svg.text(both, shown)).toContain('</svg>');
    seedRows([first, result], shown);
  }
  expect(written).toBeGreaterThan(20);
});

it('axes end whatever the numbers are', () => {
  for (const [low, high] of [
    [5e-324, 1.7e308],
    [1e-310, 1e-309],
    [1.7e308, 1.7e308],
  ]) {
    const range = logRange([low, high]);
    expect(range.every(Number.isFinite)).toBe(true);
    expect(logTicks(...range).length).toBeLessThan(700);
  }
  for (const [low, high] of [
    [1e20, 1e20 + 16384],
    [0, 1.08e300],
    [1, 1],
  ]) {
    expect(linearTicks(low, high).length).toBeLessThan(8);
  }
  expect(linearTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});
