/**
 * What a run says, as facts for a sentence: who is lowest where, by how much, and whether the perplexities can be told apart. All
 * of it is counted from the data; no method is expected to win.
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
  readonly perplexity: PerplexityFacts | null;
}

export interface PerplexityFacts {
  readonly label: string;
  readonly value: number;
  readonly full: number | null;
  readonly tokens: number;
  /** Rows whose interval meets the best one's: they cannot be told apart on this text. */
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

function perplexityOf(figures: RunFigures): PerplexityFacts | null {
  const rows = compareRows(figures).flatMap(({ short, perplexity, perplexityInterval, tokens }) =>
    perplexity === null || perplexityInterval === null || tokens === null
      ? []
      : [{ short, perplexity, interval: perplexityInterval, tokens }],
  );
  if (rows.length < 2) return null;
  const best = rows.reduce((a, b) => (b.perplexity < a.perplexity ? b : a));
  return {
    label: best.short,
    value: best.perplexity,
    full: figures.fullPrecision?.perplexity ?? null,
    tokens: best.tokens,
    inseparable: rows.filter((row) => row !== best && row.interval[0] <= best.interval[1]).map((row) => row.short),
  };
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
