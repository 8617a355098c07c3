import { describe, expect, it } from 'vitest';
import { FAKE_RECIPE, fakePlan, fakeResult } from '../app/testing/fake-figures';
import type { LayerResult, RunResult } from '../run/events';
import { summarySentence } from '../app/chart/summary-sentence';
import { bestRows, compareRows, sortRows, type Shown } from '../report/compare';
import { isBelow, sizeGroups } from '../report/judge';
import { figuresOf, type RunFigures } from './run-view';
import { asRatio, availableMetrics, seriesOf } from '../report/series';
import { differenceFrom, summarize, type GroupFacts } from './summary';
import { rowOf } from './presets';

const OUTPUT: Shown = { metric: 'heldOutOutput', scale: 'absolute' };

/** Of figures whose rows all store the same bits. */
function only(figures: RunFigures, metric: Shown['metric']): GroupFacts {
  const { groups, alone } = summarize(figures, metric);
  expect([groups.length, alone.length]).toEqual([1, 0]);
  return groups[0];
}

/** The same figures with what each row stores a weight. */
function storing(figures: RunFigures, bits: readonly number[]): RunFigures {
  return { ...figures, rows: figures.rows.map((row, i) => ({ ...row, bitsPerWeight: bits[i] })) };
}

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
    const facts = only(won(method), 'heldOutOutput');
    expect(facts.leaders).toEqual([
      { label: { gptq: 'GPTQ', gptaq: 'GPTAQ', rescomp: 'ResComp', rtn: 'RTN' }[method], wins: 28 },
    ]);
    expect(facts.places).toBe(28);
  });

  it('does not call a loss against the baseline a gain', () => {
    const facts = only(won('rtn'), 'output');
    expect(facts.gain?.share).toBeLessThan(0);
  });

  it('measures the gain of the lowest mean against the baseline', () => {
    const facts = only(won('gptaq', 0.5), 'output');
    expect(facts.gain?.label).toBe('GPTAQ');
    expect(facts.gain?.share).toBeCloseTo(0.5);
  });

  it('counts only layers that every row has', () => {
    const figures = won('gptq');
    const partial = { ...figures, layers: figures.layers.filter((layer) => layer.layer < 5 || layer.row === 1) };
    expect(only(partial, 'output').places).toBe(5);
  });

  it('gives a tie to nobody', () => {
    const figures = won('gptq');
    const layers = figures.layers.map((layer) => ({ ...layer, errors: { ...layer.errors, output: 0.1 } }));
    expect(only({ ...figures, layers }, 'output').leaders).toEqual([]);
  });

  it('lists the rows whose perplexity cannot be told from the lowest', () => {
    const result: RunResult = fakeResult();
    const rows = result.rows.map((row, i) => ({
      ...row,
      perplexity: 8 - i,
      perplexityInterval: [7.6 - i, 8.4 - i] as const,
    }));
    const facts = only(figuresOf({ ...result, rows }), 'output').perplexity;
    expect(facts?.label).toBe('ResComp');
    expect(facts?.inseparable).toEqual([]);
    const wide = rows.map((row) => ({ ...row, perplexityInterval: [4, 9] as const }));
    expect(only(figuresOf({ ...result, rows: wide }), 'output').perplexity?.inseparable).toEqual([
      'RTN',
      'GPTQ',
      'GPTAQ',
    ]);
  });

  it('tells perplexities apart by pairs of windows where they are kept, though their own intervals meet', () => {
    const result: RunResult = fakeResult();
    const wide = (windows: (row: number) => readonly number[]) =>
      figuresOf({
        ...result,
        rows: result.rows.map((row, i) => ({
          ...{ ...row, perplexity: 8 - i, perplexityInterval: [4, 9] as const },
          windows: { of: 'nll' as const, values: windows(i) },
        })),
      });
    const hard = [0, 1, 2, 3, 4, 5, 6, 7];
    const steady = wide((row) => hard.map((loss) => loss - row / 8));
    expect(only(steady, 'output').perplexity).toMatchObject({ label: 'ResComp', inseparable: [] });
    expect([...bestRows(steady, OUTPUT).perplexity]).toEqual([3]);
    // The last two are the same: neither is told from the other.
    const same = wide((row) => hard.map((loss) => loss - Math.min(row, 2) / 8));
    expect(only(same, 'output').perplexity?.inseparable).toEqual(['GPTAQ']);
    expect([...bestRows(same, OUTPUT).perplexity]).toEqual([]);
    // Of five windows nothing is.
    const few = wide((row) => hard.slice(0, 5).map((loss) => loss - row));
    expect(only(few, 'output').perplexity?.inseparable).toHaveLength(3);
  });

  it('says nothing before the first layer', () => {
    const facts = only({ ...figuresOf(fakeResult()), layers: [], blocks: [], rows: [] }, 'weight');
    expect(facts).toMatchObject({ leaders: [], gain: null, perplexity: null, worst: null });
  });

  it('names no winner across stored sizes, and says what each size has', () => {
    // ResComp is lowest everywhere, and stores twice the bits.
    const facts = summarize(storing(won('rescomp'), [2.24, 2.25, 2.24, 4.53]), 'heldOutOutput');
    expect(facts.groups.map(({ bits }) => bits)).toEqual([[2.24, 2.25]]);
    expect(facts.groups[0].leaders).toEqual([{ label: 'RTN', wins: 28 }]);
    expect(facts.alone).toMatchObject([{ label: 'ResComp', bits: 4.53 }]);
    const sentence = summarySentence(facts);
    expect(sentence).toMatch(/^At 2\.24–2\.25 bits\/weight: RTN has the lowest/);
    expect(sentence).toMatch(
      /not ranked, with its mean held-out layer output error: ResComp at 4\.53 bits\/weight 0\.0500, perplexity/,
    );
    expect(sentence).not.toContain('ResComp has the lowest');
  });

  it('ranks each size by itself', () => {
    const facts = summarize(storing(won('rescomp'), [2.24, 2.24, 4.5, 4.53]), 'heldOutOutput');
    expect(facts.groups.map(({ leaders }) => leaders[0].label)).toEqual(['RTN', 'ResComp']);
    expect(facts.groups.map(({ gain }) => gain === null)).toEqual([false, true]);
  });

  it('ranks nobody where no two rows store the same', () => {
    const sentence = summarySentence(summarize(storing(won('gptq'), [2, 3, 4, 8]), 'output'));
    expect(sentence).toMatch(
      /^No two rows store the same bits, so none is ranked\. With their mean layer output error: RTN at 2\.00 bits\/weight 0/,
    );
    expect(sentence).not.toMatch(/lowest|below/);
  });

  it('says when a gain is no more than the scatter over layers', () => {
    const figures = won('rtn');
    // GPTQ is lower in one layer by much, and higher in all others by little.
    const layers = figures.layers.map((layer) => {
      const output = layer.row === 1 ? (layer.layer === 0 ? 0.001 : 0.051) : layer.row === 0 ? 0.05 : 0.2;
      return { ...layer, errors: { ...layer.errors, output } };
    });
    const { gain } = only({ ...figures, layers }, 'output');
    expect(gain?.share).toBeGreaterThan(0);
    expect(gain?.clear).toBe(false);
    expect(summarySentence(summarize({ ...figures, layers }, 'output'))).toContain('no more than it varies');
    expect(only(won('gptq'), 'output').gain?.clear).toBe(true);
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
    const rows = [4, 3].map((bits) => rowOf('gptq', { bits }));
    const plan = fakePlan({ ...FAKE_RECIPE, rows });
    expect(seriesOf({ ...figures, plan }, 'output').map((one) => one.short)).toEqual([
      'RTN',
      'GPTQ 4-bit',
      'GPTQ 3-bit',
    ]);
  });
});

