import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { addScaled, matrix, dot, multiply, productOfRows, rowOf, transpose, type Matrix } from '../numerics/matrix';
import { symmetricEigen } from '../numerics/eigen';
import { orthonormal } from '../numerics/orthonormal';
import { svd } from '../numerics/svd';
import { invertedFactor } from './factor';
import {
  asymmetricTarget,
  balanced,
  errorsByRank,
  lowRank,
  lowRankProduct,
  sibling,
  stacked,
  truncated,
  type LowRank,
  type LowRankOptions,
  type Metric,
} from './low-rank';
import { randomMatrix, relativeDifference, upload } from './testing';
import { Tensor } from './tensor';

/** Standard normals, as f32 sees them. */
const normals = (rows: number, cols: number, seed: number) => rounded(randomMatrix(rows, cols, seed));
const rounded = ({ rows, cols, data }: Matrix) => matrix(rows, cols, Float32Array.from(data));

/** A matrix with the singular values that are given. */
function withSpectrum(rows: number, cols: number, sigma: readonly number[], seed: number): Matrix {
  const u = orthonormal(normals(rows, sigma.length, seed));
  const v = orthonormal(normals(cols, sigma.length, seed + 1));
  for (let i = 0; i < rows; i++) rowOf(u, i).forEach((value, j, row) => (row[j] = value * sigma[j]));
  return rounded(productOfRows(u, v));
}

/** XᵀX of correlated inputs with a hot channel. */
function hessianOf(cols: number, seed: number): Matrix {
  const x = multiply(normals(3 * cols, cols, seed), normals(cols, cols, seed + 1));
  for (let i = 0; i < x.rows; i++) x.data[i * cols] *= 20;
  return rounded(multiply(transpose(x), x));
}

const productOf = ({ rows, cols, rank, b, a }: LowRank) => multiply(matrix(rows, rank, b), matrix(rank, cols, a));
const minus = (a: Matrix, b: Matrix) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => value - b.data[i]),
  );
const norm2 = ({ data }: Matrix) => dot(data, data);
const loss = (delta: Matrix, h: Matrix) => dot(multiply(delta, h).data, delta.data);
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((all, value) => all + value, 0);

/** P of the textbook: SVD_r(Δ·S)·S⁻¹ with S = Q·Λ^½, which is EoRA's form. */
function eoraProduct(delta: Matrix, h: Matrix, rank: number): Matrix {
  const { values, vectors } = symmetricEigen(h);
  const s = transpose(vectors);
  const inverse = matrix(h.rows, h.cols, vectors.data);
  for (let i = 0; i < h.rows; i++) {
    const root = Math.sqrt(values[i]);
    for (let r = 0; r < h.rows; r++) s.data[r * h.cols + i] *= root;
    rowOf(inverse, i).forEach((value, c, row) => (row[c] = value / root));
  }
  const { u, sigma, v } = svd(multiply(delta, s));
  const best = matrix(delta.rows, delta.cols);
  for (let i = 0; i < rank; i++) {
    for (let r = 0; r < delta.rows; r++) addScaled(rowOf(best, r), u.data[i * delta.rows + r] * sigma[i], rowOf(v, i));
  }
  return multiply(best, inverse);
}

const SPECTRA: Readonly<Record<string, (i: number, n: number) => number>> = {
  'falling as 1/√i': (i) => 1 / Math.sqrt(i + 1),
  linear: (i, n) => 2 - (1.95 * i) / n,
  'eight outliers': (i, n) => (i < 8 ? 30 : 1) * (2 - (1.95 * i) / n),
  exponential: (i) => Math.exp(-i / 10),
};

