/**
 * How alike pictures are that two networks sample from the same noise: peak signal-to-noise ratio, and the structural similarity of their
 * luminance. Pictures are channels × size × size in −1 … 1, one after another, all of one size.
 *   PSNR = 10·log₁₀(2² / mean square of the difference)
 *   SSIM = mean over windows of (2 μ_a μ_b + c₁)(2 σ_ab + c₂) / ((μ_a² + μ_b² + c₁)(σ_a² + σ_b² + c₂)), c₁ = (0.01·2)², c₂ = (0.03·2)²,
 *          of Gaussian windows of 11 × 11, σ = 1.5, that lie within the picture (of smaller pictures: as wide as they are, made odd)
 * Wang, Bovik, Sheikh, Simoncelli 2004, IEEE TIP 13(4). Luminance as ITU-R BT.601 weighs red, green and blue.
 */
import { bootstrapIntervals, type Interval } from './bootstrap';

/** The mean over pictures, with its 95 % bootstrap interval. */
export interface Similarity {
  readonly value: number;
  readonly interval: Interval;
}

export interface PictureShape {
  readonly channels: number;
  readonly size: number;
}

const RANGE = 2;
const SIDE = 11;
const SIGMA = 1.5;
const LUMINANCE = [0.299, 0.587, 0.114];

/** Mean PSNR in dB and mean SSIM. A ratio is null where a picture is the other to the bit: it has none. */
export function similarityOf(
  own: Float32Array,
  full: Float32Array,
  shape: PictureShape,
): { readonly psnr: Similarity | null; readonly ssim: Similarity } {
  const length = shape.channels * shape.size ** 2;
  const pairs = Array.from({ length: full.length / length }, (_, i) => {
    return [own, full].map((all) => all.subarray(i * length, (i + 1) * length)) as [Float32Array, Float32Array];
  });
  const ratios = pairs.map(([a, b]) => psnr(a, b));
  return {
    psnr: ratios.every(Number.isFinite) ? meanOf(ratios) : null,
    ssim: meanOf(pairs.map(([a, b]) => ssim(a, b, shape))),
  };
}

export function psnr(a: Float32Array, b: Float32Array): number {
  const square = a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
  return 10 * Math.log10(RANGE ** 2 / square);
}

export function ssim(a: Float32Array, b: Float32Array, { channels, size }: PictureShape): number {
  const [x, y] = [a, b].map((picture) => luminance(picture, channels, size));
  const side = Math.min(SIDE, size % 2 === 1 ? size : size - 1);
  const weights = gaussian(side);
  const mean = (of: (at: number) => number) => blurred(of, weights, size);
  const [mx, my] = [mean((i) => x[i]), mean((i) => y[i])];
  const [xx, yy, xy] = [mean((i) => x[i] * x[i]), mean((i) => y[i] * y[i]), mean((i) => x[i] * y[i])];
  const [c1, c2] = [(0.01 * RANGE) ** 2, (0.03 * RANGE) ** 2];
  let sum = 0;
  mx.forEach((m, i) => {
    const n = my[i];
    const [vx, vy, cov] = [xx[i] - m * m, yy[i] - n * n, xy[i] - m * n];
    sum += ((2 * m * n + c1) * (2 * cov + c2)) / ((m * m + n * n + c1) * (vx + vy + c2));
  });
  return sum / mx.length;
}

/** Of pictures of another number of channels than three: the mean of all. */
function luminance(picture: Float32Array, channels: number, size: number): Float64Array {
  const pixels = size * size;
  const weights = channels === 3 ? LUMINANCE : Array.from({ length: channels }, () => 1 / channels);
  return Float64Array.from({ length: pixels }, (_, i) =>
    weights.reduce((sum, weight, c) => sum + weight * picture[c * pixels + i], 0),
  );
}

function gaussian(side: number): number[] {
  const middle = (side - 1) / 2;
  const values = Array.from({ length: side }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * SIGMA ** 2)));
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}

/** Rows first, then columns; only where the whole window lies within. */
function blurred(of: (at: number) => number, weights: readonly number[], size: number): Float64Array {
  const out = size - weights.length + 1;
  const rows = new Float64Array(size * out);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < out; c++) {
      rows[r * out + c] = weights.reduce((sum, weight, k) => sum + weight * of(r * size + c + k), 0);
    }
  }
  const all = new Float64Array(out * out);
  for (let r = 0; r < out; r++) {
    for (let c = 0; c < out; c++) {
      all[r * out + c] = weights.reduce((sum, weight, k) => sum + weight * rows[(r + k) * out + c], 0);
    }
  }
  return all;
}

function meanOf(values: readonly number[]): Similarity {
  const mean = (weight: (i: number) => number) =>
    values.reduce((sum, value, i) => sum + weight(i) * value, 0) / values.length;
  const [interval] = bootstrapIntervals(values.length, (times) => [mean((i) => times[i])]);
  return { value: mean(() => 1), interval };
}
