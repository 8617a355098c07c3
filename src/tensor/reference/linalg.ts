/**
 * Float64 twins of gram.ts, cholesky.ts and factor.ts. `invertedFactor` is also the engine's fallback where f32 fails, so the
 * loops run along rows; n = 512 takes a fraction of a second, n = 2048 some seconds.
 */
import { matrix, multiply, transpose, type Matrix } from './matrix';

/** XᵀX. */
export function gram(x: Matrix): Matrix {
  return multiply(transpose(x), x);
}

/** The matrix with its lower triangle copied to the upper. */
export function mirror(h: Matrix): Matrix {
  const out = matrix(h.rows, h.cols);
  for (let i = 0; i < h.rows; i++) {
    for (let j = 0; j < h.cols; j++) out.data[i * h.cols + j] = h.data[Math.max(i, j) * h.cols + Math.min(i, j)];
  }
  return out;
}

export function diagonal(h: Matrix): Matrix {
  return matrix(
    1,
    h.cols,
    Float64Array.from({ length: h.cols }, (_, i) => h.data[i * h.cols + i]),
  );
}

/**
 * The lower factor of A = L·Lᵀ, or the index of the first pivot at or below `floor`. Only A's lower triangle is read.
 */
export function cholesky(a: Matrix, floor = 0): { l: Matrix; failedPivot: null } | { l: null; failedPivot: number } {
  const n = a.rows;
  const l = matrix(n, n);
  const rows = rowsOf(l);
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    for (let j = 0; j < i; j++) row[j] = (a.data[i * n + j] - dot(row, rows[j], j)) / rows[j][j];
    const pivot = a.data[i * n + i] - dot(row, row, i);
    if (!(pivot > floor)) return { l: null, failedPivot: i };
    row[i] = Math.sqrt(pivot);
  }
  return { l, failedPivot: null };
}

/** L⁻¹ of a lower triangular L with a diagonal that is not zero. */
export function triangularInverse(l: Matrix): Matrix {
  const n = l.rows;
  const inverse = matrix(n, n);
  const rows = rowsOf(inverse);
  for (let i = 0; i < n; i++) {
    const row = rows[i];
    const pivot = l.data[i * n + i];
    for (let k = 0; k < i; k++) addTo(row, -l.data[i * n + k] / pivot, rows[k], k + 1);
    row[i] = 1 / pivot;
  }
  return inverse;
}

/** Relative to the diagonal, the pivot below which there is nothing but the rounding of an H that came in f32. */
const FLOAT32_NOISE = 2 ** -23;

/**
 * U upper with a positive diagonal and (H + damping·mean(diag H)·I)⁻¹ = UᵀU, by the steps of src/tensor/factor.ts; or null, with
 * the failing pivot in the order of elimination, which runs from the last column to the first.
 */
export function invertedFactor(
  h: Matrix,
  damping: number,
  floor = FLOAT32_NOISE,
): { factor: Matrix; failedPivot: null } | { factor: null; failedPivot: number } {
  const n = h.cols;
  const diagonalOfH = diagonal(h).data;
  const lambda = (damping * diagonalOfH.reduce((sum, value) => sum + value, 0)) / n;
  const scale = diagonalOfH.map((value) => (value + lambda > 0 ? 1 / Math.sqrt(value + lambda) : 1));
  const reversed = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const [from, to] = [i * n + j, (n - 1 - i) * n + (n - 1 - j)];
      reversed.data[to] = (h.data[from] + (i === j ? lambda : 0)) * scale[i] * scale[j];
    }
  }
  const { l, failedPivot } = cholesky(reversed, floor);
  if (!l) return { factor: null, failedPivot };
  const inverse = triangularInverse(l);
  const factor = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) factor.data[i * n + j] = inverse.data[(n - 1 - i) * n + (n - 1 - j)] * scale[j];
  }
  return { factor, failedPivot: null };
}

function rowsOf(a: Matrix): Float64Array[] {
  return Array.from({ length: a.rows }, (_, i) => a.data.subarray(i * a.cols, (i + 1) * a.cols));
}

/** Σ a·b over the first `count`, in four sums: one would wait for each addition to finish. */
function dot(a: Float64Array, b: Float64Array, count: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < count; k += 4) {
    s0 += a[k] * b[k];
    s1 += a[k + 1] * b[k + 1];
    s2 += a[k + 2] * b[k + 2];
    s3 += a[k + 3] * b[k + 3];
  }
  for (; k < count; k++) s0 += a[k] * b[k];
  return s0 + s1 + (s2 + s3);
}

/** y += factor·x over the first `count`. */
function addTo(y: Float64Array, factor: number, x: Float64Array, count: number): void {
  for (let k = 0; k < count; k++) y[k] += factor * x[k];
}
