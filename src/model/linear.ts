/** Linear layers' weights off the disk as rows × cols. */
import type { Linear, WeightSource } from './model';

/** A linear layer's weights, rows (outputs) × cols (inputs), however the file stores them. */
export async function loadLinear(source: WeightSource, linear: Linear): Promise<Float32Array> {
  const values = await source.read(linear.weight);
  const { rows, cols } = linear;
  if (values.length !== rows * cols)
    throw new Error(`bug: ${values.length} values of ${linear.weight} for ${rows} × ${cols}`);
  return linear.layout === 'out-in' ? values : transposed(values, cols, rows);
}

/** rows × cols → cols × rows, in squares that stay in a cache. */
function transposed(values: Float32Array, rows: number, cols: number): Float32Array {
  const SQUARE = 32;
  const out = new Float32Array(values.length);
  for (let r0 = 0; r0 < rows; r0 += SQUARE) {
    for (let c0 = 0; c0 < cols; c0 += SQUARE) {
      for (let r = r0; r < Math.min(r0 + SQUARE, rows); r++) {
        for (let c = c0; c < Math.min(c0 + SQUARE, cols); c++) out[c * rows + r] = values[r * cols + c];
      }
    }
  }
  return out;
}
