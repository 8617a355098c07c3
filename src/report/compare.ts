/**
 * The comparison table: what each row of a run came to in the metric that the chart shows, sorted as asked, and which values may be
 * called best. That is found in the data and not assumed, within one stored size only, and only beyond the noise.
 */
import type { LayerResult, Plan, PlannedRow, RowSummary, Task, WindowFigures } from '../run/events';
import {
  commonPlaces,
  countWins,
  isBelow,
  sizeGroups,
  toldApart,
  valuesAt,
  type Interval,
  type SizedRow,
} from './judge';
import { byMeasure, MEASURES, MEASURES_OF, MEASURE_IDS, type MeasureId } from '../run/measures';
import type { RunFigures } from './figures';
import { SCALE_FACES, type Scale } from './scales';
import { seriesOf, shortLabels, baselineRow, storedBits, type Metric, type Series } from './series';

/** What the chart shows, and the table with it. */
export interface Shown {
  readonly metric: Metric;
  /** Against the baseline, or not, place by place. */
  readonly scale: Scale;
}

/** What a row came to end to end; null where it was not measured, or did not come to a number. */
export interface EndFigures extends Readonly<Record<MeasureId, number | null>> {
  /** 95 %; null where the figure has none. */
  readonly intervals: Readonly<Record<MeasureId, Interval | null>>;
  /** Those that were measured and did not come to a number. */
  readonly failed: ReadonlySet<MeasureId>;
  /** What perplexity, KL and accuracy are means over: predicted tokens, or images. */
  readonly tokens: number | null;
  /** One a window; null where they were not kept. */
  readonly windows: WindowFigures | null;
  /** Of what layers read, and of keys and values that are kept; null where they stay as they are. */
  readonly activationBits: number | null;
  readonly cacheBits: number | null;
  readonly cacheParts: { readonly key: number; readonly value: number } | null;
}

export interface ComparedRow extends EndFigures {
  readonly row: number;
  readonly method: string;
  readonly label: string;
  readonly short: string;
  readonly baseline: boolean;
  readonly bitsPerWeight: number;
  readonly passing: string | null;
  /** What all weights of the file take, those that are not quantized included; null where the plan does not tell. */
  readonly fileBytes: number | null;
  /** Of the metric shown, over the row's places: mean, 95th percentile and the worst. Null before the first, and where none came to a number. */
  readonly meanError: number | null;
  readonly p95Error: number | null;
  readonly worstError: number | null;
  readonly worstPlace: string | null;
  /** How often it is the lowest of its stored size; null where no other row has that size. */
  readonly wins: { readonly of: number; readonly places: number } | null;
  readonly milliseconds: number | null;
  /** Places of the metric that were measured and did not come to a number. */
  readonly missing: number;
  readonly finishedLayers: number;
  /** Whether the end-to-end figures were measured, whatever came of them. */
  readonly evaluated: boolean;
  /** KL, or error of the prediction, of the row's transforms alone, before anything is quantized; null where it has none. */
  readonly zero: number | null;
  /** Layers that needed more than was asked: retried, or rounded. */
  readonly marked: number;
}

const FIRST_COLUMNS = ['bitsPerWeight', 'fileBytes', 'meanError', 'p95Error', 'worstError'] as const;

/** Whether a column is of what the chart shows, on its scale. */
export function isOfChart(column: Column): boolean {
  return column === 'meanError' || column === 'p95Error' || column === 'worstError';
}

/** The columns of each task, in the table's order. */
const COLUMNS = {
  text: [...FIRST_COLUMNS, ...MEASURES_OF.text, 'tokens', 'milliseconds'],
  classification: [...FIRST_COLUMNS, ...MEASURES_OF.classification, 'tokens', 'milliseconds'],
  diffusion: [...FIRST_COLUMNS, ...MEASURES_OF.diffusion, 'milliseconds'],
} as const satisfies Record<Task, readonly (keyof ComparedRow)[]>;

/** Behind the bits of weights, where a row of the run has them. */
const BITS_BESIDE = ['activationBits', 'cacheBits'] as const;

export type Column = (typeof COLUMNS)[Task][number] | (typeof BITS_BESIDE)[number];

/** What the compared network is for. Figures that do not say are of text, as all were once. */
export function taskOf({ plan }: RunFigures): Task {
  return plan?.task ?? 'text';
}

