/** Additions in place (shaders/model/add-rows.wgsl): a bias to every row, positions to every window. */
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Tensor } from './tensor';

const ADD_ROWS = defineKernel({
  shader: 'model/add-rows',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { vectors: 'u32', stride: 'u32', period: 'u32' },
});

/** y[r, :] += bias; bias: 1 × cols. */
export function addBias(y: Tensor, bias: Tensor): void {
  if (bias.rows !== 1) throw new Error(`bug: a bias of ${bias.rows} rows`);
  addRows(y, bias, 1);
}

/** y[r, :] += positions[r mod length, :]. */
export function addPositions(y: Tensor, positions: Tensor, length: number): void {
  addRows(y, positions, length);
}

function addRows(y: Tensor, x: Tensor, period: number): void {
  if (x.cols !== y.cols || x.rows < period) {
    throw new Error(`bug: ${x.rows} × ${x.cols} added to ${y.rows} × ${y.cols} every ${period} rows`);
  }
  const vectors = (y.rows * y.stride) / 4;
  y.gpu.launch(ADD_ROWS, {
    buffers: [x.buffer, y.buffer],
    params: { vectors, stride: y.stride / 4, period },
    grid: linearGrid(vectors, 64),
  });
}