describe('stored sizes', () => {
  it('are the same within two percent of the smallest, and no further', () => {
    const groups = (bits: readonly number[]) =>
      sizeGroups(bits.map((one, row) => ({ row, bits: one, passing: null }))).map((group) => [...group.rows].sort());
    expect(groups([3.125, 3.125, 3.18])).toEqual([[0, 1, 2]]);
    expect(groups([4.53, 2.24, 2.25])).toEqual([[1, 2], [0]]);
    // No chain of small steps makes 3 and 3.15 the same.
    expect(groups([3, 3.05, 3.1, 3.15])).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(groups([])).toEqual([]);
  });

  it('are others where what flows through the network is rounded otherwise', () => {
    const rows = ['A4 token', null, 'A4 token', 'A8 token', null].map((passing, row) => {
      return { row, bits: row === 4 ? 4.12 : 4.1, passing };
    });
    expect(sizeGroups(rows).map((group) => [group.passing, [...group.rows].sort()])).toEqual([
      ['A4 token', [0, 2]],
      [null, [1, 4]],
      ['A8 token', [3]],
    ]);
  });
});

describe('a lead', () => {
  it('is beyond the scatter, or is none', () => {
    const b = Array.from({ length: 20 }, (_, i) => 1 + (i % 5));
    expect(
      isBelow(
        b.map((value) => value * 0.9),
        b,
      ),
    ).toBe(true);
    expect(
      isBelow(
        b,
        b.map((value) => value * 0.9),
      ),
    ).toBe(false);
    expect(isBelow(b, b)).toBe(false);
    const noisy = b.map((value, i) => value + (i % 2 === 0 ? 1 : -1.1));
    expect(isBelow(noisy, b)).toBe(false);
  });

  it('needs six places: fewer cannot be beyond chance', () => {
    expect(isBelow([1, 1, 1, 1, 1], [2, 2, 2, 2, 2])).toBe(false);
    expect(isBelow([1, 1, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2])).toBe(true);
  });
});

