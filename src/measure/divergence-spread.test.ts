/** The spread of KL against the plain way: every resample's tokens written out and sorted. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { bootstrapIntervals } from './bootstrap';
import { TokenDivergences } from './divergence-spread';

/** By definition, of values written out. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)];
  return low + (place % 1) * (sorted[Math.ceil(place)] - low);
}

function sample(windows: number, positions: number) {
  const random = new Random(3);
  const kl = Array.from({ length: windows }, (_, w) =>
    // Rounded, so that some are equal; windows differ in how hard they are.
    Array.from({ length: positions }, () => Math.fround(Math.round(random.uniform() ** 6 * (1 + w) * 50) / 100)),
  );
  const same = kl.map((window) => window.map((value) => value < 0.3 && random.uniform() < 0.9));
  const found = new TokenDivergences(windows, positions);
  kl.forEach((window, w) => window.forEach((value, i) => found.add(value, same[w][i])));
  const means = kl.map((window) => window.reduce((sum, value) => sum + value, 0) / positions);
  return { kl, same, means, spread: found.spread(means) };
}

describe('the spread of KL over tokens', () => {
  it.each([
    [7, 11],
    [12, 1],
    [6, 40],
  ])('of %i windows of %i tokens is that of the values written out', (windows, positions) => {
    const { kl, same, means, spread } = sample(windows, positions);
    const share = (of: readonly (readonly boolean[])[]) => of.flat().filter(Boolean).length / of.flat().length;
    expect(spread.median.value).toBeCloseTo(quantile(kl.flat(), 0.5), 12);
    expect(spread.p99.value).toBeCloseTo(quantile(kl.flat(), 0.99), 12);
    expect(spread.sameTop.value).toBeCloseTo(share(same), 12);
    expect(spread.tokens).toBe(windows * positions);
    const written = bootstrapIntervals(windows, (times) => {
      const drawn = [...times].flatMap((count, w) => Array<number>(count).fill(w));
      const values = drawn.flatMap((w) => kl[w]);
      return [
        quantile(values, 0.5),
        quantile(values, 0.99),
        share(drawn.map((w) => same[w])),
        drawn.reduce((sum, w) => sum + means[w], 0) / windows,
      ];
    });
    const own = [spread.median, spread.p99, spread.sameTop].map(({ interval }) => interval);
    [...own, spread.meanInterval].forEach((interval, i) => {
      expect(interval?.[0]).toBeCloseTo(written[i][0], 12);
      expect(interval?.[1]).toBeCloseTo(written[i][1], 12);
    });
  });

  it('has no interval of few windows, and no value where a token came to none', () => {
    const { spread } = sample(5, 8);
    expect(spread.median.value).not.toBeNull();
    expect([spread.meanInterval, spread.median.interval, spread.sameTop.interval]).toEqual([null, null, null]);
    const broken = new TokenDivergences(6, 1);
    for (const kl of [0, 1, NaN, 2, 3, 4]) broken.add(kl, true);
    expect(broken.spread([0, 1, NaN, 2, 3, 4])).toMatchObject({ median: { value: null }, sameTop: { value: null } });
    expect(new TokenDivergences(0, 4).spread([]).p99.value).toBeNull();
  });

  it('keeps whole windows of as many tokens as there is room for, and says of how many it is', () => {
    const found = new TokenDivergences(10, 4, 30);
    for (let i = 0; i < 40; i++) found.add(i < 28 ? 1 : 100, i < 14);
    const spread = found.spread(Array<number>(10).fill(1));
    expect(spread).toMatchObject({ tokens: 28, p99: { value: 1 }, sameTop: { value: 0.5 } });
    expect(spread.meanInterval).toEqual([1, 1]);
  });
});
