/**
 * What of a chart is in view: which lines, and which stretch along x. Pure, so that drawing, keyboard, table and files all have the same.
 */
import type { ChartModel } from './model';

export interface ChartView {
  /** Rows that are looked at by themselves; empty: all. */
  readonly only: ReadonlySet<number>;
  /** The row that stands out while its name is pointed at. */
  readonly raised: number | null;
  /** The first and the last place; null: all of them. */
  readonly range: readonly [first: number, last: number] | null;
}

export const WHOLE_VIEW: ChartView = { only: new Set(), raised: null, range: null };

/** The chart with no more than what is in view. */
export function inView(model: ChartModel, { only, raised, range }: ChartView): ChartModel {
  const [first, last] = range ?? [0, Infinity];
  const shown = model.lines.filter(({ row }) => only.size === 0 || only.has(row));
  // A name may be pointed at whose line is not there.
  const above = shown.some(({ row }) => row === raised) ? raised : null;
  return {
    ...model,
    ...(range ? { range } : {}),
    lines: shown.map((line) => ({
      ...line,
      ...(above !== null && above !== line.row ? { dim: true as const } : {}),
      points: range ? line.points.filter(({ x }) => x >= first && x <= last) : line.points,
    })),
  };
}

/** After a press on a name: one more or one less that is looked at; with all of them chosen, or none, all are shown. */
export function pressName(only: ReadonlySet<number>, row: number, all: number): ReadonlySet<number> {
  const next = new Set(only);
  if (!next.delete(row)) next.add(row);
  return next.size === all ? new Set() : next;
}

/** A stretch of at least two places within the chart; null where it is all of it. */
export function stretch(one: number, other: number, places: number): ChartView['range'] {
  const [low, high] = [Math.max(0, Math.min(one, other)), Math.min(places - 1, Math.max(one, other))];
  const first = Math.min(low, Math.max(0, places - 2));
  const last = Math.max(high, first + 1);
  return first === 0 && last >= places - 1 ? null : [first, last];
}
