/** Linear layers: their weights off the disk as rows × cols, and y = x·Wᵀ + b. */
import { addBias } from '../tensor/bias';
import { matmul } from '../tensor/matmul';
import type { Tensor } from '../tensor/tensor';
import type { Linear, WeightSource } from './model';

/** A linear layer's weights, rows (outputs) × cols (inputs), however the file stores them. */
export async function loadLinear(source: WeightSource, linear: Linear): Promise<Float32Array> {
  const values = await source.read(linear.weight);
  const { rows, cols } = linear;
  if (values.length !== rows * cols)
    throw new Error(`bug: ${values.length} values of ${linear.weight} for ${rows} × ${cols}`);
  return linear.layout === 'out-in' ? values : transposed(values, cols, rows);
}

/** x·Wᵀ + b. x: tokens × cols, w: rows × cols, bias: 1 × rows; a new tensor, tokens × rows. */
export function applyLinear(x: Tensor, w: Tensor, bias: Tensor | null): Tensor {
  const y = matmul('nt', x, w, { label: 'linear' });
  if (bias) addBias(y, bias);
  return y;
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
