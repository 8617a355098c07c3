/**
 * Back through fake quantization whose ranges are learned (shaders/activation/round-back.wgsl), straight through its rounding: the gradient
 * to x is that of a clamp, and the ranges' that of the formulas of activation-format.ts with roundings' residuals held constant (learned step
 * sizes: Esser et al. 2020, arXiv 1902.08153; both ends: Bhalgat et al. 2020, 2004.09576). Where ranges are not learned, the gradient to x is g.
 * Twin: straightThrough in reference/fake-quant.ts.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { type ActivationFormat } from './activation-format';
import { foldCells, ROUND_PARAMS, roundLaunch, segmentLanes, type SeenOptions } from './fake-quant';
import { Tensor } from './tensor';

const PARAMS = { ...ROUND_PARAMS, pair_stride: 'u32' } as const;

const THROUGH = defineKernel({
  shader: 'activation/round-back',
  entry: 'through',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write'],
  params: PARAMS,
  overrides: ['BY_COLUMN', 'BY_ROW', 'CODE', 'AWAY'],
});

const SLOPES = defineKernel({
  shader: 'activation/round-back',
  entry: 'slopes',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write'],
  params: PARAMS,
  overrides: ['BY_COLUMN', 'BY_ROW', 'CODE', 'AWAY', 'WG', 'LANES'],
});

/** The codes whose ranges can be learned. */
export const LEARNED_CODES: readonly string[] = ['symmetric', 'asymmetric', 'float offset'];

/** From g = ∂L/∂x̂ to ∂L/∂x and ∂L/∂ranges, each if wanted. */
export function fakeQuantizeBack(
  x: Tensor,
  ranges: Tensor,
  g: Tensor,
  format: ActivationFormat,
  options: SeenOptions,
  wanted: { readonly x: boolean; readonly ranges: boolean },
): { x: Tensor | null; ranges: Tensor | null } {
  const { gpu } = x;
  const { kind } = format.code;
  if (!LEARNED_CODES.includes(kind)) throw new Error(`bug: no range of ${kind} levels can be learned`);
  if (g.rows !== x.rows || g.cols !== x.cols) {
    throw new Error(`bug: a gradient of ${g.rows} × ${g.cols} for ${x.rows} × ${x.cols}`);
  }
  const { layout, buffers, params, overrides } = roundLaunch(x, ranges, format, options);
  const made: { x: Tensor | null; ranges: Tensor | null } = { x: null, ranges: null };
  if (wanted.x) {
    made.x = Tensor.empty(gpu, x.rows, x.cols, 'gradient of an activation');
    gpu.launch(THROUGH, {
      buffers: [...buffers, g.buffer, made.x.buffer],
      params: { ...params, pair_stride: 0 },
      grid: linearGrid(params.vectors, 64),
      overrides,
      work: 64 * params.vectors,
    });
  }
  if (wanted.ranges) {
    const pairs = Tensor.zeros(gpu, 2 * x.rows, layout.across, 'gradient of ranges, by rows');
    const lanes = segmentLanes(gpu, layout, options.lanes);
    gpu.launch(SLOPES, {
      buffers: [...buffers, g.buffer, pairs.buffer],
      params: { ...params, pair_stride: pairs.stride },
      grid: lanes.grid,
      overrides: { ...overrides, ...lanes.overrides },
      work: 96 * params.vectors,
    });
    made.ranges = foldCells(pairs, layout, x.rows, 'sums');
    pairs.release();
  }
  return made;
}
