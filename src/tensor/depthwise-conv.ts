/**
 * Mamba's short convolution (shaders/gradient/causal-conv.wgsl): each channel by itself, within windows of `length` tokens; a token
 * sees itself and the width − 1 tokens before it, as torch's Conv1d with groups = channels and padding cut off at the end.
 *   x: tokens × channels; weight: channels × width, the last weight is the token's own; bias: 1 × channels.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { columnSums } from './column-sums';
import { transpose } from './permute';
import { Tensor } from './tensor';

const kernel = (entry: 'along' | 'weights') =>
  defineKernel({
    shader: 'gradient/causal-conv',
    entry,
    buffers: ['read', 'read', 'read', 'write'],
    params: {
      vectors: 'u32',
      rows: 'u32',
      stride: 'u32',
      length: 'u32',
      width: 'u32',
      ahead: 'u32',
      biased: 'u32',
      panel: 'u32',
    },
  });
const ALONG = kernel('along');
const WEIGHTS = kernel('weights');

/** Rows whose share in the gradient of the weights one thread adds up. */
const PANEL = 64;

export function depthwiseCausalConv(x: Tensor, weight: Tensor, bias: Tensor | null, length: number): Tensor {
  if (bias && (bias.rows !== 1 || bias.cols !== x.cols)) throw new Error(`bug: a bias of ${bias.rows} × ${bias.cols}`);
  return along(x, weight, bias, length, false);
}

/** ∂L/∂x from g = ∂L/∂y: every token hears from itself and those after it. */
export function depthwiseCausalConvBack(g: Tensor, weight: Tensor, length: number): Tensor {
  return along(g, weight, null, length, true);
}

/** ∂L/∂weight, channels × width, from g = ∂L/∂y. */
export function depthwiseCausalConvWeights(x: Tensor, g: Tensor, width: number, length: number): Tensor {
  const { gpu, stride } = x;
  const panels = Math.ceil(x.rows / PANEL);
  const shares = Tensor.empty(gpu, panels, width * stride, 'shares of a convolution’s gradient');
  const vectors = (panels * width * stride) / 4;
  gpu.launch(WEIGHTS, {
    buffers: [x.buffer, g.buffer, x.buffer, shares.buffer],
    params: { vectors, rows: x.rows, stride: stride / 4, length, width, ahead: 0, biased: 0, panel: PANEL },
    grid: linearGrid(vectors, 64),
    work: x.rows * stride * width * 2,
  });
  const sums = columnSums(shares);
  // The sums lie as width rows of channels.
  const turned = Tensor.zeros(gpu, width, x.cols, 'gradient of a convolution');
  gpu.copy(sums.buffer, 0, turned.buffer, 0, width * stride * 4);
  const made = transpose(turned);
  for (const tensor of [shares, sums, turned]) tensor.release();
  return made;
}

function along(x: Tensor, weight: Tensor, bias: Tensor | null, length: number, ahead: boolean): Tensor {
  if (weight.rows !== x.cols || x.rows % length !== 0) {
    throw new Error(
      `bug: a convolution of ${x.rows} × ${x.cols} by ${weight.rows} × ${weight.cols} in windows of ${length}`,
    );
  }
  const turned = transpose(weight);
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'convolution');
  const vectors = y.bytes / 16;
  x.gpu.launch(ALONG, {
    buffers: [x.buffer, turned.buffer, (bias ?? turned).buffer, y.buffer],
    params: {
      vectors,
      rows: x.rows,
      stride: x.stride / 4,
      length,
      width: weight.cols,
      ahead: ahead ? 1 : 0,
      biased: bias ? 1 : 0,
      panel: 0,
    },
    grid: linearGrid(vectors, 64),
    work: x.rows * x.stride * weight.cols * 2,
  });
  turned.release();
  return y;
}
