import { describe, expect, it } from 'vitest';
import { FAKE_RECIPE, fakePlan, fakeResult } from '../app/testing/fake-figures';
import type { LayerResult, RunResult } from '../run/events';
import { bestValues, compareRows, sortRows } from './compare';
import { figuresOf, type RunFigures } from './run-view';
import { asRatio, availableMetrics, seriesOf } from './series';
import { differenceFrom, summarize } from './summary';

/** Figures in which the row with this method is the lowest everywhere, by the factor. */
function won(method: string, factor = 0.5): RunFigures {
  const figures = figuresOf(fakeResult());
  const winner = figures.plan?.rows.find((row) => row.method === method)?.row;
  const change = (layer: LayerResult): LayerResult => {
    const output = layer.row === winner ? 0.1 * factor : 0.1 + layer.row / 100;
    return { ...layer, errors: { ...layer.errors, output, heldOutOutput: output } };
  };
  return { ...figures, layers: figures.layers.map(change) };
}

describe('the summary', () => {
  it.each(['gptq', 'gptaq', 'rescomp', 'rtn'])('names %s where that has the lowest error', (method) => {
    const facts = summarize(won(method), 'heldOutOutput');
    expect(facts.leaders).toEqual([
      { label: { gptq: 'GPTQ', gptaq: 'GPTAQ', rescomp: 'ResComp', rtn: 'RTN' }[method], wins: 28 },
    ]);
    expect(facts.places).toBe(28);
  });

  it('does not call a loss against the baseline a gain', () => {
    const facts = summarize(won('rtn'), 'output');
    expect(facts.gain?.share).toBeLessThan(0);
  });

  it('measures the gain of the lowest mean against the baseline', () => {
    const facts = summarize(won('gptaq', 0.5), 'output');
    expect(facts.gain?.label).toBe('GPTAQ');
    expect(facts.gain?.share).toBeCloseTo(0.5);
  });

  it('counts only layers that every row has', () => {
    const figures = won('gptq');
    const partial = { ...figures, layers: figures.layers.filter((layer) => layer.layer < 5 || layer.row === 1) };
    expect(summarize(partial, 'output').places).toBe(5);
  });

  it('gives a tie to nobody', () => {
    const figures = won('gptq');
    const layers = figures.layers.map((layer) => ({ ...layer, errors: { ...layer.errors, output: 0.1 } }));
    expect(summarize({ ...figures, layers }, 'output').leaders).toEqual([]);
  });

  it('lists the rows whose perplexity cannot be told from the lowest', () => {
    const result: RunResult = fakeResult();
    const rows = result.rows.map((row, i) => ({
      ...row,
      perplexity: 8 - i,
      perplexityInterval: [7.6 - i, 8.4 - i] as const,
    }));
    const facts = summarize(figuresOf({ ...result, rows }), 'output').perplexity;
    expect(facts?.label).toBe('ResComp');
    expect(facts?.inseparable).toEqual([]);
    const wide = rows.map((row) => ({ ...row, perplexityInterval: [4, 9] as const }));
    expect(summarize(figuresOf({ ...result, rows: wide }), 'output').perplexity?.inseparable).toEqual([
      'RTN',
      'GPTQ',
      'GPTAQ',
    ]);
  });

  it('says nothing before the first layer', () => {
    const facts = summarize({ ...figuresOf(fakeResult()), layers: [], blocks: [], rows: [] }, 'weight');
    expect(facts).toMatchObject({ leaders: [], gain: null, perplexity: null, worst: null });
  });

  it('finds the largest difference from a reference of the same layers', () => {
    const figures = figuresOf(fakeResult());
    expect(differenceFrom(figures, figures)).toBe(0);
    const layers = figures.layers.map((layer, i) =>
      i === 7 ? { ...layer, errors: { ...layer.errors, output: (layer.errors.output ?? 0) * 1.02 } } : layer,
    );
    expect(differenceFrom(figures, { ...figures, layers })).toBeCloseTo(0.02);
    expect(differenceFrom({ ...figures, layers: [] }, figures)).toBeNull();
  });
});

describe('series', () => {
  const figures = figuresOf(fakeResult());

  it('are one a row, in the order of the layers, with the baseline known', () => {
    const series = seriesOf({ ...figures, layers: figures.layers.toReversed() }, 'output');
    expect(series.map((one) => one.short)).toEqual(['RTN', 'GPTQ', 'GPTAQ', 'ResComp']);
    expect(series.map((one) => one.baseline)).toEqual([true, false, false, false]);
    expect(series[0].points.map((point) => point.x)).toEqual(Array.from({ length: 28 }, (_, x) => x));
  });

  it('as ratios make the baseline one', () => {
    const [rtn, gptq] = asRatio(seriesOf(figures, 'output'));
    expect(rtn.points.every((point) => point.y === 1)).toBe(true);
    expect(gptq.points.every((point) => point.y < 1)).toBe(true);
  });

  it('leave out what was not measured', () => {
    const layers = figures.layers.map((layer) => ({
      ...layer,
      errors: { weight: layer.errors.weight, hessian: null, output: null, heldOutOutput: null },
    }));
    expect(availableMetrics({ ...figures, layers, blocks: [] })).toEqual(['weight']);
    expect(seriesOf({ ...figures, layers }, 'output').every((one) => one.points.length === 0)).toBe(true);
  });

  it('keep the whole label where a method stands twice', () => {
    const rows = [4, 3].map((bits) => ({ ...FAKE_RECIPE.rows[1], options: { ...FAKE_RECIPE.rows[1].options, bits } }));
    const plan = fakePlan({ ...FAKE_RECIPE, rows });
    expect(seriesOf({ ...figures, plan }, 'output').map((one) => one.short)).toEqual([
      'RTN',
      'GPTQ 4-bit',
      'GPTQ 3-bit',
    ]);
  });
});

describe('the comparison', () => {
  const rows = compareRows(figuresOf(fakeResult()));

  it('finds the best value of each column in the data', () => {
    const best = bestValues(rows);
    expect(best.perplexity).toBe(Math.min(...rows.map((row) => row.perplexity ?? Infinity)));
    expect(best.milliseconds).toBeUndefined();
    expect(bestValues(rows.slice(0, 1))).toEqual({});
  });

  it('sorts, with missing values last either way, and back to the recipe’s order', () => {
    const holes = rows.map((row, i) => (i === 1 ? { ...row, perplexity: null } : row));
    const order = (descending: boolean) => sortRows(holes, { column: 'perplexity', descending }).map((row) => row.row);
    expect(order(false).at(-1)).toBe(1);
    expect(order(true).at(-1)).toBe(1);
    expect(order(true)[0]).toBe(0);
    expect(sortRows(rows, { column: null, descending: false })).toEqual(rows);
  });

  it('has errors of a cancelled run, but no perplexity', () => {
    const partial = compareRows(figuresOf(fakeResult(FAKE_RECIPE, 4)));
    expect(partial[1].meanError).toBeGreaterThan(0);
    expect(partial[1].worstLayer).toContain('model.layers.0');
    expect(partial[1].perplexity).toBeNull();
    expect(partial[1].finishedLayers).toBe(4);
  });
});
