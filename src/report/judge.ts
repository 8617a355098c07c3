/**
 * What may be compared with what, and when a lead is more than noise. Rows are compared only where they store the same bits a weight and round
 * what flows through the network alike; more bits buy less error, which says nothing about a method.
 */
import type { WindowFigures } from '../run/events';
import { differenceOf } from '../run/paired-rows';
import type { Series } from './series';

/** Two sizes count as the same when the larger is at most this share above the smaller. */
export const SAME_BITS = 0.02;

export interface SizedRow {
  readonly row: number;
  /** As stored, a weight. */
  readonly bits: number;
  /** What rounds activations and attention, in words; null: nothing. */
  readonly passing: string | null;
}

/** Rows of one size. */
export interface SizeGroup {
  /** The least and the most bits a weight among them. */
  readonly bits: readonly [low: number, high: number];
  readonly passing: string | null;
  readonly rows: ReadonlySet<number>;
}

/**
 * The rows by size, smallest first; every row is in one group, and all of a group are within SAME_BITS of its smallest and round alike
 * what flows through the network.
 */
export function sizeGroups(rows: readonly SizedRow[]): SizeGroup[] {
  const groups: { bits: [number, number]; passing: string | null; rows: Set<number> }[] = [];
  for (const { row, bits, passing } of rows.toSorted((a, b) => a.bits - b.bits)) {
    const last = groups.findLast((group) => group.passing === passing);
    if (last && bits <= last.bits[0] * (1 + SAME_BITS)) {
      last.bits[1] = bits;
      last.rows.add(row);
    } else {
      groups.push({ bits: [bits, bits], passing, rows: new Set([row]) });
    }
  }
  return groups;
}

export type Interval = readonly [low: number, high: number];

/** Whether two intervals have nothing in common. */
export function apart(a: Interval, b: Interval): boolean {
  return a[1] < b[0] || b[1] < a[0];
}

/** An end-to-end figure of a row: its own interval, and what it is a mean of where the results keep that. */
export interface Ended {
  readonly bounds: Interval;
  readonly windows: WindowFigures | null;
}

/**
 * Whether two rows of a run differ end to end by more than chance: the paired 95 % interval of their difference over the windows does
 * not hold 0, or where windows are not kept, their own intervals have nothing in common.
 */
export function toldApart(a: Ended, b: Ended): boolean {
  if (!a.windows || !b.windows) return apart(a.bounds, b.bounds);
  const interval = differenceOf(a.windows, b.windows)?.interval ?? null;
  return interval !== null && apart(interval, [0, 0]);
}

/** Of fewer pairs not even a unanimous order is beyond chance at 95 % (two-sided sign test: 2 · 2⁻⁵ > 0.05). */
const LEAST_PAIRS = 6;

/**
 * Whether `a` is lower than `b` by more than their scatter: the paired 95 % interval (Student's t) of the mean of b − a lies above 0.
 * The two are of the same places in the same order.
 */
export function isBelow(a: readonly number[], b: readonly number[]): boolean {
  const n = a.length;
  if (n < LEAST_PAIRS || b.length !== n) return false;
  const differences = a.map((value, i) => b[i] - value);
  const mean = differences.reduce((sum, value) => sum + value, 0) / n;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return mean > studentT975(n - 1) * Math.sqrt(variance / n);
}

/** The 97.5 % quantile of Student's t, from the normal one (Abramowitz and Stegun 26.7.5); within 0.3 % from 5 degrees on. */
function studentT975(degrees: number): number {
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

/** The places that all series have, in order. */
export function commonPlaces(series: readonly Series[]): number[] {
  if (series.length === 0) return [];
  const [first, ...rest] = series.map((one) => new Set(one.points.map((point) => point.x)));
  return [...first].filter((x) => rest.every((other) => other.has(x)));
}

/** A series' values at places that it has. */
export function valuesAt(series: Series, places: readonly number[]): number[] {
  const at = new Map(series.points.map((point) => [point.x, point.y]));
  return places.map((x) => at.get(x) ?? NaN);
}

/** How often each row is the lowest. Ties go to nobody: equal values say that there is nothing to choose. */
export function countWins(series: readonly Series[], places: readonly number[]): Map<number, number> {
  const values = series.map((one) => ({ row: one.row, at: valuesAt(one, places) }));
  const wins = new Map<number, number>();
  for (const i of places.keys()) {
    const ranked = values.map(({ row, at }) => ({ row, y: at[i] })).sort((a, b) => a.y - b.y);
    if (ranked.length > 1 && ranked[0].y === ranked[1].y) continue;
    wins.set(ranked[0].row, (wins.get(ranked[0].row) ?? 0) + 1);
  }
  return wins;
}
