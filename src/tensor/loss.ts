/** Figures of logit rows: cross-entropy, KL divergence, argmax (shaders/model). Each is rows × 1. */
import { defineKernel } from '../gpu/kernel';
import type { Indices } from './indices';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { Tensor } from './tensor';

const PARAMS = { rows: 'u32', padded_rows: 'u32', cols: 'u32', stride: 'u32' } as const;

const CROSS_ENTROPY = defineKernel({
  shader: 'model/cross-entropy',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ROW_OVERRIDES,
});

const KL = defineKernel({
  shader: 'model/kl',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ROW_OVERRIDES,
});

const ARGMAX = defineKernel({
  shader: 'model/argmax',
  entry: 'main',
  buffers: ['read', 'write'],
  params: PARAMS,
  overrides: ROW_OVERRIDES,
});

/** A target that stands for "none": its row's loss is 0. */
export const NO_TARGET = 0xffffffff;

/** −log softmax(logits[r])[targets[r]] in nats. */
export function crossEntropy(logits: Tensor, targets: Indices, options: RowOptions = {}): Tensor {
  if (targets.length !== logits.rows) throw new Error(`bug: ${targets.length} targets for ${logits.rows} rows`);
  const y = Tensor.empty(logits.gpu, logits.rows, 1, 'cross-entropy');
  logits.gpu.launch(CROSS_ENTROPY, {
    buffers: [logits.buffer, targets.buffer, y.buffer],
    params: paramsOf(logits),
    ...rowLaunch(logits.gpu, logits.paddedRows, options),
  });
  return y;
}

/** KL(softmax(p[r]) ‖ softmax(q[r])) in nats; never negative, and accurate where the two are close. */
export function klDivergence(p: Tensor, q: Tensor, options: RowOptions = {}): Tensor {
  if (p.rows !== q.rows || p.cols !== q.cols) {
    throw new Error(`bug: KL of ${p.rows} × ${p.cols} and ${q.rows} × ${q.cols}`);
  }
  const y = Tensor.empty(p.gpu, p.rows, 1, 'KL');
  p.gpu.launch(KL, {
    buffers: [p.buffer, q.buffer, y.buffer],
    params: paramsOf(p),
    ...rowLaunch(p.gpu, p.paddedRows, options),
  });
  return y;
}

/** The column of each row's largest value (the first of equals) as f32. */
export function argmaxRows(x: Tensor, options: RowOptions = {}): Tensor {
  if (x.cols > 2 ** 24) throw new Error(`bug: argmax over ${x.cols} columns is not exact in f32`);
  const y = Tensor.empty(x.gpu, x.rows, 1, 'argmax');
  x.gpu.launch(ARGMAX, {
    buffers: [x.buffer, y.buffer],
    params: paramsOf(x),
    ...rowLaunch(x.gpu, x.paddedRows, options),
  });
  return y;
}

function paramsOf(x: Tensor) {
  return { rows: x.rows, padded_rows: x.paddedRows, cols: x.cols, stride: x.stride / 4 };
}
