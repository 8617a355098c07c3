import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { blockFactors, hadamardFactors } from './hadamard';
import {
  blockDiagonal,
  identity,
  kronecker,
  largestDifference,
  matmul,
  matrix,
  multiply,
  orthogonalityDefect,
  transpose,
} from './matrix';
import type { Matrix } from './matrix';
import {
  blockRandomizedHadamard,
  blockRandomOrthogonal,
  cayley,
  inverseCayley,
  meanKeepingHadamard,
  meanKeepingOrthogonal,
  orthonormalized,
  randomizedHadamard,
  randomOrthogonal,
  skewPart,
} from './orthogonal';
import { inverse, solve } from './solve';

function normals(rows: number, cols: number, seed: number): Matrix {
  const random = new Random(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => random.normal()),
  );
}

function expectOrthogonal(q: Matrix, n: number): void {
  expect([q.rows, q.cols]).toEqual([n, n]);
  expect(orthogonalityDefect(q)).toBeLessThan(1e-14 * n);
}

function present<T>(value: T | null): T {
  if (value === null) throw new Error('nothing was made');
  return value;
}

const SIZES = [1, 2, 3, 7, 12, 33, 64, 100] as const;

describe('random orthogonal matrices', () => {
  it.each(SIZES)('of order %i are orthogonal, and the same for the same seed', (n) => {
    const q = randomOrthogonal(n, 5);
    expectOrthogonal(q, n);
    expect(largestDifference(randomOrthogonal(n, 5), q)).toBe(0);
    if (n > 2) expect(largestDifference(randomOrthogonal(n, 6), q)).toBeGreaterThan(0.01);
  });

  it('are retractions: A = Q·R with R upper triangular and a positive diagonal', () => {
    const a = normals(20, 20, 1);
    const q = present(orthonormalized(a));
    expectOrthogonal(q, 20);
    const r = matmul('tn', q, a);
    for (let i = 0; i < 20; i++) {
      expect(r.data[21 * i]).toBeGreaterThan(0);
      for (let j = 0; j < i; j++) expect(Math.abs(r.data[20 * i + j])).toBeLessThan(1e-13);
    }
    // What is orthogonal already stays as it is.
    expect(largestDifference(present(orthonormalized(q)), q)).toBeLessThan(1e-14);
  });

  it('are as often turned as mirrored, and have no favourite direction', () => {
    // Of order 2: the first row is at a uniform angle, so that cos² is 1/2 in the mean (deviation 1/√(8·2000)).
    const rows = Array.from({ length: 2000 }, (_, seed) => randomOrthogonal(2, seed).data);
    const mean = (f: (q: Float64Array) => number) => rows.reduce((sum, q) => sum + f(q), 0) / rows.length;
    expect(Math.abs(mean(([a]) => a * a) - 0.5)).toBeLessThan(0.04);
    expect(Math.abs(mean(([a]) => a))).toBeLessThan(0.08);
    expect(Math.abs(mean(([a, b, c, d]) => a * d - b * c))).toBeLessThan(0.12);
  });

  it('are not made of what is singular or no number', () => {
    expect(orthonormalized(matrix(3, 3))).toBeNull();
    expect(orthonormalized(matrix(2, 2, [1, NaN, 0, 1]))).toBeNull();
    expect(orthonormalized(matrix(2, 2, [1, Infinity, 0, 1]))).toBeNull();
  });
});

describe('randomized Hadamard matrices', () => {
  it.each([1, 2, 12, 44, 64, 96, 172, 352])('of order %i are orthogonal with entries of one size', (n) => {
    const q = present(randomizedHadamard(n, 3));
    expectOrthogonal(q, n);
    expect(q.data.every((value) => Math.abs(Math.abs(value) * Math.sqrt(n) - 1) < 1e-14)).toBe(true);
    expect(largestDifference(present(randomizedHadamard(n, 3)), q)).toBe(0);
  });

  it('of an order that has none are null, or in blocks where that is asked for', () => {
    expect(randomizedHadamard(36 * 3, 1)).not.toBeNull();
    expect(randomizedHadamard(6, 1)).toBeNull();
    const { blocks, ...factors } = blockFactors(24 * 23);
    expectOrthogonal(blockRandomizedHadamard(factors, blocks, 1), 24 * 23);
    expect(blocks).toBe(69);
  });

  it('in blocks are zero outside them', () => {
    const q = blockRandomizedHadamard(present(hadamardFactors(12)), 2, 9);
    for (let i = 0; i < 24; i++) {
      for (let j = 0; j < 24; j++) expect(q.data[24 * i + j] !== 0).toBe(Math.floor(i / 12) === Math.floor(j / 12));
    }
    expectOrthogonal(blockRandomOrthogonal(5, 3, 1), 15);
  });
});

