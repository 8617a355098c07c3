/**
 * What a run says, as facts for a sentence: who is lowest where, by how much, and whether perplexities or accuracies can be told
 * apart. All of it is counted from the data; no method is expected to win.
 */
import { compareRows } from './compare';
import type { RunFigures } from './run-view';
import { seriesOf, type Metric, type Series } from './series';

export interface SummaryFacts {
  readonly metric: Metric;
  /** Places (layers or blocks) where every row has a value; only there can rows be compared. */
  readonly places: number;
  /** Rows with the most places won; more than one when they share that number. Empty while nothing can be compared. */
  readonly leaders: readonly { readonly label: string; readonly wins: number }[];
  /** The single leader's worst place. */
  readonly worst: { readonly name: string; readonly value: number } | null;
  /** The row with the lowest mean, against the baseline's: 0.31 is 31 % lower; negative where the baseline is lowest. */
  readonly gain: { readonly label: string; readonly baseline: string; readonly share: number } | null;
  readonly perplexity: EndFacts | null;
  /** Of classifiers. */
  readonly accuracy: EndFacts | null;
  /** Of diffusion networks: whose images are nearest to full precision's on the way from the same noise. */
  readonly trajectory: { readonly label: string; readonly value: number } | null;
}

/** The row with the best figure of an end-to-end measure that has an interval. */
export interface EndFacts {
  readonly label: string;
  readonly value: number;
  readonly full: number | null;
  /** Or images. */
  readonly tokens: number;
  /** Rows whose interval meets the best one's: they cannot be told apart on this text, or on these images. */
  readonly inseparable: readonly string[];
}

export function summarize(figures: RunFigures, metric: Metric): SummaryFacts {
  const series = seriesOf(figures, metric);
  const places = commonPlaces(series);
  const wins = countWins(series, places);
  const most = Math.max(0, ...wins.values());
  const leaders =
    series.length < 2 || most === 0
      ? []
      : series.filter((one) => wins.get(one.row) === most).map((one) => ({ label: one.short, wins: most }));
  return {
    metric,
    places: places.length,
    leaders,
    worst: leaders.length === 1 ? worstOf(series.find((one) => one.short === leaders[0].label)) : null,
    gain: gainOf(series, places),
    perplexity: perplexityOf(figures),
    accuracy: accuracyOf(figures),
    trajectory: trajectoryOf(figures),
  };
}

function commonPlaces(series: readonly Series[]): number[] {
  if (series.length === 0) return [];
  const [first, ...rest] = series.map((one) => new Set(one.points.map((point) => point.x)));
  return [...first].filter((x) => rest.every((other) => other.has(x)));
}

/** Ties go to nobody: equal values say that there is nothing to choose. */
function countWins(series: readonly Series[], places: readonly number[]): Map<number, number> {
  const values = series.map((one) => ({ row: one.row, at: new Map(one.points.map((point) => [point.x, point.y])) }));
  const wins = new Map<number, number>();
  for (const x of places) {
    const ranked = values.map(({ row, at }) => ({ row, y: at.get(x) ?? Infinity })).sort((a, b) => a.y - b.y);
    if (ranked.length > 1 && ranked[0].y === ranked[1].y) continue;
    wins.set(ranked[0].row, (wins.get(ranked[0].row) ?? 0) + 1);
  }
  return wins;
}

function worstOf(series: Series | undefined): SummaryFacts['worst'] {
  if (!series || series.points.length === 0) return null;
  const { name, y } = series.points.reduce((a, b) => (b.y > a.y ? b : a));
  return { name, value: y };
}

function gainOf(series: readonly Series[], places: readonly number[]): SummaryFacts['gain'] {
  const baseline = series.find((one) => one.baseline);
  if (!baseline || series.length < 2 || places.length === 0) return null;
  const common = new Set(places);
  const mean = (one: Series) =>
    one.points.reduce((total, point) => (common.has(point.x) ? total + point.y : total), 0) / places.length;
  const others = series.filter((one) => !one.baseline).map((one) => ({ label: one.short, mean: mean(one) }));
  const best = others.reduce((a, b) => (b.mean < a.mean ? b : a));
  const base = mean(baseline);
  return base > 0 ? { label: best.label, baseline: baseline.short, share: 1 - best.mean / base } : null;
}

function perplexityOf(figures: RunFigures): EndFacts | null {
  const rows = compareRows(figures).flatMap(({ perplexity, perplexityInterval, ...row }) =>
    measured(row, perplexity, perplexityInterval),
  );
  return endFacts(rows, figures.fullPrecision?.perplexity ?? null, (a, b) => a.value < b.value);
}

function accuracyOf(figures: RunFigures): EndFacts | null {
  const rows = compareRows(figures).flatMap(({ accuracy, accuracyInterval, ...row }) =>
    measured(row, accuracy, accuracyInterval),
  );
  return endFacts(rows, figures.fullPrecision?.images?.accuracy?.share ?? null, (a, b) => a.value > b.value);
}

interface Measured {
  readonly short: string;
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly tokens: number;
}

function measured(
  { short, tokens }: { short: string; tokens: number | null },
  value: number | null,
  interval: readonly [number, number] | null,
): Measured[] {
  const known = value !== null && Number.isFinite(value) && interval !== null && tokens !== null;
  return !known ? [] : [{ short, value, interval, tokens }];
}

function endFacts(
  rows: readonly Measured[],
  full: number | null,
  better: (a: Measured, b: Measured) => boolean,
): EndFacts | null {
  if (rows.length < 2) return null;
  const best = rows.reduce((a, b) => (better(b, a) ? b : a));
  const meets = ({ interval: [low, high] }: Measured) => low <= best.interval[1] && high >= best.interval[0];
  return {
    label: best.short,
    value: best.value,
    full,
    tokens: best.tokens,
    inseparable: rows.filter((row) => row !== best && meets(row)).map((row) => row.short),
  };
}

function trajectoryOf(figures: RunFigures): SummaryFacts['trajectory'] {
  const rows = compareRows(figures).flatMap(({ short, trajectory }) =>
    trajectory === null || !Number.isFinite(trajectory) ? [] : [{ label: short, value: trajectory }],
  );
  return rows.length < 2 ? null : rows.reduce((a, b) => (b.value < a.value ? b : a));
}

/**
 * How far a run is from a reference of the same recipe: the largest relative difference of a layer's output error, over the layers
 * both have. Null where nothing can be compared.
 */
export function differenceFrom(reference: RunFigures, figures: RunFigures): number | null {
  const key = (plan: RunFigures['plan'], row: number, name: string) =>
    `${plan?.rows.find((one) => one.row === row)?.label} ${name}`;
  const known = new Map(reference.layers.map((one) => [key(reference.plan, one.row, one.name), one.errors.output]));
  let largest: number | null = null;
  for (const { row, name, errors } of figures.layers) {
    const expected = known.get(key(figures.plan, row, name)) ?? 0;
    if (errors.output === null || expected <= 0) continue;
    largest = Math.max(largest ?? 0, Math.abs(errors.output - expected) / expected);
  }
  return largest;
}
