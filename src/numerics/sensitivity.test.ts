import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { byCentralDifferences, hawqLoss, hutchinsonTrace, largestEigenvalue, signs } from './curvature';
import { matrix, dot, multiply, productOfRows, type Matrix } from './matrix';
import { symmetricEigen } from './eigen';
import { correlation, fitLinearity, kendall, ranks, spearman } from './fit';

function normals(count: number, seed: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length: count }, () => random.normal());
}

const times =
  (h: Matrix) =>
  (v: Float64Array): Float64Array =>
    multiply(h, matrix(v.length, 1, v)).data;

/** A positive semidefinite Hessian. */
function hessian(size: number, seed: number): Matrix {
  const g = matrix(size, size, normals(size * size, seed));
  return productOfRows(g, g);
}

const traceOf = (h: Matrix) =>
  Array.from({ length: h.rows }, (_, i) => h.data[i * (h.rows + 1)]).reduce((a, b) => a + b);

describe('the trace by random signs', () => {
  it('is exact at every probe for ½ Σ h_i w_i²', async () => {
    const h = Float64Array.of(1, 2, 30, 0.5, 7);
    const found = await hutchinsonTrace((v) => v.map((value, i) => h[i] * value), { size: 5 });
    expect(found).toMatchObject({ trace: 40.5, mean: 40.5, standardError: 0, probes: 2, negative: 0, settled: true });
  });

  it('has the variance 2(‖H‖² − Σ H_ii²) a probe, and stops where the mean is still', async () => {
    const h = hessian(12, 1);
    const squares =
      dot(h.data, h.data) - Array.from({ length: 12 }, (_, i) => h.data[i * 13] ** 2).reduce((a, b) => a + b);
    const many = await hutchinsonTrace(times(h), { size: 12, most: 4000, tolerance: 0 });
    expect(many).toMatchObject({ probes: 4000, settled: false });
    expect(Math.abs(many.trace - traceOf(h))).toBeLessThan(4 * Math.sqrt((2 * squares) / 4000));
    expect(((many.standardError ?? 0) ** 2 * 4000) / (2 * squares)).toBeGreaterThan(0.85);
    expect(((many.standardError ?? 0) ** 2 * 4000) / (2 * squares)).toBeLessThan(1.15);
    const few = await hutchinsonTrace(times(h), { size: 12, most: 4000 });
    expect(few.settled).toBe(true);
    expect(few.probes).toBeLessThan(4000);
    expect(await hutchinsonTrace(times(h), { size: 12, most: 4000 })).toEqual(few);
    expect((await hutchinsonTrace(times(h), { size: 12, most: 4000, seed: 1 })).mean).not.toBe(few.mean);
  });

  it('that comes out negative is clipped, and said', async () => {
    const found = await hutchinsonTrace((v) => v.map((value) => -value), { size: 3 });
    expect(found).toMatchObject({ trace: 0, mean: -3, negative: 2, clipped: true });
    const one = await hutchinsonTrace((v) => v, { size: 3, most: 1 });
    expect(one).toMatchObject({ trace: 3, standardError: null, probes: 1, settled: false });
  });

  it('throws signs as a coin does, and refuses what is not finite', async () => {
    const v = signs(10_000, new Random(3));
    expect(new Set(v)).toEqual(new Set([1, -1]));
    expect(Math.abs(v.reduce((a, b) => a + b))).toBeLessThan(400);
    await expect(hutchinsonTrace((x) => x.map(() => NaN), { size: 2 })).rejects.toThrow('holds NaN');
  });

  it('of HAWQ-V2: trace a weight times squared error', () => {
    expect(hawqLoss(10, 5, 3)).toBe(6);
  });
});

describe('the largest eigenvalue by power iteration', () => {
  it('is that of a matrix that is known', async () => {
    const h = hessian(15, 2);
    const { values, vectors } = symmetricEigen(h);
    const found = await largestEigenvalue(times(h), { size: 15, most: 2000, tolerance: 1e-12 });
    expect(found.settled).toBe(true);
    expect(found.value / values[0]).toBeCloseTo(1, 8);
    expect(Math.abs(dot(found.vector, vectors.data.subarray(0, 15)))).toBeCloseTo(1, 4);
  });

  it('has its sign, is zero for nothing, and says where it has not settled', async () => {
    const negative = (v: Float64Array) => v.map((value, i) => (i === 0 ? -9 : 1) * value);
    expect((await largestEigenvalue(negative, { size: 4, tolerance: 1e-10 })).value).toBeCloseTo(-9, 6);
    expect(await largestEigenvalue((v) => v.map(() => 0), { size: 4 })).toMatchObject({
      value: 0,
      products: 1,
      settled: true,
    });
    expect((await largestEigenvalue(times(hessian(9, 3)), { size: 9, most: 1 })).settled).toBe(false);
  });
});

