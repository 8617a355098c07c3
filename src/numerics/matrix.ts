/**
 * A dense matrix in float64: row-major rows × cols, no padding. Plain loops, written to be read: the tests' yardstick, what the host works
 * in, and the engine's fallback where f32 is not enough.
 */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, cols: number, values?: ArrayLike<number>): Matrix {
  if (values && values.length !== rows * cols) throw new Error(`bug: ${values.length} values for ${rows} × ${cols}`);
  return { rows, cols, data: values ? Float64Array.from(values) : new Float64Array(rows * cols) };
}

/** I. */
export function identity(n: number): Matrix {
  const eye = matrix(n, n);
  for (let i = 0; i < n; i++) eye.data[i * n + i] = 1;
  return eye;
}

export function transpose(a: Matrix): Matrix {
  const t = matrix(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) t.data[j * a.rows + i] = a.data[i * a.cols + j];
  return t;
}

/** A·B. Each sum is over k in order, whatever is taken at once. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.cols !== b.rows) throw new Error(`bug: ${a.rows} × ${a.cols} times ${b.rows} × ${b.cols}`);
  const c = matrix(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    const factors = a.data.subarray(i * a.cols, (i + 1) * a.cols);
    const out = c.data.subarray(i * b.cols, (i + 1) * b.cols);
    let k = 0;
    // Four rows of B for one reading and writing of the output: what a plain loop spends most of its time on.
    for (; k + 4 <= a.cols; k += 4) addFour(out, factors, b.data, k);
    for (; k < a.cols; k++) addOne(out, factors[k], b.data, k);
  }
  return c;
}

function addOne(out: Float64Array, factor: number, rows: Float64Array, k: number): void {
  if (factor === 0) return; // a zero of A leaves even an infinity of B alone
  const width = out.length;
  for (let j = 0, at = k * width; j < width; j++, at++) out[j] += factor * rows[at];
}

function addFour(out: Float64Array, factors: Float64Array, rows: Float64Array, k: number): void {
  const f0 = factors[k];
  const f1 = factors[k + 1];
  const f2 = factors[k + 2];
  const f3 = factors[k + 3];
  if (f0 === 0 || f1 === 0 || f2 === 0 || f3 === 0) {
    for (let next = k; next < k + 4; next++) addOne(out, factors[next], rows, next);
    return;
  }
  const width = out.length;
  const second = width;
  const third = 2 * width;
  const fourth = 3 * width;
  for (let j = 0, at = k * width; j < width; j++, at++) {
    out[j] = out[j] + f0 * rows[at] + f1 * rows[at + second] + f2 * rows[at + third] + f3 * rows[at + fourth];
  }
}

/** op(A)·op(B) by the names of the GPU operation: nn A·B, nt A·Bᵀ, tn Aᵀ·B. */
export function matmul(form: 'nn' | 'nt' | 'tn', a: Matrix, b: Matrix): Matrix {
  return multiply(form === 'tn' ? transpose(a) : a, form === 'nt' ? transpose(b) : b);
}

/** A ⊗ B: entry (i·rows(B) + k, j·cols(B) + l) is A[i, j]·B[k, l]. */
export function kronecker(a: Matrix, b: Matrix): Matrix {
  const c = matrix(a.rows * b.rows, a.cols * b.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) {
      const factor = a.data[i * a.cols + j];
      for (let k = 0; k < b.rows; k++) {
        const to = (i * b.rows + k) * c.cols + j * b.cols;
        for (let l = 0; l < b.cols; l++) c.data[to + l] = factor * b.data[k * b.cols + l];
      }
    }
  }
  return c;
}

/** Square blocks down the diagonal, zero elsewhere. */
export function blockDiagonal(blocks: readonly Matrix[]): Matrix {
  const n = blocks.reduce((sum, { rows }) => sum + rows, 0);
  const out = matrix(n, n);
  let at = 0;
  for (const { rows, cols, data } of blocks) {
    if (rows !== cols) throw new Error(`bug: a diagonal block of ${rows} × ${cols}`);
    for (let r = 0; r < rows; r++) out.data.set(data.subarray(r * cols, (r + 1) * cols), (at + r) * n + at);
    at += rows;
  }
  return out;
}

/** max |A − B|: Infinity where an entry is NaN. */
export function largestDifference(a: Matrix, b: Matrix): number {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw new Error(`bug: ${a.rows} × ${a.cols} compared with ${b.rows} × ${b.cols}`);
  }
  let largest = 0;
  for (let i = 0; i < a.data.length; i++) {
    const difference = Math.abs(a.data[i] - b.data[i]);
    if (Number.isNaN(difference)) return Infinity;
    largest = Math.max(largest, difference);
  }
  return largest;
}

/** max |Q·Qᵀ − I|: how far a square Q is from orthogonal. */
export function orthogonalityDefect(q: Matrix): number {
  return largestDifference(matmul('nt', q, q), identity(q.rows));
}

/** A view of row i; writing to it writes to the matrix. */
export function rowOf(a: Matrix, i: number): Float64Array {
  return a.data.subarray(i * a.cols, (i + 1) * a.cols);
}

/** A·Bᵀ: dot products of rows. */
export function productOfRows(a: Matrix, b: Matrix): Matrix {
  if (a.cols !== b.cols) throw new Error(`bug: ${a.rows} × ${a.cols} times the transpose of ${b.rows} × ${b.cols}`);
  const c = matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    const row = rowOf(a, i);
    for (let j = 0; j < b.rows; j++) c.data[i * b.rows + j] = dot(row, rowOf(b, j));
  }
  return c;
}

/** Σ a·b, in four sums: one would wait for each addition to finish. */
export function dot(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const count = a.length;
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

/** y += factor·x. */
export function addScaled(y: Float64Array, factor: number, x: Float64Array): void {
  for (let k = 0; k < y.length; k++) y[k] += factor * x[k];
}

/** (p, q) ← (c·p − s·q, s·p + c·q), row by row: one plane rotation. */
export function rotate(p: Float64Array, q: Float64Array, c: number, s: number): void {
  for (let k = 0; k < p.length; k++) {
    const [x, y] = [p[k], q[k]];
    p[k] = c * x - s * y;
    q[k] = s * x + c * y;
  }
}

/** The largest magnitude; NaN where there is one. */
export function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size <= most)) most = size;
    if (Number.isNaN(most)) return NaN;
  }
  return most;
}
