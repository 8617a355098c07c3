/**
 * Images and their patches (shaders/gradient/patches.wgsl). An image is one row of channels · height · width numbers, as torch lays
 * out NCHW; a token one row of the numbers of its patch, tokens row by row. Cutting and joining are each other's inverse.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

const kernel = (entry: 'cut' | 'join') =>
  defineKernel({
    shader: 'gradient/patches',
    entry,
    buffers: ['read', 'write'],
    params: {
      vectors: 'u32',
      rows: 'u32',
      cols: 'u32',
      x_stride: 'u32',
      y_stride: 'u32',
      channels: 'u32',
      height: 'u32',
      width: 'u32',
      side: 'u32',
      channel_last: 'u32',
    },
  });
const KERNELS = { cut: kernel('cut'), join: kernel('join') };

export interface PatchGrid {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Pixels of a patch's side; divides height and width. */
  readonly patch: number;
}

/**
 * A patch's numbers by channel, row, column, which is the order of a convolution's weight; or by row, column, channel, which is the
 * order of DiT's output ('nhwpqc').
 */
export type PatchOrder = 'channel first' | 'channel last';

/** images × (channels · height · width) → (images · tokens) × (channels · patch²). */
export function cutPatches(x: Tensor, grid: PatchGrid, order: PatchOrder): Tensor {
  const { tokens, numbers } = checked(grid);
  if (x.cols !== tokens * numbers) throw new Error(`bug: an image of ${x.cols} numbers in ${tokens} × ${numbers}`);
  return launch('cut', x, Tensor.empty(x.gpu, x.rows * tokens, numbers, 'patches'), grid, order);
}

/** (images · tokens) × (channels · patch²) → images × (channels · height · width). */
export function joinPatches(x: Tensor, grid: PatchGrid, order: PatchOrder): Tensor {
  const { tokens, numbers } = checked(grid);
  if (x.rows % tokens !== 0 || x.cols !== numbers) {
    throw new Error(`bug: ${x.rows} × ${x.cols} patches joined to images of ${tokens} × ${numbers}`);
  }
  return launch('join', x, Tensor.empty(x.gpu, x.rows / tokens, tokens * numbers, 'images'), grid, order);
}

function launch(entry: keyof typeof KERNELS, x: Tensor, y: Tensor, grid: PatchGrid, order: PatchOrder): Tensor {
  const { channels, height, width, patch } = grid;
  const vectors = y.bytes / 16;
  x.gpu.launch(KERNELS[entry], {
    buffers: [x.buffer, y.buffer],
    params: {
      vectors,
      rows: y.rows,
      cols: y.cols,
      x_stride: x.stride,
      y_stride: y.stride / 4,
      channels,
      height,
      width,
      side: patch,
      channel_last: order === 'channel last' ? 1 : 0,
    },
    grid: linearGrid(vectors, 64),
    work: y.bytes / 4,
  });
  return y;
}

function checked({ channels, height, width, patch }: PatchGrid): { tokens: number; numbers: number } {
  if (height % patch !== 0 || width % patch !== 0) throw new Error(`bug: ${height} × ${width} in patches of ${patch}`);
  return { tokens: (height / patch) * (width / patch), numbers: channels * patch * patch };
}