export function columnsOf(figures: RunFigures): readonly Column[] {
  const beside = BITS_BESIDE.filter((name) => figures.rows.some((row) => row[name] !== undefined));
  const [weights, ...others] = COLUMNS[taskOf(figures)];
  // Results of before the plan told how much of the file it is.
  const told = others.filter((name) =>
    name === 'fileBytes' ? figures.plan?.coverage !== undefined : !isUntold(figures, name),
  );
  return [weights, ...beside, ...told];
}

/** A figure of KL's spread in a result of before it was kept. */
function isUntold({ rows }: RunFigures, column: Column): boolean {
  if (!SPREAD.some((id) => id === column)) return false;
  return rows.length > 0 && rows.every(({ divergence }) => divergence === undefined);
}

const SPREAD = ['klMedian', 'klTail', 'sameTop'] as const satisfies readonly MeasureId[];

export function compareRows(figures: RunFigures, shown: Shown): ComparedRow[] {
  const { plan } = figures;
  if (!plan) return [];
  const series = shownSeries(figures, shown);
  const shorts = shortLabels(plan.rows);
  const baseline = baselineRow(plan.rows);
  const ends = endFigures(figures);
  const wins = winsOf(series);
  return plan.rows.map((planned) => {
    const { row, method, label } = planned;
    const layers = figures.layers.filter((layer) => layer.row === row);
    const summary = figures.rows.find((one) => one.row === row);
    const points = series.find((one) => one.row === row)?.points ?? [];
    return {
      ...{ row, method, label },
      short: shorts.get(row) ?? label,
      baseline: row === baseline?.row,
      bitsPerWeight: storedBits(figures, planned),
      passing: planned.passing ?? null,
      fileBytes: fileBytesOf(plan, planned, summary),
      ...errorsOf(points),
      wins: wins.get(row) ?? null,
      ...(ends.get(row) ?? NO_END),
      milliseconds: finite(summary?.milliseconds) ?? sum(layers.map((layer) => layer.milliseconds)),
      missing: placesMeasured(figures, planned, layers, shown.metric) - points.length,
      finishedLayers: layers.length,
      evaluated: summary !== undefined && figures.fullPrecision !== null,
      zero: zeroOf(figures, row),
      marked: layers.filter((layer) => layer.status !== 'done').length,
    };
  });
}

function zeroOf({ views = [] }: RunFigures, row: number): number | null {
  const view = views.find(({ rows }) => rows.includes(row));
  return finite(view?.prediction ?? view?.kl);
}

/** Table, strips and chart all ask for the same lines, of up to thousands of layers each. */
const known = new WeakMap<RunFigures, Map<string, Series[]>>();

/** The lines of the chart. */
export function shownSeries(figures: RunFigures, { metric, scale }: Shown): Series[] {
  const key = `${metric} ${scale}`;
  const own = known.get(figures) ?? new Map<string, Series[]>();
  known.set(figures, own);
  const series = own.get(key) ?? SCALE_FACES[scale].of(seriesOf(figures, metric));
  own.set(key, series);
  return series;
}

function fileBytesOf({ coverage }: Plan, planned: PlannedRow, summary: RowSummary | undefined): number | null {
  const bits = finite(summary?.fileBitsPerWeight ?? planned.fileBitsPerWeight);
  return bits === null || coverage === undefined ? null : finite((bits * coverage.weights) / 8);
}

function errorsOf(points: Series['points']): Pick<ComparedRow, 'meanError' | 'p95Error' | 'worstError' | 'worstPlace'> {
  if (points.length === 0) return { meanError: null, p95Error: null, worstError: null, worstPlace: null };
  const worst = points.reduce((a, b) => (b.y > a.y ? b : a));
  return {
    meanError: (sum(points.map(({ y }) => y)) ?? 0) / points.length,
    p95Error: quantile(
      points.map(({ y }) => y),
      0.95,
    ),
    worstError: worst.y,
    worstPlace: worst.name,
  };
}

/** Between the two nearest values in order, as numpy's default has it (Hyndman and Fan 1996, definition 7). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  return below + (at % 1) * (sorted[Math.ceil(at)] - below);
}

function placesMeasured(
  figures: RunFigures,
  { row }: PlannedRow,
  layers: readonly LayerResult[],
  metric: Metric,
): number {
  return metric === 'block' ? figures.blocks.filter((block) => block.row === row).length : layers.length;
}

function winsOf(series: readonly Series[]): Map<number, NonNullable<ComparedRow['wins']>> {
  const wins = new Map<number, NonNullable<ComparedRow['wins']>>();
  for (const group of bySize(series)) {
    const places = commonPlaces(group);
    const won = countWins(group, places);
    if (places.length > 0) for (const { row } of group) wins.set(row, { of: won.get(row) ?? 0, places: places.length });
  }
  return wins;
}

/** Groups of one size in which there is something to compare. */
function bySize<Row extends SizedRow>(rows: readonly Row[]): Row[][] {
  return sizeGroups(rows)
    .map((group) => rows.filter((one) => group.rows.has(one.row)))
    .filter((group) => group.length > 1);
}

