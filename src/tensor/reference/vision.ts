/**
 * Float64 twins of patches.ts, conv2d.ts, group-norm.ts and upsample.ts: written out, one number after the other.
 * Images are rows of channels · height · width numbers for the patches, and (images · height · width) × channels for the others.
 */
import { matrix, type Matrix } from './matrix';
import { generate } from './rearrange';

interface PatchGrid {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly patch: number;
}

/** torch: unfold(patch, stride = patch) of NCHW. */
export function patches(x: Matrix, { channels, height, width, patch }: PatchGrid): Matrix {
  const [down, across] = [height / patch, width / patch];
  const y = matrix(x.rows * down * across, channels * patch * patch);
  let to = 0;
  for (let n = 0; n < x.rows; n++)
    for (let i = 0; i < down; i++)
      for (let j = 0; j < across; j++)
        for (let c = 0; c < channels; c++)
          for (let p = 0; p < patch; p++)
            for (let q = 0; q < patch; q++)
              y.data[to++] = x.data[n * x.cols + (c * height + i * patch + p) * width + j * patch + q];
  return y;
}

/** DiT: reshape to n, h, w, p, q, c; einsum 'nhwpqc->nchpwq'. */
export function unpatchify(x: Matrix, { channels, height, width, patch }: PatchGrid): Matrix {
  const [down, across] = [height / patch, width / patch];
  const y = matrix(x.rows / (down * across), channels * height * width);
  let from = 0;
  for (let n = 0; n < y.rows; n++)
    for (let i = 0; i < down; i++)
      for (let j = 0; j < across; j++)
        for (let p = 0; p < patch; p++)
          for (let q = 0; q < patch; q++)
            for (let c = 0; c < channels; c++)
              y.data[n * y.cols + (c * height + i * patch + p) * width + j * patch + q] = x.data[from++];
  return y;
}

interface Convolution {
  readonly height: number;
  readonly width: number;
  readonly side: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly after?: number;
}

/** torch's conv2d; weight: outputs × (channels · side²). */
export function conv2d(x: Matrix, weight: Matrix, bias: Matrix | null, options: Convolution): Matrix {
  const { height, width, side, stride = 1, padding = 0, after = padding } = options;
  const outHeight = Math.floor((height + padding + after - side) / stride) + 1;
  const outWidth = Math.floor((width + padding + after - side) / stride) + 1;
  const channels = x.cols;
  return generate((x.rows / (height * width)) * outHeight * outWidth, weight.rows, (row, output) => {
    const [image, i, j] = [
      Math.floor(row / outWidth / outHeight),
      Math.floor(row / outWidth) % outHeight,
      row % outWidth,
    ];
    let sum = bias ? bias.data[output] : 0;
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < side; p++) {
        for (let q = 0; q < side; q++) {
          const [from, column] = [i * stride + p - padding, j * stride + q - padding];
          if (from < 0 || from >= height || column < 0 || column >= width) continue;
          const value = x.data[((image * height + from) * width + column) * channels + c];
          sum += weight.data[((output * channels + c) * side + p) * side + q] * value;
        }
      }
    }
    return sum;
  });
}

export function groupNorm(
  x: Matrix,
  weight: Matrix,
  bias: Matrix,
  { groups, pixels, eps }: { groups: number; pixels: number; eps: number },
): Matrix {
  const y = matrix(x.rows, x.cols);
  const own = x.cols / groups;
  for (let first = 0; first < x.rows; first += pixels) {
    for (let group = 0; group < groups; group++) {
      const places: [number, number][] = [];
      for (let row = first; row < first + pixels; row++)
        for (let c = group * own; c < (group + 1) * own; c++) places.push([row * x.cols + c, c]);
      const mean = places.reduce((sum, [at]) => sum + x.data[at], 0) / places.length;
      const variance = places.reduce((sum, [at]) => sum + (x.data[at] - mean) ** 2, 0) / places.length;
      for (const [at, c] of places) {
        y.data[at] = ((x.data[at] - mean) / Math.sqrt(variance + eps)) * weight.data[c] + bias.data[c];
      }
    }
  }
  return y;
}

export function upsample2x(x: Matrix, { height, width }: { height: number; width: number }): Matrix {
  return generate(x.rows * 4, x.cols, (row, c) => {
    const [image, i, j] = [Math.floor(row / (4 * height * width)), Math.floor(row / (2 * width)), row % (2 * width)];
    const from = (image * height + Math.floor((i % (2 * height)) / 2)) * width + Math.floor(j / 2);
    return x.data[from * x.cols + c];
  });
}
