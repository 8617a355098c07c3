/**
 * A convolution as a linear layer (shaders/linalg/unroll.wgsl): square kernels, stride, padding with zeros; dilation and groups of 1.
 *
 * Pixels are rows and channels columns, x: (images · height · width) × channels (NHWC). An output pixel's *window* is one row of
 * side² · channels values, **tap-major**: column = tap · channels + channel, taps row by row. With W outputs × (side² · channels) in the
 * same order, y = X·Wᵀ, and the layer's Hessian is XᵀX: so neighbouring columns are channels of one tap, which groups of columns then are.
 * torch's OIHW flattened is *channel-major*, channel · side² + tap; `tapMajor` and `channelMajor` turn a weight from one to the other, and
 * H in one order is the permuted H of the other.
 *
 * Windows take side² times the memory of the image. They exist a *panel* at a time, runs of output pixels of bounded bytes, and what is
 * made of them is added up panel by panel. A convolution that looks at one pixel has the image itself as its only panel.
 *
 * conv2d.ts is the same operation on torch's weights, with its way back.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { columnSums } from './column-sums';
import { convolvedSize, type Convolution } from './conv2d';
import { axpy } from './elementwise';
import { accumulateGram } from './gram';
import { accumulateSquare } from './matmul';
import type { Square } from './panels';
import { padded, Tensor } from './tensor';
import { applyWeight, type Weight } from './weight';

const UNROLL = defineKernel({
  shader: 'linalg/unroll',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    vectors: 'u32',
    rows: 'u32',
    cols: 'u32',
    first_row: 'u32',
    height: 'u32',
    width: 'u32',
    out_height: 'u32',
    out_width: 'u32',
    side: 'u32',
    step: 'u32',
    margin: 'u32',
    channels: 'u32',
    x_stride: 'u32',
    y_stride: 'u32',
  },
});

const ROLL = defineKernel({
  shader: 'gradient/unroll',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    vectors: 'u32',
    rows: 'u32',
    height: 'u32',
    width: 'u32',
    out_height: 'u32',
    out_width: 'u32',
    side: 'u32',
    step: 'u32',
    margin: 'u32',
    channels: 'u32',
    x_stride: 'u32',
    g_stride: 'u32',
  },
});

/** Most bytes of windows at once. */
const PANEL_BYTES = 1 << 25;

/** Columns of a window. */
export function windowCols(channels: number, { side }: Pick<Convolution, 'side'>): number {
  return side * side * channels;
}

/** Output pixels of so many pixels of images. */
export function windowRows(pixels: number, options: Convolution): number {
  const { height, width } = options;
  if (pixels % (height * width) !== 0) throw new Error(`bug: ${pixels} pixels of images of ${height} × ${width}`);
  const [outHeight, outWidth] = convolvedSize(options);
  return (pixels / (height * width)) * outHeight * outWidth;
}

/** Whether windows are single pixels, one for each. */
export function isPointwise({ side, stride = 1, padding = 0, after = padding }: Convolution): boolean {
  return side === 1 && stride === 1 && padding === 0 && after === 0;
}

/** Runs of output pixels whose windows exist together; all but the last a multiple of 8. */
export function panelRanges(
  pixels: number,
  channels: number,
  options: Convolution,
): { readonly first: number; readonly count: number }[] {
  const rows = windowRows(pixels, options);
  if (isPointwise(options)) return [{ first: 0, count: rows }];
  const bytes = 8 * 4 * padded(windowCols(channels, options));
  const height = 8 * Math.max(1, Math.floor((options.panelBytes ?? PANEL_BYTES) / bytes));
  return Array.from({ length: Math.ceil(rows / height) }, (_, p) => {
    const first = p * height;
    return { first, count: Math.min(height, rows - first) };
  });
}

/** The windows of output pixels first … first + count − 1: count × (side² · channels). */
export function unroll(x: Tensor, options: Convolution, first: number, count: number): Tensor {
  const { height, width, side, stride = 1, padding = 0 } = options;
  const rows = windowRows(x.rows, options);
  if (first < 0 || count < 1 || first + count > rows) throw new Error(`bug: windows ${first} + ${count} of ${rows}`);
  const [outHeight, outWidth] = convolvedSize(options);
  const y = Tensor.empty(x.gpu, count, windowCols(x.cols, options), 'windows');
  const vectors = y.bytes / 16;
  x.gpu.launch(UNROLL, {
    buffers: [x.buffer, y.buffer],
    params: {
      ...{ vectors, rows: count, cols: y.cols, first_row: first, height, width, out_height: outHeight },
      ...{ out_width: outWidth, side, step: stride, margin: padding, channels: x.cols },
      ...{ x_stride: x.stride / 4, y_stride: y.stride / 4 },
    },
    grid: linearGrid(vectors, 64),
    work: y.bytes / 4,
  });
  return y;
}

