/**
 * Pooling of images (shaders/linalg/max-pool.wgsl, gradient/max-pool.wgsl). Pixels are rows, image after image and row by row, and channels
 * columns: (images · height · width) × channels. Of a maximum torch's max_pool2d with dilation 1 and rounding down; a mean over whole
 * images is `foldRows`.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { convolvedSize, type Convolution } from './conv2d';
import { Tensor } from './tensor';

const PARAMS = {
  vectors: 'u32',
  rows: 'u32',
  height: 'u32',
  width: 'u32',
  out_height: 'u32',
  out_width: 'u32',
  side: 'u32',
  step: 'u32',
  margin: 'u32',
  lanes: 'u32',
} as const;

const POOL = defineKernel({ shader: 'linalg/max-pool', entry: 'main', buffers: ['read', 'write'], params: PARAMS });
const BACK = defineKernel({
  shader: 'gradient/max-pool',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
});

/** `padding` is at most half of `side`, so that each window holds a pixel. */
export type Pooling = Omit<Convolution, 'panelBytes'>;

/** (images · outHeight · outWidth) × channels: the largest value in each window. */
export function maxPool(x: Tensor, options: Pooling): Tensor {
  const y = Tensor.empty(x.gpu, pooledRows(x, options), x.cols, 'pooled');
  const vectors = y.bytes / 16;
  x.gpu.launch(POOL, {
    buffers: [x.buffer, y.buffer],
    params: { vectors, rows: y.rows, ...paramsOf(x, options) },
    grid: linearGrid(vectors, 64),
    work: (y.bytes / 4) * options.side ** 2,
  });
  return y;
}

/** ∂L/∂x from g = ∂L/∂y: to the largest value of each window, of equals the first. */
export function maxPoolBack(x: Tensor, g: Tensor, options: Pooling): Tensor {
  const rows = pooledRows(x, options);
  if (g.rows !== rows || g.cols !== x.cols) {
    throw new Error(`bug: a gradient of ${g.rows} × ${g.cols} for ${rows} × ${x.cols}`);
  }
  const dx = Tensor.empty(x.gpu, x.rows, x.cols, 'gradient of an image');
  const vectors = dx.bytes / 16;
  x.gpu.launch(BACK, {
    buffers: [x.buffer, g.buffer, dx.buffer],
    params: { vectors, rows: dx.rows, ...paramsOf(x, options) },
    grid: linearGrid(vectors, 64),
    work: (dx.bytes / 4) * options.side ** 4,
  });
  return dx;
}

function paramsOf(x: Tensor, options: Pooling) {
  const { height, width, side, stride = 1, padding = 0 } = options;
  const [outHeight, outWidth] = convolvedSize(options);
  return {
    ...{ height, width, out_height: outHeight, out_width: outWidth },
    ...{ side, step: stride, margin: padding, lanes: x.stride / 4 },
  };
}

function pooledRows(x: Tensor, options: Pooling): number {
  const { height, width, side, padding = 0 } = options;
  if (x.rows % (height * width) !== 0 || 2 * padding > side) {
    throw new Error(`bug: windows of ${side} with a padding of ${padding} on ${x.rows} pixels of ${height} × ${width}`);
  }
  const [outHeight, outWidth] = convolvedSize(options);
  return (x.rows / (height * width)) * outHeight * outWidth;
}
