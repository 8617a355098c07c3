/**
 * Convolutions as linear layers, between the file and the run: torch's order of columns is turned to tap-major (src/tensor/convolution.ts),
 * and a batch norm behind the convolution is folded into it. With α = γ / √(σ² + ε) for each output,
 *   W′ = α·W,  b′ = β + α·(b − μ),
 * which is what both compute together once training is over. Folding is done in float64; α is what exports take out again.
 *
 * A linear layer's bias, by name, is that of its batch norm where there is one: what is added to β is added to b′.
 */
import { StudioError } from '../base/errors';
import { quoted } from '../checkpoint/wording';
import { channelMajor, tapMajor } from '../tensor/convolution';
import type { BatchNormPlan, ConvolutionShape, LinearShape, WeightSource } from './model';

/** A batch norm's four vectors, a number an output. */
export interface BatchNorm {
  readonly gamma: ArrayLike<number>;
  readonly beta: ArrayLike<number>;
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  readonly eps: number;
}

/** y = scale·x + shift, an output each: a batch norm as it computes. */
export interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** Throws QS-FILE-07 where a variance is below 0, γ is 0, or a number is not finite; `name` is the batch norm's. */
export function affineOf({ gamma, beta, mean, variance, eps }: BatchNorm, name: string): Affine {
  const scale = new Float64Array(gamma.length);
  const shift = new Float64Array(gamma.length);
  for (let i = 0; i < gamma.length; i++) {
    if (!(variance[i] >= 0) || !(variance[i] + eps > 0)) {
      throw new StudioError(
        'QS-FILE-07',
        `Batch norm ${quoted(name)} has a running variance of ${variance[i]} in channel ${i}, and a variance is at least 0: choose a file that was saved in full.`,
        { channel: i },
      );
    }
    if (gamma[i] === 0) {
      throw new StudioError(
        'QS-FILE-07',
        `Batch norm ${quoted(name)} has a weight of 0 in channel ${i}, so its filter could not be written back from the folded one: prune that channel, or give it a weight other than 0.`,
        { channel: i },
      );
    }
    scale[i] = gamma[i] / Math.sqrt(variance[i] + eps);
    shift[i] = beta[i] - mean[i] * scale[i];
    if (!Number.isFinite(scale[i]) || !Number.isFinite(shift[i])) {
      throw new StudioError(
        'QS-FILE-07',
        `Batch norm ${quoted(name)} has a weight of ${gamma[i]}, a bias of ${beta[i]}, a mean of ${mean[i]} and a variance of ${variance[i]} in channel ${i}, which come to no finite number: choose a file that was saved in full.`,
        { channel: i },
      );
    }
  }
  return { scale, shift };
}

/** A convolution's batch norm; null where it has none, or is none. */
export async function affineBehind(
  source: WeightSource,
  { convolution }: Pick<LinearShape, 'convolution'>,
): Promise<Affine | null> {
  const norm = convolution?.norm;
  if (!norm) return null;
  const [gamma, beta, mean, variance] = await Promise.all(tensorsOfNorm(norm).map((name) => source.read(name)));
  return affineOf({ gamma, beta, mean, variance, eps: norm.eps }, norm.weight.replace(/\.weight$/, ''));
}

export function tensorsOfNorm({ weight, bias, mean, variance }: BatchNormPlan): string[] {
  return [weight, bias, mean, variance];
}

/** Whole rows of a convolution's weight, from row `first` on, as the run has them: folded, tap-major. */
export function asRun(values: Float32Array, { side, channels }: ConvolutionShape, norm: Affine | null, first = 0) {
  return scaledRows(tapMajor(values, channels, side), side * side * channels, norm?.scale ?? null, first);
}

/** The inverse: as the file has them, up to the rounding of a division and a product where there is a batch norm. */
export function asInFile(
  values: Float32Array,
  { side, channels }: ConvolutionShape,
  norm: Affine | null,
): Float32Array<ArrayBuffer> {
  const inverse = norm && norm.scale.map((scale) => 1 / scale);
  return scaledRows(channelMajor(values, channels, side), side * side * channels, inverse, 0);
}

/** What a convolution adds to each output; null where that is nothing. */
export async function biasBehind(source: WeightSource, linear: LinearShape): Promise<Float32Array | null> {
  const { convolution, bias } = linear;
  if (!convolution) throw new Error(`bug: ${linear.name} is no convolution`);
  const norm = await affineBehind(source, linear);
  if (!norm) return bias === null ? null : source.read(bias);
  const own = convolution.bias === null ? null : await source.read(convolution.bias);
  return Float32Array.from(norm.shift, (shift, i) => shift + norm.scale[i] * (own?.[i] ?? 0));
}

function scaledRows(
  values: Float32Array<ArrayBuffer>,
  cols: number,
  scale: Float64Array | null,
  first: number,
): Float32Array<ArrayBuffer> {
  if (!scale) return values;
  for (let i = 0; i < values.length; i++) values[i] *= scale[first + Math.floor(i / cols)];
  return values;
}