describe('low rank', async () => {
  const gpu = await testGpu();
  /** Fits, and holds the GPU's memory to be as it was. */
  async function fit(delta: Matrix, metric: Matrix | null, options: LowRankOptions): Promise<LowRank> {
    const before = gpu.buffers.bytesInUse;
    const tensor = upload(gpu, delta);
    const held = metric && upload(gpu, metric);
    const kind: Metric =
      held && (metric?.rows === 1 ? { kind: 'diagonal', weights: held } : { kind: 'full', hessian: held });
    const made = await lowRank(tensor, kind, options);
    tensor.release();
    held?.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
    return made;
  }

  describe.each(Object.keys(SPECTRA))('of a spectrum %s', (name) => {
    it.each([
      [96, 72],
      [72, 96],
      [129, 65],
    ])('%i × %i is near the best, and tells what is left', async (rows, cols) => {
      const n = Math.min(rows, cols);
      const sigma = Array.from({ length: n }, (_, i) => SPECTRA[name](i, n));
      const m = withSpectrum(rows, cols, sigma, rows);
      const rank = 12;
      const found = await fit(m, null, { rank });
      const left = norm2(minus(m, productOf(found)));
      const best = sum(
        svd(m)
          .sigma.slice(rank)
          .map((value) => value ** 2),
      );
      expect(Math.sqrt(left / best)).toBeLessThan(1.015);
      expect(left).toBeGreaterThan(best * (1 - 1e-4));
      expect(Math.abs(found.total - norm2(m))).toBeLessThan(1e-5 * found.total);
      expect(Math.abs(found.left - left)).toBeLessThan(1e-5 * found.total);
      const b = matrix(rows, rank, found.b);
      const ofB = multiply(transpose(b), b);
      for (let i = 0; i < rank; i++) ofB.data[i * rank + i] -= 1;
      expect(Math.max(...ofB.data.map(Math.abs))).toBeLessThan(1e-5);
    });
  });

  it.each([
    [1, 1],
    [1, 7],
    [5, 1],
    [9, 17],
    [40, 33],
    [33, 40],
  ])('of full rank gives %i × %i back, and leaves nothing', async (rows, cols) => {
    const m = normals(rows, cols, 5);
    for (const exact of [false, true]) {
      const found = await fit(m, null, { rank: 1000, exact });
      expect(found.rank).toBe(Math.min(rows, cols));
      expect(relativeDifference(productOf(found).data, m.data)).toBeLessThan(1e-6);
      expect(found.left).toBeLessThan(1e-6 * found.total);
    }
  });

  it('finds a matrix of lower rank than the basis, by the way over the host', async () => {
    const m = rounded(multiply(normals(80, 4, 1), normals(4, 70, 2)));
    const found = await fit(m, null, { rank: 6 });
    expect(Math.sqrt(norm2(minus(m, productOf(found))))).toBeLessThan(1e-5 * Math.sqrt(norm2(m)));
    expect(found.sigma[4]).toBeLessThan(1e-5 * found.sigma[0]);
  });

  it('by hand: [[3, 0], [4, 5]] is nearest to [[1.5, 1.5], [4.5, 4.5]]', async () => {
    for (const exact of [false, true]) {
      const found = await fit(matrix(2, 2, [3, 0, 4, 5]), null, { rank: 1, exact });
      expect(relativeDifference(productOf(found).data, [1.5, 1.5, 4.5, 4.5])).toBeLessThan(1e-6);
      expect(found.sigma[0]).toBeCloseTo(Math.sqrt(45), 5);
      expect(Math.sqrt(found.left)).toBeCloseTo(Math.sqrt(5), 5);
    }
  });

  it('of nothing is nothing, without NaN', async () => {
    for (const exact of [false, true]) {
      const found = await fit(matrix(20, 30), null, { rank: 3, exact });
      expect([found.total, found.left, ...found.sigma, ...found.b, ...found.a].every((value) => value === 0)).toBe(
        true,
      );
    }
  });

  it('scales exactly with powers of two, and gives the same bits again', async () => {
    const m = normals(70, 50, 8);
    const one = await fit(m, null, { rank: 5, seed: 3 });
    expect(await fit(m, null, { rank: 5, seed: 3 })).toEqual(one);
    expect((await fit(m, null, { rank: 5, seed: 4 })).a).not.toEqual(one.a);
    const larger = await fit(
      matrix(
        70,
        50,
        m.data.map((value) => value * 2 ** 15),
      ),
      null,
      { rank: 5, seed: 3 },
    );
    expect(larger.b).toEqual(one.b);
    expect(larger.a).toEqual(one.a.map((value) => value * 2 ** 15));
    expect(larger.sigma).toEqual(one.sigma.map((value) => value * 2 ** 15));
  });

  it('has nested ranks, of which each tells its loss', async () => {
    const m = normals(60, 50, 9);
    const found = await fit(m, null, { rank: 10 });
    const errors = errorsByRank(found);
    expect(errors[0]).toBeCloseTo(found.total, 1);
    for (const rank of [0, 1, 4, 10].slice(1)) {
      const part = truncated(found, rank);
      expect(Math.abs(norm2(minus(m, productOf(part))) - errors[rank])).toBeLessThan(1e-5 * found.total);
      expect(part.left).toBe(errors[rank]);
    }
    expect(() => truncated(found, 11)).toThrow('rank 11 out of a fit of rank 10');
  });

  it('is balanced exactly, and multiplied on the GPU', async () => {
    const found = await fit(normals(60, 50, 10), null, { rank: 6 });
    const even = balanced(found);
    expect(productOf(even).data).toEqual(productOf(found).data);
    const size = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs));
    expect(Math.abs(Math.log2(size(even.b) / size(even.a)))).toBeLessThan(2);
    const made = lowRankProduct(gpu, even);
    expect(relativeDifference(await made.read(), productOf(found).data)).toBeLessThan(1e-6);
    made.release();
  });

  describe('in a metric', () => {
    it('by hand: W = I and H = diag(9, 1) keep the first input, at a loss of 1', async () => {
      const identity = matrix(2, 2, [1, 0, 0, 1]);
      for (const metric of [matrix(2, 2, [9, 0, 0, 1]), matrix(1, 2, [9, 1])]) {
        const found = await fit(identity, metric, { rank: 1 });
        expect(relativeDifference(productOf(found).data, [1, 0, 0, 0])).toBeLessThan(1e-6);
        expect(found.left).toBeCloseTo(1, 6);
        expect(found.total).toBeCloseTo(10, 5);
      }
    });

    it.each([
      [90, 60, 8],
      [60, 90, 8],
      [20, 64, 6],
    ])('of %i × %i at rank %i is EoRA’s product without its inverse', async (rows, cols, rank) => {
      const [delta, h] = [normals(rows, cols, 1), hessianOf(cols, 2)];
      const expected = eoraProduct(delta, h, rank);
      const best = loss(minus(delta, expected), h);
      for (const exact of [false, true]) {
        const found = await fit(delta, h, { rank, exact, iterations: 4 });
        const left = loss(minus(delta, productOf(found)), h);
        expect(left / best).toBeLessThan(exact ? 1.0005 : 1.002);
        expect(Math.abs(found.left - left)).toBeLessThan(1e-4 * found.total);
        expect(Math.abs(found.total - loss(delta, h))).toBeLessThan(1e-5 * found.total);
        if (exact) {
          const between = minus(productOf(found), expected);
          expect(loss(between, h)).toBeLessThan(1e-4 * loss(expected, h));
        }
      }
    });

    it('that is the identity is the plain one, and the scale of H changes nothing', async () => {
      const m = normals(64, 48, 4);
      const identity = matrix(48, 48);
      for (let i = 0; i < 48; i++) identity.data[i * 49] = 1;
      const plain = await fit(m, null, { rank: 7 });
      for (const scale of [1, 2 ** 12, 2 ** -9]) {
        const h = matrix(
          48,
          48,
          identity.data.map((value) => value * scale),
        );
        const found = await fit(m, h, { rank: 7 });
        expect(found.b).toEqual(plain.b);
        expect(found.a).toEqual(plain.a);
        expect(found.total / scale).toBeCloseTo(plain.total, 1);
      }
      const ones = await fit(m, matrix(1, 48, new Float64Array(48).fill(1)), { rank: 7 });
      expect(ones.a).toEqual(plain.a);
    });

    it('of full rank leaves nothing', async () => {
      const found = await fit(normals(24, 40, 6), hessianOf(40, 7), { rank: 24 });
      expect(found.left).toBeLessThan(1e-6 * found.total);
    });

    it('may be singular: what no input reaches costs nothing', async () => {
      const x = normals(9, 50, 3);
      const h = rounded(multiply(transpose(x), x));
      const delta = normals(40, 50, 4);
      const found = await fit(delta, h, { rank: 9 });
      expect(loss(minus(delta, productOf(found)), h)).toBeLessThan(1e-5 * loss(delta, h));
      const half = await fit(delta, h, { rank: 4, iterations: 4 });
      // The optimum: Δ·X̂ᵀ’s tail, for H = XᵀX.
      const best = sum(
        svd(multiply(delta, transpose(x)))
          .sigma.slice(4)
          .map((value) => value ** 2),
      );
      expect(loss(minus(delta, productOf(half)), h) / best).toBeLessThan(1.001);
    });

    it('does not change where tokens are mixed by an orthogonal matrix', async () => {
      const x = normals(70, 30, 12);
      const mixed = multiply(transpose(orthonormal(normals(70, 70, 13))), x);
      const grams = [x, mixed].map((inputs) => rounded(multiply(transpose(inputs), inputs)));
      const delta = normals(45, 30, 14);
      const [one, other] = [await fit(delta, grams[0], { rank: 5 }), await fit(delta, grams[1], { rank: 5 })];
      expect(relativeDifference(productOf(other).data, productOf(one).data)).toBeLessThan(1e-3);
      expect(Math.abs(one.left / other.left - 1)).toBeLessThan(1e-5);
    });

    it('that is diagonal is the plain one of scaled columns', async () => {
      const [delta, d] = [normals(50, 40, 5), normals(1, 40, 6)];
      const weights = rounded(
        matrix(
          1,
          40,
          d.data.map((value) => value ** 2),
        ),
      );
      const found = await fit(delta, weights, { rank: 6, exact: true });
      const scaled = matrix(
        50,
        40,
        delta.data.map((value, at) => value * Math.sqrt(weights.data[at % 40])),
      );
      const { sigma } = svd(scaled);
      expect(relativeDifference(found.sigma, sigma.slice(0, 6))).toBeLessThan(1e-5);
    });

    it('with weights of rows too is optimal in both', async () => {
      const [delta, h] = [normals(30, 24, 7), hessianOf(24, 8)];
      const g = Float32Array.from(normals(1, 30, 9).data, (value) => value ** 2 + 0.1);
      const found = await fit(delta, h, { rank: 5, rowWeights: g });
      const root = (m: Matrix) =>
        matrix(
          m.rows,
          m.cols,
          m.data.map((value, at) => value * Math.sqrt(g[Math.floor(at / m.cols)])),
        );
      const best = loss(minus(root(delta), eoraProduct(root(delta), h, 5)), h);
      expect(loss(root(minus(delta, productOf(found))), h) / best).toBeLessThan(1.001);
      // A row that counts for nothing is still divided by something.
      const none = await fit(delta, h, { rank: 2, rowWeights: g.map((value, i) => (i === 3 ? 0 : value)) });
      expect(none.b.every(Number.isFinite)).toBe(true);
    });

    it('of siblings shares A, and is no better than branches of their own', async () => {
      const parts = [normals(13, 24, 1), normals(24, 24, 2), normals(7, 24, 3)];
      const h = hessianOf(24, 4);
      const tensors = parts.map((part) => upload(gpu, part));
      const all = stacked(tensors);
      const values = matrix(
        44,
        24,
        parts.flatMap(({ data }) => Array.from(data)),
      );
      expect(Array.from(await all.read())).toEqual(Array.from(values.data));
      const found = await fit(values, h, { rank: 4 });
      let [first, together, apart] = [0, 0, 0];
      for (const part of parts) {
        const own = sibling(found, first, part.rows);
        expect(own.a).toBe(found.a);
        together += loss(minus(part, productOf(own)), h);
        apart += loss(minus(part, eoraProduct(part, h, 4)), h);
        first += part.rows;
      }
      expect(Math.abs(together - found.left)).toBeLessThan(1e-4 * found.total);
      expect(together).toBeGreaterThan(apart * (1 - 1e-6));
      for (const tensor of [...tensors, all]) tensor.release();
    });
  });

  it('has an asymmetric target: the loss is what nothing reaches and the tail', async () => {
    const [rows, cols, tokens, rank] = [20, 16, 60, 4];
    const [w, x] = [normals(rows, cols, 1), normals(tokens, cols, 2)];
    const moved = normals(tokens, cols, 3);
    const full = matrix(
      tokens,
      cols,
      x.data.map((value, i) => value + 0.3 * moved.data[i]),
    );
    const delta = rounded(
      matrix(
        rows,
        cols,
        normals(rows, cols, 4).data.map((value) => 0.1 * value),
      ),
    );
    const hat = minus(w, delta);
    const h = rounded(multiply(transpose(x), x));
    // D = dX·Xᵀ with inputs as columns; here they are rows.
    const drift = rounded(multiply(transpose(minus(full, x)), x));
    const held = [delta, w, drift, h].map((m) => upload(gpu, m));
    const { u } = await invertedFactor(held[3], { damping: 0 });
    const target = asymmetricTarget(held[0], held[1], held[2], u);
    const found = await lowRank(target, { kind: 'full', hessian: held[3] }, { rank });
    const output = (weight: Matrix, inputs: Matrix) => productOfRows(inputs, weight);
    const lossOf = (p: Matrix) =>
      norm2(
        minus(
          output(w, full),
          output(
            minus(
              hat,
              matrix(
                rows,
                cols,
                p.data.map((v) => -v),
              ),
            ),
            x,
          ),
        ),
      );
    const zero = matrix(rows, cols);
    const targetHost = matrix(rows, cols, await target.read());
    const unreachable = lossOf(targetHost);
    expect(lossOf(productOf(found))).toBeLessThan(lossOf(zero));
    expect(Math.abs(lossOf(productOf(found)) - (unreachable + found.left)) / lossOf(zero)).toBeLessThan(1e-5);
    for (const tensor of [...held, target, u]) tensor.release();
  });

  it('refuses what is not finite, and what exact does not reach', async () => {
    const bad = Tensor.from(gpu, 20, 20, new Float32Array(400).fill(1).fill(NaN, 7, 8));
    await expect(lowRank(bad, null, { rank: 2 })).rejects.toThrow('NaN or infinite');
    const wide = Tensor.zeros(gpu, 513, 520);
    gpu.write(wide.buffer, Float32Array.of(1));
    await expect(lowRank(wide, null, { rank: 2, exact: true })).rejects.toThrow('513 vectors, and at most 512');
    await expect(lowRank(wide, { kind: 'diagonal', weights: bad }, { rank: 2 })).rejects.toThrow('20 × 20');
    for (const tensor of [bad, wide]) tensor.release();
  });
});
