import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../store/run-view';
import { SCALES } from '../../report/scales';
import { METRICS } from '../../report/series';
import { summarize } from '../../store/summary';
import { FAKE_RECIPE, fakeResult } from '../testing/fake-figures';
import { geometryOf, placeAt, spread, xAt, yAt } from './geometry';
import { chartOf } from './model';
import { NO_READER, pressKey, pressPlace, type ReaderState } from './reader';
import { summarySentence } from './summary-sentence';

const figures = figuresOf(fakeResult());
const chart = chartOf(figures, { metric: 'output', scale: 'absolute', current: null });

describe('the reader', () => {
  const press = (...keys: string[]) =>
    keys.reduce<{ state: ReaderState; say: string | null }>(
      ({ state }, key) => pressKey(chart.lines, state, key) ?? { state, say: null },
      { state: NO_READER, say: null },
    );

  it('begins at the first point with the first key', () => {
    expect(press('ArrowRight')).toEqual({ state: { cursor: { line: 0, x: 0 }, pinned: false }, say: 'point' });
  });

  it.each([
    [['ArrowRight'], 1],
    [['ArrowRight', 'ArrowLeft', 'ArrowLeft'], 0],
    [['PageDown'], 10],
    [['PageDown', 'PageUp'], 0],
    [['End'], 27],
    [['End', 'ArrowRight'], 27],
    [['End', 'Home'], 0],
  ])('moves along a line by %s', (keys, x) => {
    expect(press('Home', ...keys).state.cursor).toEqual({ line: 0, x });
  });

  it('changes the line and keeps the place', () => {
    expect(press('Home', 'PageDown', 'ArrowDown').state.cursor).toEqual({ line: 1, x: 10 });
    expect(press('Home', 'ArrowUp').state.cursor?.line).toBe(3);
    expect(press('Home', 'ArrowUp', 'ArrowDown').state.cursor?.line).toBe(0);
  });

  it('pins, speaks, opens the table and leaves', () => {
    expect(press('Home', 'Enter')).toMatchObject({ say: 'pinned', state: { pinned: true } });
    expect(press('Home', 'Enter', 'Enter').say).toBe('unpinned');
    expect(press('s').say).toBe('summary');
    expect(press('T').say).toBe('table');
    expect(press('Home', 'Escape').state).toEqual(NO_READER);
  });

  it('is pinned by a click, moved by another, and let go by a second one at the same place', () => {
    const { state, say } = pressPlace(NO_READER, 2, 5);
    expect([state, say]).toEqual([{ cursor: { line: 2, x: 5 }, pinned: true }, 'pinned']);
    expect(pressPlace(state, 1, 9).state).toEqual({ cursor: { line: 1, x: 9 }, pinned: true });
    expect(pressPlace(state, 1, 5)).toEqual({ state: NO_READER, say: 'unpinned' });
    // Keys go on from there, and leave it.
    expect(pressKey(chart.lines, state, 'ArrowRight')?.state.cursor).toEqual({ line: 2, x: 6 });
    expect(pressKey(chart.lines, state, 'Escape')?.state).toEqual(NO_READER);
  });

  it('leaves other keys alone, Tab above all', () => {
    for (const key of ['Tab', 'a', ' ', 'Escape', 'Enter']) expect(pressKey(chart.lines, NO_READER, key)).toBeNull();
  });

  it('says that there is nothing before the first layer, and skips empty lines', () => {
    const none = chart.lines.map((line) => ({ ...line, points: [] }));
    expect(pressKey(none, NO_READER, 'ArrowRight')?.say).toBe('empty');
    const some = chart.lines.map((line, i) => (i === 1 ? { ...line, points: [] } : line));
    expect(pressKey(some, { cursor: { line: 0, x: 3 }, pinned: false }, 'ArrowDown')?.state.cursor).toEqual({
      line: 2,
      x: 3,
    });
  });
});

describe('the geometry', () => {
  const geometry = geometryOf(chart, 900, 360);

  it('keeps every point inside the plot', () => {
    for (const { points } of chart.lines) {
      for (const { x, y } of points) {
        expect(xAt(geometry, x)).toBeGreaterThanOrEqual(geometry.left);
        expect(xAt(geometry, x)).toBeLessThanOrEqual(900 - geometry.right);
        expect(yAt(geometry, y)).toBeGreaterThanOrEqual(geometry.top);
        expect(yAt(geometry, y)).toBeLessThanOrEqual(360 - geometry.bottom);
      }
    }
  });

  it('finds the place under the pointer', () => {
    for (const x of [0, 13, 27]) expect(placeAt(geometry, xAt(geometry, x) + 2, 28)).toBe(x);
    expect(placeAt(geometry, 2, 28)).toBeNull();
  });

  it('has ticks inside its ranges, on every kind of axis', () => {
    for (const scale of SCALES) {
      const model = chartOf(figures, { metric: 'block', scale, current: null });
      const { yTicks, y } = geometryOf(model, 500, 300);
      expect(yTicks.length).toBeGreaterThan(1);
      for (const tick of yTicks) expect(tick.at).toBeGreaterThanOrEqual(y[0]);
      for (const tick of yTicks) expect(tick.at).toBeLessThanOrEqual(y[1] * 1.001);
      for (const tick of yTicks) expect(tick.text).not.toContain('-0');
    }
  });

  it('has an empty chart too', () => {
    const empty = chartOf({ ...figures, layers: [] }, { metric: 'output', scale: 'absolute', current: null });
    expect(geometryOf(empty, 900, 360).yTicks.length).toBeGreaterThan(1);
  });

  it('moves labels apart, in order and within bounds', () => {
    const placed = spread([100, 101, 40, 102, 300], 15, 10, 300);
    const sorted = placed.toSorted((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i] - sorted[i - 1]).toBeGreaterThanOrEqual(14.999);
    expect(placed[2]).toBe(40);
    expect(placed[0]).toBeLessThan(placed[1]);
    expect(placed[1]).toBeLessThan(placed[3]);
    expect(spread([299, 300, 300], 15, 10, 300)).toEqual([270, 285, 300]);
  });
});

