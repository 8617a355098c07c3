/**
 * How far a symmetric positive semidefinite matrix is from being singular, in float64: its rank by Cholesky with diagonal pivoting (Golub and Van
 * Loan, Matrix Computations, 4th edition, algorithm 4.2.2, which stops where what is left is rounding), and its extreme eigenvalues by
 * power iteration and, through the factor, by inverse iteration (section 7.3.1). Estimates from below and from above: good to a few percent.
 */
import { matrix, type Matrix } from './matrix';

export interface Definiteness {
  readonly rank: number;
  /** The largest eigenvalue. */
  readonly largest: number;
  /** The smallest; null where the matrix has not its full rank, or is all zero. */
  readonly smallest: number | null;
}

const ITERATIONS = 40;

/** `tolerance`: what is left of the diagonal below this share of its largest entry is rounding. Both triangles are read. */
export function definiteness(a: Matrix, tolerance = a.rows * 2 ** -23): Definiteness {
  const n = a.rows;
  const largest = powerIteration(n, (x) => product(a, x));
  const { factor, rank } = pivotedCholesky(a, tolerance);
  if (rank < n || n === 0) return { rank, largest, smallest: null };
  const inverse = powerIteration(n, (x) => solveFactored(factor, x));
  return { rank, largest, smallest: inverse > 0 ? 1 / inverse : null };
}

/** The matrix with its rows and columns in another order is factor · factorᵀ, of which the first `rank` columns are there. */
function pivotedCholesky(a: Matrix, tolerance: number): { factor: Matrix; rank: number } {
  const n = a.rows;
  const order = Array.from({ length: n }, (_, i) => i);
  const left = Float64Array.from({ length: n }, (_, i) => a.data[i * n + i]);
  const least = tolerance * left.reduce((most, value) => Math.max(most, value), 0);
  // Row by row of what becomes the factor, in the order that is found on the way.
  const rows = Array.from({ length: n }, () => new Float64Array(n));
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (left[order[i]] > left[order[pivot]]) pivot = i;
    if (!(left[order[pivot]] > least)) return { factor: matrix(0, 0), rank: k };
    [order[k], order[pivot]] = [order[pivot], order[k]];
    const own = rows[order[k]];
    const root = Math.sqrt(left[order[k]]);
    own[k] = root;
    for (let i = k + 1; i < n; i++) {
      const other = rows[order[i]];
      let sum = a.data[order[i] * n + order[k]];
      for (let j = 0; j < k; j++) sum -= other[j] * own[j];
      other[k] = sum / root;
      left[order[i]] -= other[k] ** 2;
    }
  }
  const factor = matrix(n, n);
  order.forEach((row, i) => factor.data.set(rows[row], i * n));
  return { factor, rank: n };
}

/** The norm that a symmetric product comes to give a vector of one. */
function powerIteration(n: number, apply: (x: Float64Array) => Float64Array): number {
  // No vector of ones, which a matrix may happen to have nothing of; the same one every time.
  let x = unit(Float64Array.from({ length: n }, (_, i) => 1 + 0.5 * Math.sin(1 + 12.9898 * i)));
  let size = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    const y = apply(x);
    size = norm(y);
    if (!(size > 0) || !Number.isFinite(size)) return size;
    x = unit(y);
  }
  return size;
}

function norm(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return Math.sqrt(sum);
}

function unit(x: Float64Array): Float64Array {
  const size = norm(x);
  return x.map((value) => value / size);
}

function product({ rows: n, data }: Matrix, x: Float64Array): Float64Array {
  const y = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) y[i] += data[i * n + j] * x[j];
  return y;
}

/** (L·Lᵀ)⁻¹ x. */
function solveFactored({ rows: n, data }: Matrix, x: Float64Array): Float64Array {
  const y = x.slice();
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) y[i] -= data[i * n + j] * y[j];
    y[i] /= data[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    y[i] /= data[i * n + i];
    for (let j = 0; j < i; j++) y[j] -= data[i * n + j] * y[i];
  }
  return y;
}
