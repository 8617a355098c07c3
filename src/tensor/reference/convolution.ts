/** Float64 twins of convolution.ts and pool.ts, written out; pixels are rows, image after image, and channels columns. */
import type { Matrix } from './matrix';
import { generate } from './rearrange';

export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly side: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly after?: number;
}

/** The windows of all output pixels, columns in tap-major order; or, as torch.nn.functional.unfold has them, in channel-major order. */
export function unroll(x: Matrix, options: Windows, order: 'tap' | 'channel' = 'tap'): Matrix {
  const { side } = options;
  const channels = x.cols;
  const taps = side * side;
  return generate(outputs(x, options), taps * channels, (row, col) => {
    const [tap, c] =
      order === 'tap' ? [Math.floor(col / channels), col % channels] : [col % taps, Math.floor(col / taps)];
    const at = pixelAt(row, Math.floor(tap / side), tap % side, options);
    return at === null ? 0 : x.data[at * channels + c];
  });
}

/** torch's max_pool2d. */
export function maxPool(x: Matrix, options: Windows): Matrix {
  const { side } = options;
  return generate(outputs(x, options), x.cols, (row, c) => {
    let largest = -Infinity;
    for (let i = 0; i < side; i++) {
      for (let j = 0; j < side; j++) {
        const at = pixelAt(row, i, j, options);
        if (at !== null) largest = Math.max(largest, x.data[at * x.cols + c]);
      }
    }
    return largest;
  });
}

function sizeOf({ height, width, side, stride = 1, padding = 0, after = padding }: Windows): [number, number] {
  const of = (pixels: number) => Math.floor((pixels + padding + after - side) / stride) + 1;
  return [of(height), of(width)];
}

function outputs(x: Matrix, options: Windows): number {
  const [height, width] = sizeOf(options);
  return (x.rows / (options.height * options.width)) * height * width;
}

/** The pixel that an output pixel's window has at (i, j); null outside of the image. */
function pixelAt(row: number, i: number, j: number, options: Windows): number | null {
  const { height, width, stride = 1, padding = 0 } = options;
  const [outHeight, outWidth] = sizeOf(options);
  const image = Math.floor(row / (outHeight * outWidth));
  const r = (Math.floor(row / outWidth) % outHeight) * stride + i - padding;
  const c = (row % outWidth) * stride + j - padding;
  return r < 0 || r >= height || c < 0 || c >= width ? null : (image * height + r) * width + c;
}
