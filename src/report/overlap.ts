/**
 * Whether lines over the layers can be told apart on an axis of absolute values: the errors of a network span decades from layer to
 * layer, beside which good methods differ by little. Where they lie on one another, ratios to the baseline are what there is to see.
 */
import { extremes, logRange } from './layout';
import type { Series } from './series';

/** Neighbours nearer than this share of the axis are taken for one line: some 7 of 340 pixels. */
export const NEAR = 0.02;

export interface Overlap {
  /** Neighbouring lines, place by place, that are nearer than NEAR; of all such pairs. */
  readonly near: number;
  readonly pairs: number;
  /** Whether that is at least half of them, and there is a baseline to divide by. */
  readonly hides: boolean;
}

/** Of absolute values on a log axis; pairs are counted at the places where two lines or more have one. */
export function overlapOf(series: readonly Series[]): Overlap {
  const at = new Map<number, number[]>();
  for (const { points } of series) {
    for (const { x, y } of points) if (y > 0) at.set(x, [...(at.get(x) ?? []), Math.log10(y)]);
  }
  const all = [...at.values()];
  if (all.length === 0) return { near: 0, pairs: 0, hides: false };
  const [low, high] = logRange(extremes(all.flat()).map((power) => 10 ** power)).map(Math.log10);
  let [near, pairs] = [0, 0];
  for (const values of all) {
    values.sort((a, b) => a - b);
    for (let i = 1; i < values.length; i++) {
      pairs++;
      if (values[i] - values[i - 1] < NEAR * (high - low)) near++;
    }
  }
  const divisible = series.some(({ baseline, points }) => baseline && points.length > 0);
  return { near, pairs, hides: divisible && pairs > 0 && 2 * near >= pairs };
}
