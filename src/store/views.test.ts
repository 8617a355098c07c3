/** What a row's transforms do by themselves, and bits beside those of weights: in the comparison, and in a results file. */
import { describe, expect, it } from 'vitest';
import { fakeResult, FAKE_RECIPE } from '../app/testing/fake-figures';
import { resultsText } from '../run/figure-files';
import { columnsOf, compareRows } from '../report/compare';
import { parseResult } from '../report/read-result';
import { figuresOf } from './run-view';

const plain = fakeResult(FAKE_RECIPE);
const view = { label: 'Rotate', rows: [1, 2], perplexity: 4.5, kl: 3e-7 };
const result = {
  ...plain,
  views: [view],
  rows: plain.rows.map((row) =>
    row.row === 2 ? { ...row, activationBits: 4.5, cacheBits: { key: 2.5, value: 4.25 } } : row,
  ),
};
const shown = { metric: 'output', scale: 'absolute' } as const;

describe('a row’s zero', () => {
  it('is that of its view, and rows without transforms have none', () => {
    const rows = compareRows(figuresOf(result), shown);
    expect(rows.map(({ zero }) => zero)).toEqual([null, 3e-7, 3e-7, null]);
    expect(compareRows(figuresOf(plain), shown).every(({ zero }) => zero === null)).toBe(true);
  });

  it('is of the prediction in a diffusion network', () => {
    const views = [{ ...view, kl: null, prediction: 2e-9 }];
    expect(compareRows(figuresOf({ ...result, views }), shown)[1].zero).toBe(2e-9);
  });
});

describe('bits beside those of weights', () => {
  it('are columns where a row has them', () => {
    expect(columnsOf(figuresOf(plain))).not.toContain('activationBits');
    expect(columnsOf(figuresOf(result)).slice(0, 3)).toEqual(['bitsPerWeight', 'activationBits', 'cacheBits']);
    const [, , row, other] = compareRows(figuresOf(result), shown);
    expect(row).toMatchObject({ activationBits: 4.5, cacheBits: 3.375, cacheParts: { key: 2.5, value: 4.25 } });
    expect(other).toMatchObject({ activationBits: null, cacheBits: null, cacheParts: null });
  });
});

describe('a results file', () => {
  const written = (change: object) => JSON.parse(resultsText({ ...result, ...change })) as unknown;

  it('carries both', () => {
    const read = parseResult(written({}));
    expect(read.views).toEqual([view]);
    expect(read.rows[2]).toMatchObject({ activationBits: 4.5, cacheBits: { key: 2.5, value: 4.25 } });
    expect(parseResult(written({ views: [{ ...view, kl: NaN }] })).views?.[0].kl).toBeNull();
  });

  it.each([
    [{ views: {} }, 'views is not a list'],
    [{ views: [{ ...view, label: 3 }] }, 'label is not a string'],
    [{ views: [{ ...view, rows: ['1'] }] }, 'views have no rows'],
    [{ views: [{ ...view, kl: 'none' }] }, 'kl of a view is not a number'],
    [{ rows: [{ ...plain.rows[0], activationBits: '4' }] }, 'activationBits is not a number'],
    [{ rows: [{ ...plain.rows[0], cacheBits: { key: 2 } }] }, 'value is not a number'],
  ])('with %j is refused', (change, why) => {
    expect(() => parseResult(written(change))).toThrow(why);
  });
});
