/**
 * How far a run of one's own is from the figures in a link: place by place for each kind of error, and end to end. A difference is a share of the
 * author's figure, |ours − theirs| / theirs; within the link's rounding it says nothing.
 */
import { MEASURES, MEASURES_OF, type MeasureId } from '../run/measures';
import type { RunFigures } from './run-view';
import { ERROR_ROUNDING, FIGURE_ROUNDING } from './link-results';
import { METRICS, seriesOf, type Metric, type Point } from '../report/series';

/** Above the rounding itself, for what computing with doubles adds. */
const SLACK = 1 + 1e-6;

export interface Difference {
  readonly row: number;
  readonly label: string;
  /** Of the layer or block. */
  readonly place: string;
  readonly ours: number;
  readonly theirs: number;
  /** As a share of theirs; infinite where theirs is 0 and ours is not. */
  readonly share: number;
}

export interface MetricDifference {
  readonly metric: Metric;
  /** Layers, or blocks, of all rows that both runs have. */
  readonly places: number;
  /** Of these, how many are within the link's rounding. */
  readonly within: number;
  /** The place furthest away; null where there is none. */
  readonly worst: Difference | null;
  /** By row of the author's: the share of each place. */
  readonly lines: readonly { readonly row: number; readonly points: readonly Point[] }[];
}

export interface EndDifference extends Difference {
  readonly measure: MeasureId;
  readonly within: boolean;
}

export interface LinkDifference {
  readonly metrics: readonly MetricDifference[];
  readonly ends: readonly EndDifference[];
  /** Rows of the author's that the own run has not. */
  readonly missing: readonly string[];
}

export function differenceFrom(theirs: RunFigures, ours: RunFigures): LinkDifference {
  return {
    metrics: METRICS.map((metric) => ofMetric(metric, theirs, ours)).filter(({ places }) => places > 0),
    ends: endsOf(theirs, ours),
    missing: (theirs.plan?.rows ?? []).filter(({ label }) => rowOf(ours, label) === null).map(({ label }) => label),
  };
}

/** Labels are unique within a run, and the same for the same options. */
function rowOf({ plan }: RunFigures, label: string): number | null {
  return plan?.rows.find((row) => row.label === label)?.row ?? null;
}

function ofMetric(metric: Metric, theirs: RunFigures, ours: RunFigures): MetricDifference {
  const own = new Map(seriesOf(ours, metric).map((one) => [one.label, one]));
  const all: Difference[] = [];
  const lines = seriesOf(theirs, metric).map(({ row, label, points }) => {
    const at = new Map(own.get(label)?.points.map((point) => [point.x, point.y]));
    return {
      row,
      points: points.flatMap((point): Point[] => {
        const value = at.get(point.x);
        if (value === undefined) return [];
        const share = shareOf(value, point.y);
        all.push({ row, label, place: point.name, ours: value, theirs: point.y, share });
        return Number.isFinite(share) ? [{ ...point, y: share }] : [];
      }),
    };
  });
  return {
    metric,
    places: all.length,
    within: all.filter(({ share }) => share <= ERROR_ROUNDING * SLACK).length,
    worst: furthest(all),
    lines,
  };
}

function endsOf(theirs: RunFigures, ours: RunFigures): EndDifference[] {
  const task = theirs.plan?.task ?? 'text';
  return theirs.rows.flatMap((summary) => {
    const label = theirs.plan?.rows.find(({ row }) => row === summary.row)?.label ?? null;
    const own = label === null ? null : ours.rows.find(({ row }) => row === rowOf(ours, label));
    if (label === null || !own) return [];
    return MEASURES_OF[task].flatMap((measure): EndDifference[] => {
      const [a, b] = [MEASURES[measure].of(own) ?? null, MEASURES[measure].of(summary) ?? null];
      if (a === null || b === null || !Number.isFinite(a) || !Number.isFinite(b)) return [];
      const share = shareOf(a, b);
      const within = share <= FIGURE_ROUNDING * SLACK;
      return [{ measure, row: summary.row, label, place: '', ours: a, theirs: b, share, within }];
    });
  });
}

function shareOf(ours: number, theirs: number): number {
  if (ours === theirs) return 0;
  return theirs === 0 ? Infinity : Math.abs(ours / theirs - 1);
}

function furthest(all: readonly Difference[]): Difference | null {
  return all.reduce<Difference | null>((worst, one) => (worst === null || one.share > worst.share ? one : worst), null);
}