/** ∂L/∂x from the gradient of all windows of x, pixels × channels: each pixel adds up its places in them. */
export function unrollBack(g: Tensor, pixels: number, channels: number, options: Convolution): Tensor {
  const { height, width, side, stride = 1, padding = 0 } = options;
  const rows = windowRows(pixels, options);
  if (g.rows !== rows || g.cols !== windowCols(channels, options)) {
    throw new Error(`bug: a gradient of ${g.rows} × ${g.cols} for ${rows} windows of ${windowCols(channels, options)}`);
  }
  const [outHeight, outWidth] = convolvedSize(options);
  const x = Tensor.empty(g.gpu, pixels, channels, 'gradient of an image');
  const vectors = x.bytes / 16;
  g.gpu.launch(ROLL, {
    buffers: [g.buffer, x.buffer],
    params: {
      ...{ vectors, rows: pixels, height, width, out_height: outHeight, out_width: outWidth },
      ...{ side, step: stride, margin: padding, channels, x_stride: x.stride / 4, g_stride: g.stride / 4 },
    },
    grid: linearGrid(vectors, 64),
    work: (x.bytes / 4) * side ** 2,
  });
  return x;
}

/** Shows each panel of windows, in order; a panel is given back when `body` returns. */
export function eachPanel(x: Tensor, options: Convolution, body: (windows: Tensor, first: number) => void): void {
  for (const { first, count } of panelRanges(x.rows, x.cols, options)) {
    if (isPointwise(options)) {
      body(x, first);
      continue;
    }
    const windows = unroll(x, options, first, count);
    body(windows, first);
    windows.release();
  }
}

/** X·Wᵀ: (images · outHeight · outWidth) × outputs; W outputs × (side² · channels), tap-major. */
export function applyConvolution(x: Tensor, weight: Weight, options: Convolution): Tensor {
  if (weight.cols !== windowCols(x.cols, options)) {
    throw new Error(`bug: ${weight.rows} × ${weight.cols} on windows of ${windowCols(x.cols, options)}`);
  }
  const ranges = panelRanges(x.rows, x.cols, options);
  if (isPointwise(options)) return applyWeight(x, weight);
  const [{ count }] = ranges;
  if (ranges.length === 1) {
    const windows = unroll(x, options, 0, count);
    const y = applyWeight(windows, weight);
    windows.release();
    return y;
  }
  const y = Tensor.empty(x.gpu, windowRows(x.rows, options), weight.rows, 'convolution');
  eachPanel(x, options, (windows, first) => {
    const part = applyWeight(windows, weight);
    x.gpu.copy(part.buffer, 0, y.buffer, first * y.stride * 4, part.bytes);
    part.release();
  });
  return y;
}

/** H = beta·H + alpha·XᵀX on the lower triangle, as `accumulateGram`; `mirror` copies it up. */
export function accumulateWindowGram(h: Square, x: Tensor, options: Convolution, alpha: number, beta: number): void {
  eachPanel(x, options, (windows, first) => accumulateGram(h, windows, alpha, first === 0 ? beta : 1));
}

/** S = beta·S + alpha·AᵀB, A and B the windows of a and b: by linearity, that of a drift is the drift of the windows. */
export function accumulateWindowProduct(
  sum: Square,
  a: Tensor,
  b: Tensor,
  options: Convolution,
  { alpha, beta }: { readonly alpha: number; readonly beta: number },
): void {
  if (a.rows !== b.rows || a.cols !== b.cols) throw new Error(`bug: windows of ${a.rows} and ${b.rows} pixels`);
  for (const { first, count } of panelRanges(a.rows, a.cols, options)) {
    const [left, right] = isPointwise(options) ? [a, b] : [a, b].map((image) => unroll(image, options, first, count));
    accumulateSquare(left, right, sum, { alpha, beta: first === 0 ? beta : 1 });
    for (const windows of [left, right]) if (windows !== a && windows !== b) windows.release();
  }
}

/** Σ of the windows, 1 × (side² · channels). */
export function windowColumnSums(x: Tensor, options: Convolution): Tensor {
  let sums: Tensor | null = null;
  eachPanel(x, options, (windows) => {
    const own = columnSums(windows);
    if (!sums) sums = own;
    else {
      axpy(1, own, sums);
      own.release();
    }
  });
  if (!sums) throw new Error('bug: no windows');
  return sums;
}

/** A weight outputs × (channels · side²) in torch's order, with tap-major columns. */
export function tapMajor(values: Float32Array, channels: number, side: number): Float32Array<ArrayBuffer> {
  return reordered(values, channels, side * side);
}

/** The other way: a tap-major weight in torch's order. */
export function channelMajor(values: Float32Array, channels: number, side: number): Float32Array<ArrayBuffer> {
  return reordered(values, side * side, channels);
}

/** Each run of outer · inner values, turned from outer-major to inner-major. */
function reordered(values: Float32Array, outer: number, inner: number): Float32Array<ArrayBuffer> {
  const cols = outer * inner;
  if (values.length % cols !== 0) throw new Error(`bug: ${values.length} values in rows of ${cols}`);
  const made = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += cols) {
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) made[row + i * outer + o] = values[row + o * inner + i];
    }
  }
  return made;
}
