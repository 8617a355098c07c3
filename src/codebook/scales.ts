/**
 * Block scales in front of a codebook (GPTVQ, arXiv:2402.15319, appendix H): every run of `block` columns of a row is divided by its largest
 * magnitude, stored as 4 bits of a logarithmic grid that all rows of the column block share:
 *   s = exp(low + step · i), i = round((log max|w| − low) / step) in 0 … 15, low and step from the least and greatest over the rows.
 */
import { defineKernel } from '../gpu/kernel';
import { Tensor } from '../tensor/tensor';
import type { Weights } from './assign';
import { roundHalfEven } from './order';
import { linear } from './linear';
import { subVectors, VIEW_PARAMS, viewParams, type SubVectors } from './tiles';

const MAXIMA = defineKernel({
  shader: 'codebook/block-maxima',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    ...VIEW_PARAMS,
    block: 'u32',
    blocks: 'u32',
    max_stride: 'u32',
    count: 'u32',
    first_group: 'u32',
    past_group: 'u32',
  },
  overrides: ['LANES'],
});

const DIVIDE = defineKernel({
  shader: 'codebook/divide',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: {
    ...VIEW_PARAMS,
    block: 'u32',
    scale_stride: 'u32',
    out_stride: 'u32',
    count: 'u32',
    first_group: 'u32',
    past_group: 'u32',
  },
  overrides: ['LANES', 'WEIGHTED'],
});

/** Steps of the grid: 4 bits. */
const STEPS = 15;
/** A block whose weights are all smaller is left out of the grid and takes its least scale: as zeros, beside blocks of ordinary size. */
const ZERO = 1e-8;
/** Where all blocks are tiny, as a share of the largest: else the whole column would be left out, and its scales be 1. */
const ZERO_SHARE = 1e-4;

/** max |w| of every run of `block` columns: rows × ⌈cols / block⌉. */
export function blockMaxima(points: SubVectors, block: number): Tensor {
  const { gpu } = points.matrix;
  const blocks = Math.ceil(points.cols / block);
  const maxima = Tensor.empty(gpu, points.rows, blocks, 'block maxima');
  const count = maxima.bytes / 4;
  const params = { ...viewParams(points), block, blocks, max_stride: maxima.stride, count };
  linear(gpu, MAXIMA, [points.matrix.buffer, maxima.buffer], count, block, params);
  return maxima;
}

/** Maxima (rows × blocks) on their logarithmic grids. All scales are positive. */
export function logScales(maxima: Float32Array, blocks: number): Float32Array<ArrayBuffer> {
  const scales = new Float32Array(maxima.length).fill(1);
  for (let block = 0; block < blocks; block++) {
    let [low, high] = [Infinity, -Infinity];
    let largest = 0;
    for (let at = block; at < maxima.length; at += blocks) largest = Math.max(largest, maxima[at]);
    const least = Math.min(ZERO, ZERO_SHARE * largest);
    const counts = (size: number) => size !== 0 && !(size < least); // NaN does, and is then refused
    for (let at = block; at < maxima.length; at += blocks) {
      if (!counts(maxima[at])) continue;
      low = Math.min(low, Math.log(maxima[at]));
      high = Math.max(high, Math.log(maxima[at]));
    }
    if (low === Infinity) continue;
    const step = (high - low) / STEPS;
    for (let at = block; at < maxima.length; at += blocks) {
      const place = !counts(maxima[at]) || step === 0 ? 0 : roundHalfEven((Math.log(maxima[at]) - low) / step);
      scales[at] = Math.exp(low + step * Math.min(place, STEPS));
    }
  }
  return scales;
}

/**
 * w / s as points of their own, in the same tiles, and the weight m · s² that keeps a sum over them one over w. `columns`: m, 1 × cols
 * of the window. The caller releases both tensors.
 */
export function divideByScales(
  points: SubVectors,
  scales: Tensor,
  block: number,
  columns: Tensor | null = null,
): { points: SubVectors; weights: Weights } {
  const { gpu } = points.matrix;
  const shape: [number, number] = points.transposed ? [points.cols, points.rows] : [points.rows, points.cols];
  const out = Tensor.empty(gpu, ...shape, 'scaled weights');
  const mass = Tensor.empty(gpu, ...shape, 'squared scales');
  const count = out.bytes / 4;
  linear(
    gpu,
    DIVIDE,
    [points.matrix.buffer, scales.buffer, (columns ?? points.matrix).buffer, out.buffer, mass.buffer],
    count,
    8,
    { ...viewParams(points), block, scale_stride: scales.stride, out_stride: out.stride, count },
    { WEIGHTED: columns ? 1 : 0 },
  );
  const { dim, bookRows, bookSubs, transposed } = points;
  return {
    points: subVectors(out, dim, { bookRows, bookCols: bookSubs * dim, transposed }),
    weights: { kind: 'weights', weights: mass },
  };
}
