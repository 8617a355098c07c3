import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { matrix, largest, multiply, productOfRows, rowOf, transpose, type Matrix } from './matrix';
import { symmetricEigen } from './eigen';
import { orthonormal } from './orthonormal';
import { svd, SVD_LIMIT } from './svd';

/** Standard normals in float64. */
function normals(rows: number, cols: number, seed: number): Matrix {
  const random = new Random(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => random.normal()),
  );
}

function difference(a: Matrix, b: Matrix): number {
  expect([a.rows, a.cols]).toEqual([b.rows, b.cols]);
  return largest(a.data.map((value, i) => value - b.data[i]));
}

function identity(n: number): Matrix {
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) out.data[i * n + i] = 1;
  return out;
}

/** diag(d)·A. */
function scaledRows(d: Float64Array, a: Matrix): Matrix {
  const out = matrix(a.rows, a.cols, a.data);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) out.data[i * a.cols + j] *= d[i];
  return out;
}

describe('eigenvectors of a symmetric matrix', () => {
  it.each([1, 2, 5, 24, 60])('of size %i are orthonormal and give the matrix back', (n) => {
    const g = normals(n, n, n);
    const a = matrix(
      n,
      n,
      g.data.map((value, at) => value + g.data[(at % n) * n + Math.floor(at / n)]),
    );
    const { values, vectors } = symmetricEigen(a);
    expect(difference(productOfRows(vectors, vectors), identity(n))).toBeLessThan(1e-13);
    expect(difference(multiply(transpose(vectors), scaledRows(values, vectors)), a)).toBeLessThan(1e-13 * n);
    expect([...values]).toEqual([...values].sort((x, y) => y - x));
  });

  it('of a matrix by hand', () => {
    const { values, vectors } = symmetricEigen(matrix(2, 2, [2, 1, 1, 2]));
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    expect(Math.abs(vectors.data[0])).toBeCloseTo(Math.SQRT1_2, 14);
    expect(vectors.data[0]).toBeCloseTo(vectors.data[1], 14);
  });

  it('keeps small eigenvalues of a badly scaled Gram matrix', () => {
    const d = [1e8, 1, 1e-8];
    const g = matrix(
      3,
      3,
      [2, 1, 1, 1, 2, 1, 1, 1, 2].map((x, i) => x * d[Math.floor(i / 3)] * d[i % 3]),
    );
    // det = 4 · Πd²
    const { values } = symmetricEigen(g);
    expect(values[0] * values[1] * values[2]).toBeCloseTo(4, 10);
  });

  it('of nothing and of equal values', () => {
    expect([...symmetricEigen(matrix(3, 3)).values]).toEqual([0, 0, 0]);
    expect([...symmetricEigen(scaledRows(Float64Array.of(2, 2, 2), identity(3))).values]).toEqual([2, 2, 2]);
  });

  it('scales exactly with powers of two, far beyond what a square could hold', () => {
    const g = productOfRows(normals(7, 9, 1), normals(7, 9, 1));
    const scaled = symmetricEigen(
      matrix(
        7,
        7,
        g.data.map((value) => value * 2 ** 700),
      ),
    );
    const plain = symmetricEigen(g);
    expect([...scaled.values]).toEqual([...plain.values].map((value) => value * 2 ** 700));
    expect(scaled.vectors.data).toEqual(plain.vectors.data);
  });

  it('refuses NaN in a sentence', () => {
    expect(() => symmetricEigen(matrix(2, 2, [1, NaN, NaN, 1]))).toThrow('holds NaN in row 0, column 1');
    expect(() => symmetricEigen(matrix(1, 2))).toThrow('1 × 2');
  });
});

describe('singular value decomposition', () => {
  it.each([
    [1, 1],
    [1, 9],
    [9, 1],
    [13, 13],
    [40, 17],
    [17, 40],
  ])('of %i × %i: orthonormal vectors that give the matrix back', (rows, cols) => {
    const m = normals(rows, cols, rows + cols);
    const { u, sigma, v } = svd(m);
    const k = Math.min(rows, cols);
    expect(difference(productOfRows(u, u), identity(k))).toBeLessThan(1e-13);
    expect(difference(productOfRows(v, v), identity(k))).toBeLessThan(1e-13);
    expect(difference(multiply(transpose(u), scaledRows(sigma, v)), m)).toBeLessThan(1e-13 * k);
    expect([...sigma]).toEqual([...sigma].sort((x, y) => y - x));
  });

  it('has the squared singular values that the Gram matrix has eigenvalues', () => {
    const m = normals(12, 30, 4);
    const { values } = symmetricEigen(productOfRows(m, m));
    svd(m).sigma.forEach((sigma, i) => expect(sigma ** 2 / values[i]).toBeCloseTo(1, 12));
  });

  it('by hand: [[3, 0], [4, 5]] has √45 and √5', () => {
    const { u, sigma, v } = svd(matrix(2, 2, [3, 0, 4, 5]));
    expect(sigma[0]).toBeCloseTo(Math.sqrt(45), 13);
    expect(sigma[1]).toBeCloseTo(Math.sqrt(5), 13);
    const first = multiply(
      transpose(matrix(1, 2, rowOf(u, 0))),
      matrix(
        1,
        2,
        rowOf(v, 0).map((x) => x * sigma[0]),
      ),
    );
    expect(difference(first, matrix(2, 2, [1.5, 1.5, 4.5, 4.5]))).toBeLessThan(1e-13);
  });

  it('of a matrix without full rank has zeros, and no NaN', () => {
    const m = multiply(normals(8, 2, 1), normals(2, 6, 2));
    const { u, sigma, v } = svd(m);
    expect(Math.max(...sigma.slice(2))).toBeLessThan(1e-13 * sigma[0]);
    expect(difference(multiply(transpose(u), scaledRows(sigma, v)), m)).toBeLessThan(1e-12);
    const none = svd(matrix(4, 3));
    expect(largest(none.u.data) + largest(none.sigma) + largest(none.v.data)).toBe(0);
  });

  it('refuses NaN, and more than it is for', () => {
    expect(() => svd(matrix(1, 1, [Infinity]))).toThrow('holds Infinity');
    expect(() => svd(matrix(SVD_LIMIT + 1, SVD_LIMIT + 1))).toThrow('513 × 513');
  });
});

describe('an orthonormal basis', () => {
  it.each([
    [1, 1],
    [5, 5],
    [40, 7],
  ])('of %i × %i spans the same space', (rows, cols) => {
    const a = normals(rows, cols, 3);
    const q = orthonormal(a);
    expect(difference(multiply(transpose(q), q), identity(cols))).toBeLessThan(1e-14 * rows);
    expect(difference(multiply(q, multiply(transpose(q), a)), a)).toBeLessThan(1e-13);
  });

  it('is orthonormal for dependent and zero columns, and over the whole range of floats', () => {
    const a = matrix(6, 3);
    for (let i = 0; i < 6; i++) [a.data[i * 3], a.data[i * 3 + 1]] = [(i + 1) * 1e-200, (i + 1) * 1e200];
    const q = orthonormal(a);
    expect(difference(multiply(transpose(q), q), identity(3))).toBeLessThan(1e-14);
    expect(() => orthonormal(matrix(2, 3))).toThrow('3 orthonormal columns of 2 rows');
  });
});
