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
export type ColumnMeasure = 'peak' | 'kurtosis';
export const COLUMN_MEASURES: readonly ColumnMeasure[] = ['peak', 'kurtosis'];

/** Null where columns are not told. */
export function columnChart(
  figures: TensorStatistics,
  order: ColumnOrder,
  measure: ColumnMeasure = 'peak',
): TensorChart | null {
  const { cols, columnPeaks, columnKurtosis } = figures;
  const told = measure === 'peak' ? columnPeaks : columnKurtosis;
  if (told === null || told.values.length === 0) return null;
  // What is no number has no place in an order: it stands behind all.
  const rank = (value: number) => (Number.isNaN(value) ? -Infinity : value);
  const sorted = order === 'sorted' ? told.values.toSorted((a, b) => rank(b) - rank(a)) : told.values;
  const together = Math.max(1, Math.ceil(sorted.length / MOST_BARS));
  const places = Math.ceil(sorted.length / together);
  const width = together * told.width;
  const name = (place: number) => {
    const [first, last] = [place * width, Math.min((place + 1) * width, cols) - 1];
    return order === 'sorted'
      ? say.rank(format.integer(first + 1), format.integer(last + 1))
      : say.column(String(first), String(last));
  };
  const points = Array.from({ length: places }, (_, x): Point => {
    const y = largestOf(sorted.subarray(x * together, (x + 1) * together));
    return { x, name: name(x), y, status: 'done' };
  }).filter(({ y }) => Number.isFinite(y));
  const every = Math.max(1, Math.ceil(places / 8));
  const axis = order === 'sorted' ? say.rankAxis : say.columnAxis;
  const says = measure === 'peak' ? { of: peaksSay(figures), broken: say.columnsBroken } : kurtosisSays(figures);
  return {
    model: {
      ...BASE,
      lines: [bars(say.columnsMeasures[measure], points)],
      places,
      ticks: Array.from({ length: Math.ceil(places / every) }, (_, i) => ({
        at: i * every,
        name: String(i * every * width + (order === 'sorted' ? 1 : 0)),
      })),
      ...{ xLabel: axis, unit: axis, yLabel: say.columnY[measure], yShort: say.columnY[measure], log: false },
      format: format.value,
      placeName: name,
    },
    summary: format.sentences([
      ...(says.of === '' ? [] : [says.of]),
      ...(width > 1 ? [say.together(format.integer(width))] : []),
      ...(points.length < places && says.broken !== '' ? [says.broken] : []),
    ]),
  };
}

/** NaN where none of them is a number. */
function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => (Number.isNaN(most) || value > most ? value : most), NaN);
}

function peaksSay({ largestColumns, medianColumn, zeroColumns }: TensorStatistics): string {
  const largest = largestColumns.find(({ peak }) => Number.isFinite(peak));
  const ratio = largest && medianColumn && Number.isFinite(medianColumn) ? largest.peak / medianColumn : null;
  if (!largest) return '';
  return say.columnsSummary(
    format.value(largest.peak),
    String(largest.column),
    ratio === null ? null : format.value(ratio),
    zeroColumns?.count ?? null,
  );
}

function kurtosisSays({ columnKurtosis }: TensorStatistics) {
  const { largest, median } = columnKurtosis ?? { largest: null, median: null };
  const of =
    largest === null || median === null
      ? say.kurtosisNone
      : say.kurtosisSummary(format.value(largest.kurtosis), String(largest.column), format.value(median));
  return { of, broken: largest === null ? '' : say.kurtosisBroken };
}
