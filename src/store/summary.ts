/**
 * What a run says, as facts for a sentence: for each stored size who is lowest where, by how much, and whether perplexities or
 * accuracies can be told apart. All of it is counted from the data; no method is expected to win, and rows of different sizes are
 * not set against each other.
 */
import { endFigures, type EndFigures } from '../report/compare';
import {
  commonPlaces,
  countWins,
  isBelow,
  sizeGroups,
  toldApart,
  valuesAt,
  type Ended,
  type Interval,
} from '../report/judge';
import type { RunFigures } from './run-view';
import { seriesOf, type Metric, type Series } from '../report/series';

export interface SummaryFacts {
  readonly metric: Metric;
  /** Sizes that two rows or more share, smallest first: only within one is there a lead. */
  readonly groups: readonly GroupFacts[];
  /** Rows of a size of their own, smallest first. */
  readonly alone: readonly AloneFacts[];
}

export interface GroupFacts {
  readonly bits: Interval;
  /** What rounds that which flows through the network, in words; null where nothing does. */
  readonly passing: string | null;
  /** Places (layers or blocks) where every row of the size has a value; only there can rows be compared. */
  readonly places: number;
  /** Rows with the most places won; more than one when they share that number. Empty while nothing can be compared. */
  readonly leaders: readonly { readonly label: string; readonly wins: number }[];
  /** The single leader's worst place. */
  readonly worst: { readonly name: string; readonly value: number } | null;
  /**
   * The row with the lowest mean, against the baseline's where that has this size: 0.31 is 31 % lower; negative where the baseline is
   * lowest. `clear`: by more than the scatter over places.
   */
  readonly gain: {
    readonly label: string;
    readonly baseline: string;
    readonly share: number;
    readonly clear: boolean;
  } | null;
  readonly perplexity: EndFacts | null;
  /** Of classifiers. */
  readonly accuracy: EndFacts | null;
  /** Of diffusion networks: whose images are nearest to full precision's on the way from the same noise. */
  readonly trajectory: { readonly label: string; readonly value: number } | null;
}

/** A row that there is nothing to compare with: what it came to. */
export interface AloneFacts {
  readonly label: string;
  readonly bits: number;
  /** Mean of the metric; null before the first place. */
  readonly mean: number | null;
  readonly perplexity: number | null;
  readonly accuracy: number | null;
}

/** The row with the best figure of an end-to-end measure that has an interval. */
export interface EndFacts {
  readonly label: string;
  readonly value: number;
  readonly full: number | null;
  /** Or images. */
  readonly tokens: number;
  /** Rows that cannot be told from the best one on this text, or on these images. */
  readonly inseparable: readonly string[];
}

export function summarize(figures: RunFigures, metric: Metric): SummaryFacts {
  const series = seriesOf(figures, metric);
  const ends = endFigures(figures);
  const groups = sizeGroups(series).map(({ bits, passing, rows }) => ({
    ...{ bits, passing },
    series: series.filter((one) => rows.has(one.row)),
  }));
  const measured = series.some((one) => one.points.length > 0) || ends.size > 0;
  return {
    metric,
    groups: groups.filter((group) => group.series.length > 1).map((group) => groupFacts(figures, ends, group)),
    alone: measured ? groups.filter((group) => group.series.length === 1).map((group) => aloneFacts(ends, group)) : [],
  };
}

type Ends = ReadonlyMap<number, EndFigures>;

interface Group {
  readonly bits: Interval;
  readonly passing: string | null;
  readonly series: readonly Series[];
}

function aloneFacts(ends: Ends, { bits, series: [one] }: Group): AloneFacts {
  const end = ends.get(one.row);
  return {
    label: one.short,
    bits: bits[0],
    mean: meanOf(one.points.map((point) => point.y)),
    perplexity: end?.perplexity ?? null,
    accuracy: end?.accuracy ?? null,
  };
}

function groupFacts({ fullPrecision }: RunFigures, ends: Ends, { bits, passing, series }: Group): GroupFacts {
  const places = commonPlaces(series);
  const wins = countWins(series, places);
  const most = Math.max(0, ...wins.values());
  const leading = most === 0 ? [] : series.filter((one) => wins.get(one.row) === most);
  const measured = (of: (end: EndFigures) => Measured | null) =>
    series.flatMap((one) => {
      const end = ends.get(one.row);
      const found = end ? of(end) : null;
      return found ? [{ ...found, label: one.short }] : [];
    });
  return {
    bits,
    passing,
    places: places.length,
    leaders: leading.map((one) => ({ label: one.short, wins: most })),
    worst: leading.length === 1 ? worstOf(leading[0]) : null,
    gain: gainOf(series, places),
    perplexity: endFacts(
      measured((end) => found(end.perplexity, end.intervals.perplexity, end)),
      fullPrecision?.perplexity ?? null,
      (a, b) => a.value < b.value,
    ),
    accuracy: endFacts(
      measured((end) => found(end.accuracy, end.intervals.accuracy, end)),
      fullPrecision?.images?.accuracy?.share ?? null,
      (a, b) => a.value > b.value,
    ),
    trajectory: nearest(
      series.flatMap((one) => {
        const value = ends.get(one.row)?.trajectory ?? null;
        return value === null ? [] : [{ label: one.short, value }];
      }),
    ),
  };
}

function worstOf({ points }: Series): GroupFacts['worst'] {
  if (points.length === 0) return null;
  const { name, y } = points.reduce((a, b) => (b.y > a.y ? b : a));
  return { name, value: y };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function gainOf(series: readonly Series[], places: readonly number[]): GroupFacts['gain'] {
  const baseline = series.find((one) => one.baseline);
  if (!baseline || places.length === 0) return null;
  const of = (one: Series) => {
    const values = valuesAt(one, places);
    return { label: one.short, values, mean: meanOf(values) ?? NaN };
  };
  const best = series
    .filter((one) => !one.baseline)
    .map(of)
    .reduce((a, b) => (b.mean < a.mean ? b : a));
  const base = of(baseline);
  if (!(base.mean > 0)) return null;
  const share = 1 - best.mean / base.mean;
  return { label: best.label, baseline: base.label, share, clear: isBelow(best.values, base.values) };
}

interface Measured extends Ended {
  readonly value: number;
  readonly tokens: number;
}

function found(value: number | null, bounds: Interval | null, { tokens, windows }: EndFigures): Measured | null {
  return value === null || bounds === null || tokens === null ? null : { value, bounds, tokens, windows };
}

function endFacts(
  rows: readonly (Measured & { readonly label: string })[],
  full: number | null,
  better: (a: Measured, b: Measured) => boolean,
): EndFacts | null {
  if (rows.length < 2) return null;
  const best = rows.reduce((a, b) => (better(b, a) ? b : a));
  return {
    label: best.label,
    value: best.value,
    full,
    tokens: best.tokens,
    inseparable: rows.filter((row) => row !== best && !toldApart(row, best)).map((row) => row.label),
  };
}

function nearest(rows: readonly { readonly label: string; readonly value: number }[]): GroupFacts['trajectory'] {
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
