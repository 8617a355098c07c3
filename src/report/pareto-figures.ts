/** What bits can be set against, and the rows that have it. */
import { MEASURES, MEASURES_OF, type Measure, type MeasureId } from '../run/measures';
import { compareRows, taskOf, type ComparedRow } from './compare';
import type { RunFigures } from './figures';
import type { Metric } from './series';

/** What a row is judged by: its mean error in the chart's metric, or what it comes to end to end. */
export type ParetoFigure = 'mean' | MeasureId;

export interface ParetoRow extends ComparedRow {
  readonly value: number;
  readonly bits: number;
}

/** Those that at least two rows have. */
export function paretoFigures(figures: RunFigures, metric: Metric): ParetoFigure[] {
  const rows = compareRows(figures, { metric, scale: 'absolute' });
  const all: ParetoFigure[] = ['mean', ...MEASURES_OF[taskOf(figures)]];
  return all.filter((one) => rows.filter((row) => valueOf(row, one) !== null).length > 1);
}

/** Those with a figure and a size. */
export function paretoRows(figures: RunFigures, metric: Metric, figure: ParetoFigure): ParetoRow[] {
  return compareRows(figures, { metric, scale: 'absolute' }).flatMap((row) => {
    const value = valueOf(row, figure);
    return value === null || !Number.isFinite(row.bitsPerWeight) ? [] : [{ ...row, value, bits: row.bitsPerWeight }];
  });
}

function valueOf(row: ComparedRow, figure: ParetoFigure): number | null {
  return figure === 'mean' ? row.meanError : row[figure];
}

export function betterOf(figure: ParetoFigure): Measure['better'] {
  return figure === 'mean' ? 'lower' : MEASURES[figure].better;
}

/** Figures that differ by more than this factor are on a log axis. */
const WIDE = 5;

export function isWide(values: readonly number[]): boolean {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return values.length > 0 && low > 0 && high > WIDE * low;
}

/** What the axis of bits reaches: a little air, so that no point stands on an edge. */
export function bitsRange(bits: readonly number[]): [from: number, to: number] {
  const [low, high] = [Math.min(...bits), Math.max(...bits)];
  return high > low ? [low - (high - low) * 0.06, high + (high - low) * 0.12] : [low - 0.5, high + 0.5];
}
