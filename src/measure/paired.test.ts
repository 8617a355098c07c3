import { describe, expect, it } from 'vitest';
import { pairedDifference } from './paired';

describe('pairedDifference', () => {
  it('of identical rows is exactly 0, and so is its interval', () => {
    const row = [3.1, 2.7, 0.1, 5.5, 4.2, 1.9];
    expect(pairedDifference(row, [...row])).toEqual({ mean: 0, interval: [0, 0], windows: 6 });
  });

  it('is the mean of the differences, whatever the windows differ by among themselves', () => {
    // Differences of 1/4 throughout, on windows from 0 to 70: each row's own interval would hold the other's mean.
    const other = [0, 10, 20, 30, 40, 50, 60, 70];
    const found = pairedDifference(
      other.map((value) => value + 0.25),
      other,
    );
    expect(found).toEqual({ mean: 0.25, interval: [0.25, 0.25], windows: 8 });
  });

  it('has the interval of a share where differences are 0 or 1', () => {
    // 25 of 100 differ by 1: a resampled mean is binomial, with quantiles 0.17 and 0.34 (R: qbinom(c(.025, .975), 100, .25)).
    const one = Array.from({ length: 100 }, (_, i) => Number(i % 4 === 0));
    const found = pairedDifference(
      one,
      one.map(() => 0),
    );
    expect(found?.mean).toBe(0.25);
    const [low, high] = found?.interval ?? [NaN, NaN];
    expect(Math.abs(low - 0.17)).toBeLessThanOrEqual(0.0101);
    expect(Math.abs(high - 0.34)).toBeLessThanOrEqual(0.0101);
  });

  it('turns its sign with its sides, and is the same each time', () => {
    const [a, b] = [
      [1, 4, 2, 8, 5, 7, 3],
      [2, 2, 2, 9, 1, 7, 6],
    ];
    const [there, back] = [pairedDifference(a, b), pairedDifference(b, a)];
    expect(there?.mean).toBeCloseTo(1 / 7, 12);
    expect(back?.mean).toBe(-(there?.mean ?? 0));
    expect(pairedDifference(a, b)).toEqual(there);
  });

  it('has no interval of five windows, and is nothing of other windows or of what is no number', () => {
    expect(pairedDifference([1, 2, 3, 4, 5], [0, 1, 2, 3, 4])).toEqual({ mean: 1, interval: null, windows: 5 });
    expect(pairedDifference([1, 2], [1])).toBeNull();
    expect(pairedDifference([], [])).toBeNull();
    expect(pairedDifference([1, null], [1, 2])).toBeNull();
    expect(pairedDifference([1, NaN], [1, 2])).toBeNull();
  });
});
