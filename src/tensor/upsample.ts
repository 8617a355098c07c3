/** Nearest-neighbour upsampling of images by two (shaders/gradient/upsample.wgsl); pixels are rows, as in conv2d.ts. */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

const kernel = (entry: 'up' | 'down') =>
  defineKernel({
    shader: 'gradient/upsample',
    entry,
    buffers: ['read', 'write'],
    params: { vectors: 'u32', rows: 'u32', stride: 'u32', width: 'u32' },
  });
const UP = kernel('up');
const DOWN = kernel('down');

/** Of the small image. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** (images · height · width) × channels → (images · 2·height · 2·width) × channels. */
export function upsample2x(x: Tensor, size: ImageSize): Tensor {
  if (x.rows % (size.height * size.width) !== 0)
    throw new Error(`bug: ${x.rows} pixels, ${size.height} × ${size.width}`);
  return launch(UP, x, x.rows * 4, size);
}

/** The gradient of upsample2x: every pixel of the small image adds up its four. */
export function upsample2xBack(g: Tensor, size: ImageSize): Tensor {
  return launch(DOWN, g, g.rows / 4, size);
}

function launch(kernel: typeof UP, x: Tensor, rows: number, { width }: ImageSize): Tensor {
  const y = Tensor.empty(x.gpu, rows, x.cols, 'upsampled');
  const vectors = y.bytes / 16;
  x.gpu.launch(kernel, {
    buffers: [x.buffer, y.buffer],
    params: { vectors, rows, stride: y.stride / 4, width },
    grid: linearGrid(vectors, 64),
    work: y.bytes / 4,
  });
  return y;
}
