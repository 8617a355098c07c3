/**
 * The range of one channel's values for an affine quantizer with a whole zero point: least and greatest, the best of some percentiles
 * (RepQ-ViT, arXiv:2212.08254, as released), or two clips of least squared error (after RepQuant, arXiv:2402.05628). Float64.
 */
import { quantileOfSorted } from './quantiles';

export type RangeRule = 'minmax' | 'percentile' | 'clips';

export interface Affine {
  readonly scale: number;
  /** Whole. */
  readonly zero: number;
}

const PERCENTILES = [0.999, 0.9999, 0.99999];
/** Shares of an end that are tried, 1, 0.95 … 0.3, and rounds over both ends. */
const SHARES = Array.from({ length: 15 }, (_, i) => 1 - i / 20);
const ROUNDS = 2;

/** s = (high − low)/(2^b − 1), z = round(−low/s); null where all values are one. */
export function affineOf(low: number, high: number, bits: number): Affine | null {
  const scale = (high - low) / (2 ** bits - 1);
  return scale > 0 && Number.isFinite(1 / scale) ? { scale, zero: Math.round(-low / scale) } : null;
}

/** s·(clamp(round(x/s) + z, 0, 2^b − 1) − z). */
export function roundedBy(x: number, { scale, zero }: Affine, bits: number): number {
  return scale * (Math.min(Math.max(Math.round(x / scale) + zero, 0), 2 ** bits - 1) - zero);
}

/** `values` in rising order. Null where all are one. */
export function channelRange(values: Float64Array, rule: RangeRule, bits: number): Affine | null {
  const [low, high] = [values[0], values[values.length - 1]];
  const error = (own: Affine | null) =>
    own ? values.reduce((sum, x) => sum + (x - roundedBy(x, own, bits)) ** 2, 0) : Infinity;
  const whole = affineOf(low, high, bits);
  if (rule === 'minmax' || !whole) return whole;
  if (rule === 'percentile') {
    return best(
      PERCENTILES.map((p) => affineOf(quantileOfSorted(values, 1 - p), quantileOfSorted(values, p), bits)),
      error,
    );
  }
  // Each end is drawn towards the middle in turn.
  const middle = (low + high) / 2;
  const clipped = (a: number, b: number) => affineOf(middle + a * (low - middle), middle + b * (high - middle), bits);
  let [a, b] = [1, 1];
  for (let round = 0; round < ROUNDS; round++) {
    a = bestShare((share) => error(clipped(share, b)));
    b = bestShare((share) => error(clipped(a, share)));
  }
  return clipped(a, b);
}

function best(candidates: readonly (Affine | null)[], error: (own: Affine | null) => number): Affine | null {
  const errors = candidates.map(error);
  return candidates[errors.indexOf(errors.reduce((x, y) => Math.min(x, y)))];
}

function bestShare(error: (share: number) => number): number {
  const errors = SHARES.map(error);
  return SHARES[errors.indexOf(errors.reduce((x, y) => Math.min(x, y)))];
}

/**
 * What turns quantizers of channels into the one (s̃, z̃) of all: x' = (x − shift)/scale; channels without one (null) stay. For z̃ zero points
 * count as the nearest code: that of a channel that is nearly one value far from zero is as large as its range is small, and would move all
 * others far from zero.
 */
export function folded(
  channels: readonly (Affine | null)[],
  bits: number,
): {
  readonly one: Affine | null;
  readonly shift: Float64Array;
  readonly scale: Float64Array;
} {
  const known = channels.filter((own) => own !== null);
  const mean = (of: (own: Affine) => number) => known.reduce((sum, own) => sum + of(own), 0) / known.length;
  const code = ({ zero }: Affine) => Math.min(Math.max(zero, 0), 2 ** bits - 1);
  const one = known.length > 0 ? { scale: mean((own) => own.scale), zero: Math.round(mean(code)) } : null;
  return {
    one,
    shift: Float64Array.from(channels, (own) => (own && one ? -own.scale * (own.zero - one.zero) : 0)),
    scale: Float64Array.from(channels, (own) => (own && one ? own.scale / one.scale : 1)),
  };
}
