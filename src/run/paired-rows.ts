/**
 * Rows of a run against each other on the held-out windows that they share: any two, and each row that is part of another (what is left
 * when steps are taken out of it) against that one. Pure functions of results, so that the page and the command line say the same.
 */
import { LEAST_WINDOWS, pairedDifference, type PairedDifference } from '../measure/paired';
import type { Plan, RowSummary, WindowFigures } from './events';

export { LEAST_WINDOWS };

/** A row and all rows that are parts of it. */
export interface PartGroup {
  /** The row that has all the steps. */
  readonly full: number;
  readonly of: WindowFigures['of'];
  readonly windows: number;
  readonly parts: readonly Part[];
}

export interface Part {
  readonly row: number;
  /** Those that it leaves out, in words. */
  readonly without: readonly string[];
  /** The part less the full row; null where a window of either came to no number. */
  readonly difference: PairedDifference | null;
}

/** In the order of the plan; none where figures by window are missing. */
export function partGroups({ rows: planned }: Pick<Plan, 'rows'>, rows: readonly RowSummary[]): PartGroup[] {
  const summaryOf = (row: number) => rows.find((one) => one.row === row);
  return planned.flatMap(({ row: full }) => {
    const whole = summaryOf(full)?.windows;
    if (!whole) return [];
    const parts = planned.flatMap(({ row, without = [] }): Part[] => {
      const left = without.find((one) => one.row === full);
      const own = summaryOf(row)?.windows;
      return left && own ? [{ row, without: left.steps, difference: differenceOf(own, whole) }] : [];
    });
    return parts.length === 0 ? [] : [{ full, of: whole.of, windows: whole.values.length, parts }];
  });
}

/** The first less the second; null where they are not of the same windows, or one of them came to no number. */
export function differenceOf(one: WindowFigures, other: WindowFigures): PairedDifference | null {
  return one.of === other.of ? pairedDifference(one.values, other.values) : null;
}
