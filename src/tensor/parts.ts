/**
 * What stored parts of a layer decode to on the GPU: the product of low-rank factors in the order in which the host sums it, and weights that
 * stand by themselves.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid, rowGrid } from '../gpu/kernel';
import { Indices } from './indices';
import { Tensor } from './tensor';

const FACTORS = defineKernel({
  shader: 'quantizer/factors',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    rows: 'u32',
    cols: 'u32',
    rank: 'u32',
    b_stride: 'u32',
    a_stride: 'u32',
    stride: 'u32',
    first_row: 'u32',
    past_row: 'u32',
    fold: 'u32',
  },
  overrides: ['LANES'],
});
const SCATTER = defineKernel({
  shader: 'quantizer/scatter',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { count: 'u32', cols: 'u32', stride: 'u32' },
});

/** B·A of rows × rank and rank × cols. The bits of the host's sum (src/quantizer/factors.ts) where products are exact in f32. */
export function multiplyFactors(b: Tensor, a: Tensor): Tensor {
  const { gpu, rows, cols: rank } = b;
  if (rank !== a.rows) throw new Error(`bug: factors of ${rows} × ${rank} and ${a.rows} × ${a.cols}`);
  const out = Tensor.empty(gpu, rows, a.cols, 'low-rank product');
  const workOfRow = 2 * rank * out.stride;
  const most = Math.max(1, Math.floor(gpu.workBudget / workOfRow));
  for (let first = 0; first < out.paddedRows; first += most) {
    const past = Math.min(out.paddedRows, first + most);
    const { grid, fold } = rowGrid(out.stride, gpu.lanes, past - first);
    gpu.launch(FACTORS, {
      buffers: [b.buffer, a.buffer, out.buffer],
      params: {
        ...{ rows, cols: a.cols, rank, b_stride: b.stride, a_stride: a.stride },
        ...{ stride: out.stride, first_row: first, past_row: past, fold },
      },
      grid,
      overrides: { LANES: gpu.lanes },
      work: workOfRow * (past - first),
    });
  }
  return out;
}

/** Zeros but for values at places, row · cols + column, no two of which are equal. */
export function scatter(
  gpu: Gpu,
  rows: number,
  cols: number,
  places: Uint32Array<ArrayBuffer>,
  values: Float32Array,
): Tensor {
  if (places.length !== values.length) throw new Error(`bug: ${values.length} values for ${places.length} places`);
  const out = Tensor.zeros(gpu, rows, cols, 'scattered weights');
  const count = places.length;
  if (count === 0) return out;
  const at = Indices.from(gpu, places, 'places');
  const held = Tensor.from(gpu, 1, count, values, 'kept weights');
  gpu.launch(SCATTER, {
    buffers: [at.buffer, held.buffer, out.buffer],
    params: { count, cols, stride: out.stride },
    grid: linearGrid(count, 64),
    work: 4 * count,
  });
  for (const used of [at, held]) used.release();
  return out;
}
