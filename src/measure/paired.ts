/**
 * How two rows of a run differ on the same held-out windows: the mean of the paired differences with a percentile bootstrap interval over
 * windows (Efron and Tibshirani 1993, chapters 13 and 16). What is hard in a window is hard for both rows, so that the interval of
 * their difference is narrower than either row's own.
 */
import { Random } from '../base/random';

export interface PairedDifference {
  /** Mean over windows of the one less the other. */
  readonly mean: number;
  /** 95 %; null where there are fewer windows than LEAST_WINDOWS. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly windows: number;
}

/** Of fewer not even one sign throughout is beyond chance at 95 % (two-sided sign test: 2 · 2⁻⁵ > 0.05). */
export const LEAST_WINDOWS = 6;

const RESAMPLES = 1000;

/** Deterministic; null where the two are not of the same windows, or a window came to no number. */
export function pairedDifference(
  one: readonly (number | null)[],
  other: readonly (number | null)[],
): PairedDifference | null {
  const windows = one.length;
  if (windows === 0 || other.length !== windows) return null;
  const differences = one.map((value, i) => (value ?? NaN) - (other[i] ?? NaN));
  if (!differences.every(Number.isFinite)) return null;
  const mean = differences.reduce((sum, value) => sum + value, 0) / windows;
  return { mean, interval: windows < LEAST_WINDOWS ? null : bootstrapped(differences), windows };
}

function bootstrapped(differences: readonly number[]): [number, number] {
  const count = differences.length;
  const random = new Random(1);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += differences[random.integer(count)];
    return sum / count;
  }).sort();
  return [means[Math.floor(RESAMPLES * 0.025)], means[Math.ceil(RESAMPLES * 0.975) - 1]];
}
