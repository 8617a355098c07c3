/**
 * Sums down the columns of a matrix (shaders/linalg/column-sums.wgsl), in a fixed order: partial sums of PANEL rows each, then theirs.
 */
import { defineKernel } from '../gpu/kernel';
import { Tensor } from './tensor';

const COLUMN_SUMS = defineKernel({
  shader: 'linalg/column-sums',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { rows: 'u32', out_rows: 'u32', stride: 'u32', panel: 'u32' },
});

/** Rows one thread adds up. */
const PANEL = 64;

/** Σ_r x[r, :], 1 × cols. */
export function columnSums(x: Tensor): Tensor {
  let from = x;
  do {
    const rows = Math.ceil(from.rows / PANEL);
    const to = Tensor.empty(x.gpu, rows, x.cols, 'column sums');
    const vectors = to.stride / 4;
    x.gpu.launch(COLUMN_SUMS, {
      buffers: [from.buffer, to.buffer],
      params: { rows: from.rows, out_rows: rows, stride: vectors, panel: PANEL },
      grid: [Math.ceil(vectors / 8), Math.min(Math.ceil(to.paddedRows / 8), 65535)],
      work: x.rows * x.stride,
    });
    if (from !== x) from.release();
    from = to;
  } while (from.rows > 1);
  return from;
}