const NO_END: EndFigures = {
  ...byMeasure(() => null),
  ...{ intervals: byMeasure(() => null), failed: new Set() },
  ...{ tokens: null, windows: null, activationBits: null, cacheBits: null, cacheParts: null },
};

/** By row, of those that were evaluated. */
export function endFigures({ rows }: RunFigures): Map<number, EndFigures> {
  return new Map(rows.map((summary) => [summary.row, endOf(summary)]));
}

function endOf(summary: RowSummary): EndFigures {
  const { perplexity, kl, tokens, windows, activationBits, cacheBits } = summary;
  return {
    windows: windows ?? null,
    activationBits: finite(activationBits),
    cacheBits: cacheBits ? finite((cacheBits.key + cacheBits.value) / 2) : null,
    cacheParts: cacheBits ?? null,
    ...byMeasure(({ of }) => finite(of(summary))),
    intervals: byMeasure(({ bounds }) => interval(bounds?.(summary))),
    failed: new Set(
      MEASURE_IDS.filter((id) => {
        const { always, of } = MEASURES[id];
        const value = of(summary);
        return (always || value !== undefined) && finite(value) === null;
      }),
    ),
    tokens: (perplexity ?? kl) === null ? null : finite(tokens),
  };
}

/** What did not come to a number is no figure. */
function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function interval(bounds: Interval | null | undefined): Interval | null {
  return bounds?.every((bound) => finite(bound) !== null) ? bounds : null;
}

function sum(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
}

export interface Sorting {
  readonly column: Column | null;
  readonly descending: boolean;
}

/** Sorted rows; without a column in the recipe's order. Rows without a value come last either way. */
export function sortRows(rows: readonly ComparedRow[], { column, descending }: Sorting): ComparedRow[] {
  if (column === null) return [...rows];
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

/** Columns of which a value may be called best, with what keeps a lead from being noise. The others are compared by eye. */
export type JudgedColumn = 'meanError' | 'perplexity' | 'accuracy';

/**
 * The rows whose value may be called best, by column: the best of their stored size, and apart from every other row of it. A mean error
 * by the paired 95 % interval of the difference over the places, perplexity and accuracy by that over the windows, or by their own 95 % intervals where windows are not kept. KL and the
 * figures of sampled images come without an interval, and the worst place is one place: none of them is called best.
 */
export function bestRows(figures: RunFigures, shown: Shown): Readonly<Record<JudgedColumn, ReadonlySet<number>>> {
  const series = shownSeries(figures, shown);
  const ends = endFigures(figures);
  const groups = bySize(series);
  const ended = (pick: (end: EndFigures) => readonly [number | null, Interval | null], sign: 1 | -1) =>
    groups.flatMap((group) => {
      const rows = group.flatMap(({ row }) => {
        const [value, bounds] = ends.has(row) ? pick(ends.get(row) ?? NO_END) : [null, null];
        const windows = ends.get(row)?.windows ?? null;
        return value === null || bounds === null ? [] : [{ row, value: sign * value, bounds, windows }];
      });
      return clearBest(rows, toldApart);
    });
  return {
    meanError: new Set(groups.flatMap(lowestMean)),
    perplexity: new Set(ended((end) => [end.perplexity, end.intervals.perplexity], 1)),
    accuracy: new Set(ended((end) => [end.accuracy, end.intervals.accuracy], -1)),
  };
}

function lowestMean(group: readonly Series[]): number[] {
  const places = commonPlaces(group);
  const rows = group.map((one) => {
    const values = valuesAt(one, places);
    return { row: one.row, values, value: sum(values) ?? 0 };
  });
  return clearBest(rows, (a, b) => isBelow(a.values, b.values));
}

/** The row of the lowest value, where it is clear of all others; else none. */
function clearBest<Row extends { readonly row: number; readonly value: number }>(
  rows: readonly Row[],
  clear: (best: Row, other: Row) => boolean,
): number[] {
  if (rows.length < 2) return [];
  const best = rows.reduce((a, b) => (b.value < a.value ? b : a));
  return rows.every((row) => row === best || clear(best, row)) ? [best.row] : [];
}
