/**
 * A·X = B in float64 by Gaussian elimination with partial pivoting, along rows.
 * Golub and Van Loan, Matrix Computations, 4th edition, section 3.4.
 */
import { identity, matrix, type Matrix } from './matrix';

/** X with A·X = B, or null where a pivot is no larger than `floor`·max|A| (or is NaN): A is singular, as far as float64 can tell. */
export function solve(a: Matrix, b: Matrix, floor = a.rows * 2 ** -52): Matrix | null {
  const n = a.rows;
  if (a.cols !== n || b.rows !== n) throw new Error(`bug: ${a.rows} × ${a.cols} solved for ${b.rows} × ${b.cols}`);
  const left = rowsOf(matrix(n, n, a.data));
  const x = matrix(n, b.cols, b.data);
  const right = rowsOf(x);
  const least = floor * a.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(left[i][k]) > Math.abs(left[pivot][k])) pivot = i;
    if (!(Math.abs(left[pivot][k]) > least)) return null;
    [left[k], left[pivot]] = [left[pivot], left[k]];
    [right[k], right[pivot]] = [right[pivot], right[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = left[i][k] / left[k][k];
      if (factor === 0) continue;
      subtract(left[i], factor, left[k], k);
      subtract(right[i], factor, right[k], 0);
    }
  }
  for (let k = n - 1; k >= 0; k--) {
    const row = right[k];
    for (let j = 0; j < row.length; j++) row[j] /= left[k][k];
    for (let i = 0; i < k; i++) if (left[i][k] !== 0) subtract(right[i], left[i][k], row, 0);
  }
  // Rows were exchanged by reference: written out in their order.
  const out = matrix(n, b.cols);
  right.forEach((row, r) => out.data.set(row, r * b.cols));
  return out;
}

/** A⁻¹, or null where A is singular. */
export function inverse(a: Matrix): Matrix | null {
  return solve(a, identity(a.rows));
}

function rowsOf(a: Matrix): Float64Array[] {
  return Array.from({ length: a.rows }, (_, i) => a.data.subarray(i * a.cols, (i + 1) * a.cols));
}

/** y −= factor·x from entry `first` on. */
function subtract(y: Float64Array, factor: number, x: Float64Array, first: number): void {
  for (let j = first; j < y.length; j++) y[j] -= factor * x[j];
}
