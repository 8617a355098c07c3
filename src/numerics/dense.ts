/**
 * A matrix of float64 on the host: row-major rows × cols, no padding. Plain loops along rows; what numerics' decompositions, and those
 * who need a small product in float64, share.
 */
export interface Dense {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** Zeros, or a copy of row-major values. */
export function dense(rows: number, cols: number, values?: ArrayLike<number>): Dense {
  if (values && values.length !== rows * cols) throw new Error(`bug: ${values.length} values for ${rows} × ${cols}`);
  return { rows, cols, data: values ? Float64Array.from(values) : new Float64Array(rows * cols) };
}

/** A view of row i; writing to it writes to the matrix. */
export function rowOf(a: Dense, i: number): Float64Array {
  return a.data.subarray(i * a.cols, (i + 1) * a.cols);
}

export function transposed(a: Dense): Dense {
  const t = dense(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) t.data[j * a.rows + i] = a.data[i * a.cols + j];
  return t;
}

/** A·B. */
export function product(a: Dense, b: Dense): Dense {
  if (a.cols !== b.rows) throw new Error(`bug: ${a.rows} × ${a.cols} times ${b.rows} × ${b.cols}`);
  const c = dense(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    const out = rowOf(c, i);
    for (let k = 0; k < a.cols; k++) {
      const factor = a.data[i * a.cols + k];
      if (factor !== 0) addScaled(out, factor, rowOf(b, k));
    }
  }
  return c;
}

/** A·Bᵀ: dot products of rows. */
export function productOfRows(a: Dense, b: Dense): Dense {
  if (a.cols !== b.cols) throw new Error(`bug: ${a.rows} × ${a.cols} times the transpose of ${b.rows} × ${b.cols}`);
  const c = dense(a.rows, b.rows);
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
