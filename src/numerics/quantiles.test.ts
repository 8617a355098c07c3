import { describe, expect, it } from 'vitest';
import { columnQuantiles, leastByCell, quantileOfSorted } from './quantiles';

describe('quantiles', () => {
  it('lie between neighbours, as numpy has them', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((p) => quantileOfSorted([1, 2, 4, 8], p))).toEqual([
      1,
      1.75,
      3,
      expect.closeTo(6.8, 12),
      8,
    ]);
    expect(quantileOfSorted([5], 0.3)).toBe(5);
    expect(() => quantileOfSorted([], 0.5)).toThrow('of 0 values');
    expect(() => quantileOfSorted([1], 1.5)).toThrow('quantile 1.5');
  });

  it('are of runs of columns, and NaN where a value is', () => {
    const values = [3, 1, 9, 1, 2, NaN, 2, 7, 9];
    expect([...columnQuantiles(values, 3, 3, 2, [0, 1])]).toEqual([1, NaN, 7, NaN]);
    expect([...columnQuantiles(values, 3, 3, 1, [0.5, 0.75])]).toEqual([2, 2, NaN, 2.5, 4.5, NaN]);
  });
});

it('takes the least sum of a cell, the first among equals, and none of no number', () => {
  const errors = [3, 1, 4, NaN, 1, 3, 2, NaN, 2, 2, 2, NaN];
  expect(leastByCell(errors, 3, 4, 1)).toEqual([1, 0, 1, null]);
  expect(leastByCell(errors, 3, 4, 2)).toEqual([0, null]);
});
