/** Gradients of losses (shaders/gradient/squared-error.wgsl, cross-entropy.wgsl). g: 1 × 1, what the sum is worth to the final loss. */
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Indices } from './indices';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { Tensor } from './tensor';

const SQUARED_ERROR = defineKernel({
  shader: 'gradient/squared-error',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'write'],
  params: { vectors: 'u32', stride: 'u32', alpha: 'f32' },
  overrides: ['WEIGHTED'],
});

const CROSS_ENTROPY = defineKernel({
  shader: 'gradient/cross-entropy',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: { rows: 'u32', padded_rows: 'u32', cols: 'u32', stride: 'u32', alpha: 'f32' },
  overrides: ROW_OVERRIDES,
});

/** Of alpha · Σ_r weights[r] · Σ_c (y − target)² (scalar.ts, squaredError) with respect to y. */
export function squaredErrorGradient(
  y: Tensor,
  target: Tensor,
  weights: Tensor | null,
  alpha: number,
  g: Tensor,
): Tensor {
  const gy = Tensor.empty(y.gpu, y.rows, y.cols, 'gradient of a squared error');
  const vectors = y.bytes / 16;
  y.gpu.launch(SQUARED_ERROR, {
    buffers: [y.buffer, target.buffer, g.buffer, (weights ?? y).buffer, gy.buffer],
    params: { vectors, stride: y.stride / 4, alpha: 2 * alpha },
    grid: linearGrid(vectors, 64),
    overrides: { WEIGHTED: weights ? 1 : 0 },
    work: 12 * vectors,
  });
  return gy;
}

/** Of alpha · Σ_r crossEntropy(logits, targets)[r] (loss.ts) with respect to the logits. */
export function crossEntropyGradient(
  logits: Tensor,
  targets: Indices,
  alpha: number,
  g: Tensor,
  options: RowOptions = {},
): Tensor {
  const gl = Tensor.empty(logits.gpu, logits.rows, logits.cols, 'gradient of logits');
  logits.gpu.launch(CROSS_ENTROPY, {
    buffers: [logits.buffer, targets.buffer, g.buffer, gl.buffer],
    params: {
      rows: logits.rows,
      padded_rows: logits.paddedRows,
      cols: logits.cols,
      stride: logits.stride / 4,
      alpha,
    },
    ...rowLaunch(logits.gpu, logits.paddedRows, options),
    work: (128 * logits.bytes) / 16,
  });
  return gl;
}
