/** Runs laid over each other, and rows over seeds: every figure is one of a run, or a mean of them by hand. */
import { describe, expect, it } from 'vitest';
import { FAKE_RECIPE, fakeResult } from '../app/testing/fake-figures';
import type { RunResult } from '../run/events';
import { compareRows } from './compare';
import { figuresOf } from './figures';
import { laidOver } from './laid-over';
import { seedRows } from './seeds';
import { seriesOf } from './series';

const SHOWN = { metric: 'output', scale: 'absolute' } as const;
const first = fakeResult();

describe('runs laid over', () => {
  it('have the rows of all, each with the figures of its run', () => {
    const other = fakeResult({ ...FAKE_RECIPE, rows: FAKE_RECIPE.rows.slice(0, 2) });
    const { result, differences } = laidOver(first, [{ name: 'yesterday', result: other }]);
    expect(result.plan.rows.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(result.plan.rows.at(-1)?.label).toBe(`${other.plan.rows[1].label}, yesterday`);
    expect(result.plan.rows.filter(({ baseline }) => baseline)).toHaveLength(1);
    const [a, b] = [seriesOf(result, 'output'), seriesOf(other, 'output')];
    expect(a[5].points).toEqual(b[1].points);
    const rows = compareRows(figuresOf(result), SHOWN);
    expect(rows[5].perplexity).toBe(other.rows[1].perplexity);
    expect(differences).toEqual([{ name: 'yesterday', of: [] }]);
  });

  it('meet in layers of one name, and say in what they differ', () => {
    const other: RunResult = {
      ...first,
      model: { ...first.model, fingerprint: 'another' },
      codeVersion: '0',
      plan: { ...first.plan, layers: first.plan.layers.slice(1).map((layer, index) => ({ ...layer, index })) },
      layers: first.layers.filter(({ layer }) => layer > 0).map((layer) => ({ ...layer, layer: layer.layer - 1 })),
    };
    const { result, differences } = laidOver(first, [{ name: 'other', result: other }]);
    const lines = seriesOf(result, 'output');
    expect(lines[4].points).toEqual(lines[0].points.slice(1));
    expect(differences[0].of).toEqual(['model', 'layers', 'version']);
    expect(result.rows.slice(4).every(({ windows }) => windows === undefined)).toBe(true);
  });

  it('alone are what they are', () => {
    expect(laidOver(first, []).result).toBe(first);
  });
});

describe('rows over seeds', () => {
  const seeded = (seed: number, factor: number): RunResult => {
    const result = fakeResult({ ...FAKE_RECIPE, calibration: { ...FAKE_RECIPE.calibration, seed } });
    return { ...result, rows: result.rows.map((row) => ({ ...row, perplexity: factor })) };
  };

  it('have mean and standard deviation', () => {
    const rows = seedRows([seeded(1, 10), seeded(2, 12), seeded(3, 17)], SHOWN);
    expect(rows).toHaveLength(first.plan.rows.length);
    const perplexity = rows[1].figures.find(({ of }) => of === 'perplexity');
    expect(perplexity?.mean).toBeCloseTo(13, 12);
    expect(perplexity?.deviation).toBeCloseTo(Math.sqrt(13), 12);
    expect(rows[0].seeds).toEqual([1, 2, 3]);
    // The same figures for every seed: no spread.
    expect(rows[0].figures.find(({ of }) => of === 'meanError')?.deviation).toBeCloseTo(0, 12);
  });

  it('are none of one seed, or of other recipes', () => {
    expect(seedRows([seeded(1, 10), seeded(1, 11)], SHOWN)).toEqual([]);
    const other = fakeResult({ ...FAKE_RECIPE, calibration: { ...FAKE_RECIPE.calibration, seed: 2, windows: 8 } });
    expect(seedRows([seeded(1, 10), other], SHOWN)).toEqual([]);
    expect(seedRows([], SHOWN)).toEqual([]);
  });
});