describe('the chart’s model', () => {
  it('shows differences to the baseline around zero, with their sign', () => {
    const model = chartOf(figures, { metric: 'output', scale: 'difference', current: null });
    const base = chart.lines.find((line) => line.baseline);
    const at = new Map(base?.points.map(({ x, y }) => [x, y]));
    for (const [i, line] of model.lines.entries()) {
      expect(line.points).toHaveLength(chart.lines[i].points.length);
      line.points.forEach(({ x, y }, k) => expect(y).toBe(chart.lines[i].points[k].y - (at.get(x) ?? NaN)));
      if (line.baseline) expect(line.points.every(({ y }) => y === 0)).toBe(true);
    }
    expect(model.log).toBe(false);
    const { y } = geometryOf(model, 900, 360);
    expect(y[0]).toBeLessThan(0);
    expect(y[1]).toBeGreaterThan(0);
    expect([0.0314, -0.0314, 0, 2.1e-5].map(model.format)).toEqual(['+0.0314', '-0.0314', '0', '+2.10e-5']);
  });

  it('names the ratio and the unit on the axis, in its short name too', () => {
    for (const metric of METRICS) {
      const ratio = chartOf(figures, { metric, scale: 'ratio', current: null });
      expect(ratio.yLabel).toMatch(/, ÷ RTN$/);
      expect(ratio.yShort).toMatch(/ ÷ RTN$/);
      const absolute = chartOf(figures, { metric, scale: 'absolute', current: null });
      expect(absolute.yShort).toMatch(metric === 'block' ? /, output units²$/ : /, relative$/);
      // 6.3 pixels a letter: it fits the lowest chart there is (300 pixels on a phone).
      const difference = chartOf(figures, { metric, scale: 'difference', current: null });
      expect(difference.yLabel).toMatch(/, − RTN$/);
      for (const { yShort } of [ratio, absolute, difference]) expect(yShort.length * 6.3).toBeLessThan(248);
    }
  });

  it('says in the legend what each row really stores', () => {
    const rows = fakeResult().rows.map((row) => ({ ...row, bitsPerWeight: row.row === 1 ? 4.5281 : 3.25 }));
    const { lines } = chartOf({ ...figures, rows }, { metric: 'output', scale: 'absolute', current: null });
    expect(lines.map((line) => line.legend?.replaceAll('\u00a0', ' ')).slice(0, 2)).toEqual([
      'RTN 3-bit · 3.25 bits',
      'GPTQ 3-bit · 4.53 bits',
    ]);
  });

  it('marks where blocks begin, and the layer at work', () => {
    expect(chart.starts.map((start) => start.at)).toEqual([0, 7, 14, 21]);
    const blocks = chartOf(figures, { metric: 'block', scale: 'absolute', current: { row: 1, layer: 15 } });
    expect(blocks.places).toBe(4);
    expect(blocks.current).toBe(2);
  });
});

describe('the summary sentence', () => {
  it('says what the data says', () => {
    const text = summarySentence(summarize(figures, 'output'));
    expect(text).toMatch(
      /^At 3\.14 bits\/weight: GPTAQ has the lowest layer output error in \d+ of 28 layers; its worst is model\.layers\.\d/,
    );
    expect(text).toContain('below RTN');
    expect(text).toContain('Lowest perplexity: GPTAQ');
  });

  it('does not favour ResComp where it loses', () => {
    const rescomp = figures.plan?.rows.find((row) => row.method === 'rescomp')?.row;
    const layers = figures.layers.map((layer) =>
      layer.row === rescomp ? { ...layer, errors: { ...layer.errors, output: 0.9, heldOutOutput: 0.9 } } : layer,
    );
    const text = summarySentence(summarize({ ...figures, layers, rows: [] }, 'output'));
    expect(text).not.toContain('ResComp');
  });

  it('says so when nothing is better than rounding', () => {
    const layers = figures.layers.map((layer) => ({
      ...layer,
      errors: { ...layer.errors, output: layer.row === 0 ? 0.1 : 0.2 + layer.row / 10 },
    }));
    const text = summarySentence(summarize({ ...figures, layers, rows: [] }, 'output'));
    expect(text).toMatch(/^At 3\.14 bits\/weight: RTN has the lowest/);
    expect(text).toContain('none is below RTN');
  });

  it('has words for an empty run', () => {
    expect(summarySentence(summarize({ ...figuresOf(fakeResult(FAKE_RECIPE, 0)) }, 'output'))).toBe(
      'Nothing to compare yet.',
    );
  });
});
