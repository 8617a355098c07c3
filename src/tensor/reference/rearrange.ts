/**
 * Float64 twins of permute.ts, elementwise.ts and reduce.ts.
 */
import { matrix, type Matrix } from './matrix';

/** The matrix whose entry (r, c) is value(r, c). */
export function generate(rows: number, cols: number, value: (row: number, col: number) => number): Matrix {
  const out = matrix(rows, cols);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out.data[r * cols + c] = value(r, c);
  return out;
}

export function gatherColumns(a: Matrix, index: ArrayLike<number>): Matrix {
  return generate(a.rows, index.length, (r, c) => a.data[r * a.cols + index[c]]);
}

export function permuteSymmetric(h: Matrix, index: ArrayLike<number>): Matrix {
  return generate(h.rows, h.cols, (r, c) => h.data[index[r] * h.cols + index[c]]);
}

export function strictUpper(a: Matrix): Matrix {
  return generate(a.rows, a.cols, (r, c) => (c > r ? a.data[r * a.cols + c] : 0));
}

export function combine(alpha: number, a: Matrix, beta: number, b: Matrix): Matrix {
  return generate(a.rows, a.cols, (r, c) => alpha * a.data[r * a.cols + c] + beta * b.data[r * a.cols + c]);
}

export function scaleRows(a: Matrix, scale: Matrix): Matrix {
  return generate(a.rows, a.cols, (r, c) => a.data[r * a.cols + c] * scale.data[r]);
}

export function scaleColumns(a: Matrix, scale: Matrix): Matrix {
  return generate(a.rows, a.cols, (r, c) => a.data[r * a.cols + c] * scale.data[c]);
}

export function innerProduct(a: Matrix, b: Matrix): number {
  return a.data.reduce((sum, value, i) => sum + value * b.data[i], 0);
}

export function sumOfSquares(a: Matrix): number {
  return innerProduct(a, a);
}

export function sumOfSquaredDifferences(a: Matrix, b: Matrix): number {
  return sumOfSquares(combine(1, a, -1, b));
}

export function nonFiniteCount(a: Matrix): number {
  return a.data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
}
