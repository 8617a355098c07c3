/** Scales of diagonal pairs by hand, and by what each of them promises. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { awqScales, equalizingScales, smoothScales, spanExponents, spanScales } from './scales';

const magnitudes = (min: number) =>
  fc.array(fc.double({ min, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 20 });
const two = (min: number) =>
  magnitudes(min).chain((a) =>
    fc
      .array(fc.double({ min, max: 1e4, noNaN: true }), { minLength: a.length, maxLength: a.length })
      .map((b) => [a, b] as const),
  );

describe('SmoothQuant', () => {
  it('by hand: inputs of 16 on weights of 4', () => {
    expect([...smoothScales([16], [4], 0.5)]).toEqual([2]);
    expect([...smoothScales([16], [4], 1)]).toEqual([16]);
    expect([...smoothScales([16], [4], 0)]).toEqual([0.25]);
  });

  it('at one half brings both sides to the same magnitude', () => {
    fc.assert(
      fc.property(two(1e-3), ([a, w]) => {
        smoothScales(a, w, 0.5).forEach((s, j) => expect(a[j] / s / (w[j] * s)).toBeCloseTo(1, 9));
      }),
    );
  });

  it('has a floor where inputs or weights are zero', () => {
    expect([...smoothScales([0, 4], [1, 0], 0.5)]).toEqual([1e-5, 2 / Math.sqrt(1e-5)]);
  });
});

describe('AWQ', () => {
  it('lies evenly about 1, and is 1 everywhere at exponent 0', () => {
    expect([...awqScales([3, 7, 0.1], 0)]).toEqual([1, 1, 1]);
    expect([...awqScales([1, 4, 16], 0.5)]).toEqual([0.5, 1, 2]);
    fc.assert(
      fc.property(magnitudes(0), fc.double({ min: 0, max: 0.95, noNaN: true }), (means, exponent) => {
        const scales = awqScales(means, exponent);
        expect(Math.max(...scales) * Math.min(...scales)).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('cross-layer equalization', () => {
  it('makes ranges equal, and leaves channels that one side does not use', () => {
    fc.assert(
      fc.property(two(1e-3), ([first, second]) => {
        equalizingScales(first, second).forEach((s, j) => {
          expect(first[j] / s / Math.sqrt(first[j] * second[j])).toBeCloseTo(1, 9);
          expect((second[j] * s) / Math.sqrt(first[j] * second[j])).toBeCloseTo(1, 9);
        });
      }),
    );
    expect([...equalizingScales([0, 2, 8], [3, 0, 2])]).toEqual([1, 1, 2]);
  });
});

describe('spans', () => {
  it('are 39 pairs of exponents, from none on', () => {
    const exponents = spanExponents();
    expect(exponents).toHaveLength(39);
    expect(exponents[0]).toEqual([0, 0]);
    expect(exponents[1]).toEqual([0.05, 0]);
    expect(exponents[38][0] + exponents[38][1]).toBe(1);
  });

  it('are ratios, and 1 where nothing can be said', () => {
    expect([...spanScales([4, 9], [16, 1], [0.5, 0.5])]).toEqual([0.5, 3]);
    expect([...spanScales([4, 9], [16, 1], [0, 0])]).toEqual([1, 1]);
    expect([...spanScales([0, 9], [16, 1], [0.5, 0.5])]).toEqual([1, 3]);
    expect([...spanScales([4, 9], [0, 1], [0.5, 0.5])]).toEqual([1, 1]);
  });
});