describe('the comparison', () => {
  const figures = figuresOf(fakeResult());
  const rows = compareRows(figures, OUTPUT);

  it('follows the chart’s metric, blocks and ratios included', () => {
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const metric of ['heldOutOutput', 'output', 'hessian', 'weight'] as const) {
      const own = figures.layers.filter((layer) => layer.row === 2).map((layer) => layer.errors[metric] ?? NaN);
      const row = compareRows(figures, { metric, scale: 'absolute' })[2];
      expect(row.meanError).toBeCloseTo(mean(own), 12);
      expect(row.worstError).toBe(Math.max(...own));
    }
    const blocks = figures.blocks.filter((block) => block.row === 2).map((block) => block.mse);
    const block = compareRows(figures, { metric: 'block', scale: 'absolute' })[2];
    expect(block.meanError).toBeCloseTo(mean(blocks), 12);
    expect(block.worstPlace).toMatch(/^block \d$/);
    const ratio = compareRows(figures, { metric: 'heldOutOutput', scale: 'ratio' });
    expect(ratio[0].meanError).toBe(1);
    expect(ratio[2].meanError).toBeCloseTo(
      mean(asRatio(seriesOf(figures, 'heldOutOutput'))[2].points.map((point) => point.y)),
      12,
    );
  });

  it('counts in how many places a row is lowest of its size', () => {
    const all = compareRows(won('gptq'), OUTPUT);
    expect(all.map((row) => row.wins?.of)).toEqual([0, 28, 0, 0]);
    expect(compareRows(storing(won('gptq'), [3, 4, 3, 3]), OUTPUT)[1].wins).toBeNull();
  });

  it('calls a mean best only at its own size, and beyond the scatter', () => {
    expect([...bestRows(won('gptq'), OUTPUT).meanError]).toEqual([1]);
    expect([...bestRows(storing(won('gptq'), [3, 4, 3, 3]), OUTPUT).meanError]).toEqual([0]);
    expect([...bestRows(storing(won('gptq'), [2, 3, 4, 5]), OUTPUT).meanError]).toEqual([]);
    const same = won('gptq');
    const layers = same.layers.map((layer) => {
      const heldOutOutput = 0.1 + ((layer.layer * 7 + layer.row * 3) % 11) / 100;
      return { ...layer, errors: { ...layer.errors, heldOutOutput } };
    });
    expect([...bestRows({ ...same, layers }, OUTPUT).meanError]).toEqual([]);
  });

  it('calls a perplexity best only where its interval meets no other of its size', () => {
    const intervals = (bounds: readonly (readonly [number, number])[]): RunFigures => ({
      ...figures,
      rows: figures.rows.map((row, i) => ({
        ...row,
        perplexity: (bounds[i][0] + bounds[i][1]) / 2,
        perplexityInterval: bounds[i],
      })),
    });
    const clear = intervals([
      [9, 10],
      [5, 6],
      [7, 8],
      [7, 8],
    ]);
    expect([...bestRows(clear, OUTPUT).perplexity]).toEqual([1]);
    expect([...bestRows(storing(clear, [3, 4, 3, 3]), OUTPUT).perplexity]).toEqual([]);
    const meets = intervals([
      [9, 10],
      [5, 7.1],
      [7, 8],
      [7, 8],
    ]);
    expect([...bestRows(meets, OUTPUT).perplexity]).toEqual([]);
  });

  it('has no value where none came to a number, and never zero', () => {
    const broken = {
      ...figures,
      layers: figures.layers.map((layer) =>
        layer.row === 1 && layer.layer < 27
          ? { ...layer, errors: { ...layer.errors, heldOutOutput: layer.layer === 3 ? null : NaN } }
          : layer,
      ),
      rows: figures.rows.map((row) => (row.row === 1 ? { ...row, perplexity: NaN, kl: NaN } : row)),
    };
    const [, row] = compareRows(broken, OUTPUT);
    expect(row).toMatchObject({ perplexity: null, kl: null, missing: 27, evaluated: true });
    const { points } = seriesOf(broken, 'heldOutOutput')[1];
    expect(points).toHaveLength(1);
    // No line leads to it across what is not there.
    expect(points[0]).toMatchObject({ x: 27, begins: true });
    const all = broken.layers.filter((layer) => layer.row !== 1 || layer.layer < 27);
    expect(compareRows({ ...broken, layers: all }, OUTPUT)[1]).toMatchObject({ meanError: null, worstError: null });
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
    const partial = compareRows(figuresOf(fakeResult(FAKE_RECIPE, 4)), OUTPUT);
    expect(partial[1].meanError).toBeGreaterThan(0);
    expect(partial[1].worstPlace).toContain('model.layers.0');
    expect(partial[1]).toMatchObject({ perplexity: null, evaluated: false });
    expect(partial[1].finishedLayers).toBe(4);
  });

  it('does not promise the bits that labels once did', () => {
    const old = fakeResult();
    const labels = ['RTN 3-bit', 'k-means VQ K256 d4 2 b', 'GPTVQ K16 d2 2.13 b iterations 3', 'GPTQ 4-bit'];
    const plan = { ...old.plan, rows: old.plan.rows.map((row, i) => ({ ...row, label: labels[i] })) };
    expect(compareRows(figuresOf({ ...old, plan }), OUTPUT).map((row) => row.label)).toEqual([
      'RTN 3-bit',
      'k-means VQ K256 d4',
      'GPTVQ K16 d2 iterations 3',
      'GPTQ 4-bit',
    ]);
  });
});