describe('matrices that keep the mean', () => {
  const layerNorm = (x: Matrix): Matrix => {
    const y = matrix(x.rows, x.cols);
    for (let r = 0; r < x.rows; r++) {
      const row = x.data.subarray(r * x.cols, (r + 1) * x.cols);
      const mean = row.reduce((sum, value) => sum + value, 0) / x.cols;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.cols;
      row.forEach((value, c) => (y.data[r * x.cols + c] = (value - mean) / Math.sqrt(variance + 1e-5)));
    }
    return y;
  };

  function expectMeanKept(q: Matrix, n: number): void {
    expectOrthogonal(q, n);
    const ones = matrix(1, n, new Float64Array(n).fill(1));
    expect(largestDifference(matmul('nn', ones, q), ones)).toBeLessThan(1e-14 * n);
    expect(largestDifference(matmul('nt', ones, q), ones)).toBeLessThan(1e-14 * n);
    const x = normals(4, n, 8);
    for (let i = 0; i < x.data.length; i++) x.data[i] += 3;
    expect(largestDifference(layerNorm(multiply(x, q)), multiply(layerNorm(x), q))).toBeLessThan(2e-14 * n);
  }

  it.each([1, 2, 4, 12, 28, 52, 96, 172])('by a Hadamard matrix of order %i', (n) => {
    const q = present(meanKeepingHadamard(n, 2));
    expectMeanKept(q, n);
    expect(largestDifference(transpose(q), q)).toBe(0);
    expect(largestDifference(present(meanKeepingHadamard(n, 2)), q)).toBe(0);
    if (n > 4) expect(largestDifference(q, identity(n))).toBeGreaterThan(0.1);
  });

  it.each(SIZES)('of any order: %i', (n) => {
    const q = meanKeepingOrthogonal(n, 2);
    expectMeanKept(q, n);
    expect(largestDifference(meanKeepingOrthogonal(n, 2), q)).toBe(0);
  });

  it('do not exist by Hadamard where there is none', () => {
    expect(meanKeepingHadamard(10, 1)).toBeNull();
  });
});

describe('the Cayley map', () => {
  it.each(SIZES)('of a skew matrix of order %i is orthogonal, and has a way back', (n) => {
    const a = skewPart(normals(n, n, 4));
    const q = cayley(a);
    expectOrthogonal(q, n);
    const back = present(inverseCayley(q));
    expect(largestDifference(back, a)).toBeLessThan(1e-12 * n ** 2);
  });

  it('turns a plane by twice the arc tangent', () => {
    const q = cayley(matrix(2, 2, [0, 0.7, -0.7, 0]));
    const angle = 2 * Math.atan(0.7);
    const turned = [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)];
    expect(largestDifference(q, matrix(2, 2, turned))).toBeLessThan(1e-15);
  });

  it('of zero is I; of what is not skew there is none, nor a way back from −I', () => {
    expect(cayley(matrix(3, 3)).data).toEqual(identity(3).data);
    expect(() => cayley(matrix(2, 2, [0, 1, 1, 0]))).toThrow('not skew at 1, 0');
    expect(() => cayley(matrix(2, 2, [0, NaN, NaN, 0]))).toThrow('not skew');
    expect(inverseCayley(matrix(2, 2, [-1, 0, 0, -1]))).toBeNull();
  });
});

describe('dense helpers', () => {
  it.each(SIZES)('solve with %i unknowns to the residual', (n) => {
    const [a, b] = [normals(n, n, 6), normals(n, 3, 7)];
    const x = present(solve(a, b));
    expect(largestDifference(multiply(a, x), b)).toBeLessThan(1e-11 * n);
    expect(largestDifference(multiply(present(inverse(a)), a), identity(n))).toBeLessThan(1e-11 * n);
  });

  it('exchange rows where a pivot is zero, and see what is singular', () => {
    const swap = matrix(2, 2, [0, 1, 1, 0]);
    expect(present(inverse(swap)).data).toEqual(swap.data);
    expect(inverse(matrix(2, 2, [1, 2, 2, 4]))).toBeNull();
    expect(inverse(matrix(2, 2, [1, NaN, 2, 4]))).toBeNull();
  });

  it('know (A ⊗ B)(C ⊗ D) = AC ⊗ BD and x·(A ⊗ B) = Aᵀ·X·B', () => {
    const [a, b] = [normals(3, 4, 1), normals(2, 5, 2)];
    const [c, d] = [normals(4, 2, 3), normals(5, 3, 4)];
    const left = multiply(kronecker(a, b), kronecker(c, d));
    expect(largestDifference(left, kronecker(multiply(a, c), multiply(b, d)))).toBeLessThan(1e-13);
    const x = normals(1, 6, 5);
    const product = matmul('tn', a, multiply(matrix(3, 2, x.data), b));
    expect(largestDifference(multiply(x, kronecker(a, b)), matrix(1, 20, product.data))).toBeLessThan(1e-13);
    const q = kronecker(randomOrthogonal(4, 1), randomOrthogonal(3, 2));
    expectOrthogonal(q, 12);
  });

  it('set blocks down the diagonal', () => {
    const made = blockDiagonal([matrix(1, 1, [5]), matrix(2, 2, [1, 2, 3, 4])]);
    expect([...made.data]).toEqual([5, 0, 0, 0, 1, 2, 0, 3, 4]);
    expect(() => blockDiagonal([matrix(1, 2)])).toThrow('a diagonal block of 1 × 2');
  });
});
