/** Runs of rows of a matrix, as matrices of their own. */
import { Tensor } from './tensor';

/** Rows first … first + count − 1 as a new tensor. */
export function sliceRows(t: Tensor, first: number, count: number): Tensor {
  if (first < 0 || count < 1 || first + count > t.rows) {
    throw new Error(`bug: rows ${first} … ${first + count - 1} of ${t.rows}`);
  }
  const slice = Tensor.empty(t.gpu, count, t.cols, 'rows');
  const rowBytes = t.stride * 4;
  t.gpu.copy(t.buffer, first * rowBytes, slice.buffer, 0, count * rowBytes);
  const padding = (slice.paddedRows - count) * rowBytes;
  if (padding > 0) t.gpu.clear(slice.buffer, count * rowBytes, padding);
  return slice;
}
