/** A line chart over the layers of a model, as data: what the static drawing, Plotly, the reader and the table all show. */
import { shortLabels, type Metric, type Point, type Series } from '../../report/series';
import type { RunFigures } from '../../store/run-view';
import { SCALE_FACES, type Scale } from '../../report/scales';
import { baselineRow, seriesOf } from '../../report/series';
import * as format from '../format';
import { assignStyles, type LineStyle } from '../../report/palette';
import { words } from '../words';

export interface ChartLine {
  readonly row: number;
  readonly label: string;
  readonly short: string;
  /** What the legend says; the label where there is no more to say. */
  readonly legend?: string;
  readonly baseline: boolean;
  readonly style: LineStyle;
  /** Of its markers, in pixels, where it stands out. */
  readonly size?: number;
  readonly points: readonly Point[];
  /** Its name stands beside its one point. */
  readonly named?: true;
  /** Pale, while another line is to stand out. */
  readonly dim?: true;
}

export interface ChartModel {
  readonly lines: readonly ChartLine[];
  /** Number of places along x: layers or blocks. */
  readonly places: number;
  /** The first and the last place in view; all of them where it is not said. */
  readonly range?: readonly [first: number, last: number];
  /** Where each block begins along x; what the ticks and separators stand for. */
  readonly starts: readonly { readonly at: number; readonly name: string }[];
  /** Places that are named on the axis; without them, the middle of each block. */
  readonly ticks?: readonly { readonly at: number; readonly name: string }[];
  readonly xLabel: string;
  /** What one place is: 'layer' or 'block'. */
  readonly unit: string;
  readonly yLabel: string;
  /** For a low chart: with the unit, or what it is a ratio to. */
  readonly yShort: string;
  readonly log: boolean;
  /** Whether a linear axis ends at the largest value, however small that is. */
  readonly fitted?: true;
  /** Whether a linear axis begins near the least value: where only differences matter. */
  readonly tight?: true;
  /** False where lines end anywhere: then the legend alone names them. */
  readonly endLabels?: false;
  /** The place that is being computed; null otherwise. */
  readonly current: number | null;
  /** The unit a value is read out in. */
  readonly format: (value: number) => string;
  readonly placeName: (x: number) => string;
}

export interface ChartWish {
  readonly metric: Metric;
  readonly scale: Scale;
  readonly current: { readonly row: number; readonly layer: number } | null;
}

/** A value on each scale. */
export const WRITTEN: Readonly<Record<Scale, (value: number) => string>> = {
  absolute: format.error,
  ratio: format.ratio,
  difference: format.signedError,
};

/** The styles of a run's rows by row number: the same in every chart, list and table. */
export function stylesOf(figures: RunFigures): Map<number, LineStyle> {
  const rows = figures.plan?.rows ?? [];
  const styles = assignStyles(rows);
  return new Map(rows.map((row, i) => [row.row, styles[i]]));
}

export function chartOf(figures: RunFigures, { metric, scale, current }: ChartWish): ChartModel {
  const series: readonly Series[] = seriesOf(figures, metric);
  const { axis, of } = SCALE_FACES[scale];
  const shown = of(series);
  const styles = stylesOf(figures);
  const { plan } = figures;
  const byBlock = metric === 'block';
  const places = byBlock ? (plan?.blocks ?? 0) : (plan?.layers.length ?? 0);
  const starts = byBlock ? everyPlace(places) : blockStarts(figures);
  const name = words.metrics[metric];
  const baseline = plan ? baselineRow(plan.rows) : null;
  const baselineName = plan && baseline ? (shortLabels(plan.rows).get(baseline.row) ?? baseline.label) : '';
  // Where RTN stands twice its name is its whole label, too long for a low chart.
  const baselineTitle = baselineName.split(' ')[0];
  return {
    lines: shown.flatMap((one) => {
      const style = styles.get(one.row);
      return style ? [{ ...one, legend: format.withBits(one.label, one.bits), style }] : [];
    }),
    places,
    starts,
    xLabel: byBlock
      ? words.chart.blockAxis
      : starts.length < places
        ? words.chart.layersByBlock
        : words.chart.layerAxis,
    unit: byBlock ? words.chart.blockAxis : words.chart.layerAxis,
    yLabel: words.chart.axes[scale](name.axis, baselineName),
    yShort:
      scale === 'absolute'
        ? words.chart.shortUnit(name.name, name.unit)
        : words.chart.shortAxes[scale](name.name, baselineTitle),
    log: axis === 'log',
    ...(axis === 'around zero' ? { tight: true as const } : {}),
    current: current === null ? null : byBlock ? (plan?.layers[current.layer]?.block ?? null) : current.layer,
    format: WRITTEN[scale],
    placeName: (x) => (byBlock ? words.run.block(String(x)) : (plan?.layers[x]?.name ?? String(x))),
  };
}

function everyPlace(places: number): ChartModel['starts'] {
  return Array.from({ length: places }, (_, at) => ({ at, name: String(at) }));
}

function blockStarts({ plan }: RunFigures): ChartModel['starts'] {
  const starts: { at: number; name: string }[] = [];
  plan?.layers.forEach((layer, at) => {
    if (at === 0 || layer.block !== plan.layers[at - 1].block) starts.push({ at, name: String(layer.block) });
  });
  // One block: its layers are the landmarks.
  return starts.length > 1 ? starts : everyPlace(plan?.layers.length ?? 0);
}
