/**
 * The float64 twin's matrix: row-major rows × cols, no padding. Plain loops, written to be read; the tests' yardstick and the
 * engine's fallback where f32 is not enough.
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

export function transpose(a: Matrix): Matrix {
  const t = matrix(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) t.data[j * a.rows + i] = a.data[i * a.cols + j];
  return t;
}

/** A·B. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  if (a.cols !== b.rows) throw new Error(`bug: ${a.rows} × ${a.cols} times ${b.rows} × ${b.cols}`);
  const c = matrix(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    const out = c.data.subarray(i * b.cols, (i + 1) * b.cols);
    for (let k = 0; k < a.cols; k++) {
      const factor = a.data[i * a.cols + k];
      if (factor === 0) continue;
      const row = b.data.subarray(k * b.cols, (k + 1) * b.cols);
      for (let j = 0; j < b.cols; j++) out[j] += factor * row[j];
    }
  }
  return c;
}

/** op(A)·op(B) by the names of the GPU operation (src/tensor/matmul.ts). */
export function matmul(form: 'nn' | 'nt' | 'tn', a: Matrix, b: Matrix): Matrix {
  return multiply(form === 'tn' ? transpose(a) : a, form === 'nt' ? transpose(b) : b);
}