describe('products with the Hessian by central differences', () => {
  it('are exact for a quadratic loss, and symmetric', async () => {
    const h = hessian(8, 4);
    const hv = byCentralDifferences(times(h), normals(8, 5));
    const [v, z] = [normals(8, 6), normals(8, 7)];
    const [ofV, ofZ] = [await hv(v), await hv(z)];
    times(h)(v).forEach((value, i) => expect(ofV[i]).toBeCloseTo(value, 8));
    expect(dot(z, ofV)).toBeCloseTo(dot(v, ofZ), 8);
    expect(await hv(new Float64Array(8))).toEqual(new Float64Array(8));
    // From nothing there is a step too.
    const fromZero = await byCentralDifferences(times(h), new Float64Array(8))(v);
    times(h)(v).forEach((value, i) => expect(fromZero[i]).toBeCloseTo(value, 8));
  });

  it('err by the square of the step where the curvature changes', async () => {
    // Σ w⁴ / 12: gradient w³ / 3, Hessian w².
    const w = Float64Array.of(0.3, -0.2, 0.4);
    const gradient = (x: Float64Array) => x.map((value) => value ** 3 / 3);
    const v = Float64Array.of(1, 1, -1);
    const errors = await Promise.all(
      [1e-1, 1e-2].map(async (step) => {
        const found = await byCentralDifferences(gradient, w, step)(v);
        return Math.max(...found.map((value, i) => Math.abs(value - w[i] ** 2 * v[i])));
      }),
    );
    expect(errors[0] / errors[1]).toBeCloseTo(100, 3);
  });
});

describe('the line of losses over squared errors', () => {
  it('is found, with what it explains', () => {
    const exact = fitLinearity([0.1, 0.2, 0.5].map((squaredError) => ({ squaredError, loss: 3 * squaredError })));
    expect(exact?.slope).toBeCloseTo(3, 14);
    expect(exact?.r2).toBeCloseTo(1, 14);
    // By hand: (1·1 + 2·4) / (1 + 4) = 9/5; misses −0.8 and 0.4; 1 − 0.8 / 17.
    const rough = fitLinearity([
      { squaredError: 1, loss: 1 },
      { squaredError: 2, loss: 4 },
    ]);
    expect(rough?.slope).toBeCloseTo(1.8, 14);
    expect(rough?.r2).toBeCloseTo(1 - 0.8 / 17, 14);
  });

  it('is null of nothing, and clipped below zero', () => {
    expect(fitLinearity([])).toBeNull();
    expect(fitLinearity([{ squaredError: 0, loss: 1 }])).toBeNull();
    expect(fitLinearity([{ squaredError: 1, loss: -1 }])).toMatchObject({ slope: 0, clipped: true });
    expect(fitLinearity([{ squaredError: 1, loss: 0 }])).toEqual({ slope: 0, r2: null, clipped: false });
  });
});

describe('correlation of ranks', () => {
  it('by hand', () => {
    expect(Array.from(ranks([30, 10, 20, 10]))).toEqual([4, 1.5, 3, 1.5]);
    // One swap among four: ρ = 1 − 6·2 / (4·15), τ = (5 − 1) / 6.
    expect(spearman([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 14);
    expect(kendall([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(2 / 3, 14);
    // Two ties on one side: τ-b = 5 / √(5·6).
    expect(kendall([1, 2, 2, 4], [1, 2, 3, 4])).toBeCloseTo(5 / Math.sqrt(30), 14);
    expect(correlation([1, 2, 3], [2, 4, 7])).toBeCloseTo(0.9933992677987828, 12);
  });

  it('does not change under what keeps the order, turns with it, and is null of what does not vary', () => {
    const [x, y] = [normals(40, 1), normals(40, 2)];
    for (const measure of [spearman, kendall]) {
      const value = measure(x, y);
      expect(
        measure(
          x.map(Math.exp),
          y.map((one) => one ** 3),
        ),
      ).toBe(value);
      expect(
        measure(
          x,
          y.map((one) => -one),
        ),
      ).toBeCloseTo(-(value ?? NaN), 14);
      expect(measure(x, x)).toBeCloseTo(1, 14);
      expect(
        measure(
          x,
          x.map(() => 1),
        ),
      ).toBeNull();
      expect(() => measure([1], [1, 2])).toThrow('1 values beside 2');
      expect(() => measure([NaN], [1])).toThrow('a correlation with NaN');
    }
  });
});
