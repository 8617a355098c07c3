/** A tensor's figures as lines of the chart: its histogram, and how large each of its columns gets. Pure. */
import type { TensorStatistics } from '../../worker/protocol';
import type { Point } from '../../report/series';
import type { ChartLine, ChartModel } from '../chart/model';
import * as format from '../format';
import { METHOD_STYLES } from '../../report/palette';
import { say } from './words';

export interface TensorChart {
  readonly model: ChartModel;
  readonly summary: string;
}

/** Bars of columns at most: more than there are pixels would hide one another. */
const MOST_BARS = 256;

const bars = (label: string, points: readonly Point[]): ChartLine => ({
  ...{ row: 0, label, short: label, baseline: false, points },
  // What is measured is no method: the colour is the page's own ink.
  style: { ...METHOD_STYLES.ssvq, dash: [], marker: 'none', width: 7 },
});

const BASE = { starts: [], fitted: true, endLabels: false, current: null } as const;

/** Null without finite values. */
export function histogramChart(figures: TensorStatistics, log: boolean): TensorChart | null {
  const { histogram, least, greatest, rms, mean, deviation, count, nan, infinite } = figures;
  if (histogram === null || least === null || greatest === null) return null;
  const width = (greatest - least) / histogram.length;
  const edge = (bin: number) => (bin === histogram.length ? greatest : least + bin * width);
  const name = (bin: number) => say.bin(format.value(edge(bin)), format.value(edge(bin + 1)));
  const points = Array.from(histogram, (y, x): Point => ({ x, name: name(x), y, status: 'done' }));
  const every = histogram.length / 8;
  const peak = Math.max(Math.abs(least), Math.abs(greatest));
  const within = withinDeviations(histogram, least, width, mean ?? 0, 3 * (deviation ?? 0));
  const finite = count - nan - infinite;
  return {
    model: {
      ...BASE,
      // An empty bin has no place on a log axis.
      lines: [bars(say.histogramLine, log ? points.filter(({ y }) => y > 0) : points)],
      places: histogram.length,
      ticks: Array.from({ length: 8 }, (_, i) => ({
        at: i * every,
        name: format.tick(Number(edge(i * every).toPrecision(2))),
      })),
      ...{ xLabel: say.histogramAxis, unit: say.histogramAxis, yLabel: say.histogramY, yShort: say.histogramY, log },
      format: format.integer,
      placeName: name,
    },
    summary: say.histogramSummary(
      format.integer(finite),
      format.integer(histogram.length),
      format.fineShare(within / finite),
      format.value(peak),
      rms ? format.value(peak / rms) : format.NOT_AVAILABLE,
    ),
  };
}

/** Values in bins whose middle lies within `reach` of the mean. */
function withinDeviations(counts: Uint32Array, least: number, width: number, mean: number, reach: number): number {
  return counts.reduce((sum, n, bin) => {
    const middle = least + (bin + 0.5) * width;
    return width === 0 || Math.abs(middle - mean) <= reach ? sum + n : sum;
  }, 0);
}

export type ColumnOrder = 'place' | 'sorted';
export const COLUMN_ORDERS: readonly ColumnOrder[] = ['place', 'sorted'];

/** Null where columns are not told. */
export function columnChart(figures: TensorStatistics, order: ColumnOrder): TensorChart | null {
  const { columnPeaks, largestColumns, medianColumn, zeroColumns, cols } = figures;
  if (columnPeaks === null || columnPeaks.values.length === 0) return null;
  const sorted = order === 'sorted' ? columnPeaks.values.toSorted((a, b) => b - a) : columnPeaks.values;
  const together = Math.max(1, Math.ceil(sorted.length / MOST_BARS));
  const places = Math.ceil(sorted.length / together);
  const width = together * columnPeaks.width;
  const name = (place: number) => {
    const [first, last] = [place * width, Math.min((place + 1) * width, cols) - 1];
    return order === 'sorted'
      ? say.rank(format.integer(first + 1), format.integer(last + 1))
      : say.column(String(first), String(last));
  };
  const points = Array.from({ length: places }, (_, x): Point => {
    const y = sorted.subarray(x * together, (x + 1) * together).reduce((most, peak) => Math.max(most, peak), 0);
    return { x, name: name(x), y, status: 'done' };
  }).filter(({ y }) => Number.isFinite(y));
  const every = Math.max(1, Math.ceil(places / 8));
  const axis = order === 'sorted' ? say.rankAxis : say.columnAxis;
  const largest = largestColumns.find(({ peak }) => Number.isFinite(peak));
  const ratio = largest && medianColumn && Number.isFinite(medianColumn) ? largest.peak / medianColumn : null;
  return {
    model: {
      ...BASE,
      lines: [bars(say.columnLine, points)],
      places,
      ticks: Array.from({ length: Math.ceil(places / every) }, (_, i) => ({
        at: i * every,
        name: String(i * every * width + (order === 'sorted' ? 1 : 0)),
      })),
      ...{ xLabel: axis, unit: axis, yLabel: say.columnY, yShort: say.columnY, log: false },
      format: format.value,
      placeName: name,
    },
    summary: format.sentences([
      ...(largest
        ? [
            say.columnsSummary(
              format.value(largest.peak),
              String(largest.column),
              ratio === null ? null : format.value(ratio),
              zeroColumns?.count ?? null,
            ),
          ]
        : []),
      ...(width > 1 ? [say.together(format.integer(width))] : []),
      ...(points.length < places ? [say.columnsBroken] : []),
    ]),
  };
}
