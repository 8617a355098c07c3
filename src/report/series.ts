/** Lines for the charts: one a row of the run, for one metric, absolute or against the baseline. */
import { faceOf } from '../method/catalogue';
import type { LayerMetric, LayerResult, PlannedRow } from '../run/events';
import type { RunFigures } from './figures';

/** What a chart can show. The order is the menu's; the first is the default. */
export const METRICS = ['heldOutOutput', 'output', 'block', 'hessian', 'weight'] as const satisfies readonly (
  | LayerMetric
  | 'block'
)[];
export type Metric = (typeof METRICS)[number];

export interface Point {
  /** Index of the layer, or of the block. */
  readonly x: number;
  /** The layer's or block's name. */
  readonly name: string;
  readonly y: number;
  readonly status: LayerResult['status'];
  /** A piece of its own begins here: no line leads to it from the point before. */
  readonly begins?: true;
}

export interface Series {
  readonly row: number;
  readonly method: string;
  /** Unique within the run: 'GPTQ 3-bit g64'. */
  readonly label: string;
  /** The method's title where that is unique, else the label. */
  readonly short: string;
  readonly baseline: boolean;
  /** What the row stores a weight: as its layers came out, else as planned. */
  readonly bits: number;
  /** What rounds that which flows through the network, in words; null where nothing does. */
  readonly passing: string | null;
  readonly points: readonly Point[];
}

/** Chart, table, sentence and files all ask for the same lines, of up to thousands of layers each. Figures never change: they are made anew. */
const known = new WeakMap<RunFigures, Map<Metric, readonly Series[]>>();

export function seriesOf(figures: RunFigures, metric: Metric): readonly Series[] {
  const own = known.get(figures) ?? new Map<Metric, readonly Series[]>();
  known.set(figures, own);
  const series = own.get(metric) ?? readSeries(figures, metric);
  own.set(metric, series);
  return series;
}

function readSeries(figures: RunFigures, metric: Metric): Series[] {
  const { plan } = figures;
  if (!plan) return [];
  const layers = metric === 'block' ? null : layersByRow(figures.layers);
  const shorts = shortLabels(plan.rows);
  return plan.rows.map((row) => ({
    row: row.row,
    method: row.method,
    label: row.label,
    short: shorts.get(row.row) ?? row.label,
    baseline: isBaseline(row, plan.rows),
    bits: storedBits(figures, row),
    passing: row.passing ?? null,
    points: metric === 'block' ? blockPoints(figures, row.row) : layerPoints(layers?.get(row.row) ?? [], metric),
  }));
}

function layersByRow(layers: readonly LayerResult[]): ReadonlyMap<number, readonly LayerResult[]> {
  const rows = new Map<number, LayerResult[]>();
  for (const layer of layers) {
    const own = rows.get(layer.row);
    if (own) own.push(layer);
    else rows.set(layer.row, [layer]);
  }
  return rows;
}

/** The metrics that some row has values of; a weight-only run has no activations and so only one. */
export function availableMetrics(figures: RunFigures): Metric[] {
  if (figures.layers.length === 0) return [...METRICS];
  return METRICS.filter((metric) =>
    metric === 'block' ? figures.blocks.length > 0 : figures.layers.some((layer) => layer.errors[metric] !== null),
  );
}

/** What a row stores a weight. */
export function storedBits({ rows }: RunFigures, { row, bitsPerWeight }: PlannedRow): number {
  return rows.find((one) => one.row === row)?.bitsPerWeight ?? bitsPerWeight;
}

function layerPoints(layers: readonly LayerResult[], metric: LayerMetric): Point[] {
  return measuredPoints(layers, ({ layer, name, errors, status }) => ({ x: layer, name, y: errors[metric], status }));
}

function blockPoints({ blocks }: RunFigures, row: number): Point[] {
  return measuredPoints(
    blocks.filter((result) => result.row === row),
    ({ block, mse }) => ({ x: block, name: `block ${block}`, y: mse, status: 'done' as const }),
  );
}

/** A place that was measured without coming to a number has no point, and no line leads across it. */
function measuredPoints<Result>(
  results: readonly Result[],
  place: (result: Result) => Omit<Point, 'y'> & { readonly y: number | null },
): Point[] {
  let broken = false;
  const places = results.map(place).sort((a, b) => a.x - b.x);
  return places.flatMap((one): Point[] => {
    const { y } = one;
    if (y === null || !Number.isFinite(y)) {
      broken = true;
      return [];
    }
    const point: Point = { ...one, y, ...(broken && { begins: true as const }) };
    broken = false;
    return [point];
  });
}

/** Each value divided by the baseline's at the same place; the baseline itself is 1 everywhere. */
export function asRatio(series: readonly Series[]): Series[] {
  return againstBaseline(series, (value, base) => (base > 0 ? value / base : null));
}

/** Each value less the baseline's at the same place; the baseline itself is 0 everywhere. */
export function asDifference(series: readonly Series[]): Series[] {
  return againstBaseline(series, (value, base) => value - base);
}

/** Without the places where the baseline has no value, or `of` gives none. */
function againstBaseline(series: readonly Series[], of: (value: number, base: number) => number | null): Series[] {
  const baseline = series.find((one) => one.baseline);
  if (!baseline) return [...series];
  const at = new Map(baseline.points.map((point) => [point.x, point.y]));
  return series.map((one) => ({
    ...one,
    points: one.points.flatMap((point) => {
      const base = at.get(point.x);
      const y = base === undefined ? null : of(point.y, base);
      return y === null ? [] : [{ ...point, y }];
    }),
  }));
}

/** The row that others are compared with: the one the driver added, else the first RTN row, else the first row. */
export function baselineRow(rows: readonly PlannedRow[]): PlannedRow | null {
  return rows.find((row) => row.baseline) ?? rows.find((row) => row.method === 'rtn') ?? rows[0] ?? null;
}

function isBaseline(row: PlannedRow, rows: readonly PlannedRow[]): boolean {
  return baselineRow(rows)?.row === row.row;
}

export function shortLabels(rows: readonly PlannedRow[]): Map<number, string> {
  return new Map(
    rows.map((row) => {
      const alone = rows.filter((other) => other.method === row.method).length === 1;
      return [row.row, alone ? titleOf(row.method) : row.label];
    }),
  );
}

/** A stored result may name a method that this version does not have. */
export function titleOf(method: string): string {
  try {
    return faceOf(method).title;
  } catch {
    return method;
  }
}
