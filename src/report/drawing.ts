/**
 * What a chart of a result draws, as data for files: the lines with their looks, the part of the axis that is in view, and the words
 * around it. The values are those that the page's chart has (`shownSeries`), so that a file says what was seen.
 */
import type { RunResult } from '../run/events';
import { shownSeries, type Shown } from './compare';
import { figuresOf, type RunFigures } from './figures';
import { airyRange, extremes, linearTicks, logRange, logTicks } from './layout';
import { fixed } from './numbers';
import { assignStyles, type LineStyle } from './palette';
import type { ParetoFigure } from './pareto-figures';
import { PAPER_SCALES } from './scale-words';
import { SCALE_FACES, type Scale } from './scales';
import { baselineRow, shortLabels, type Point } from './series';
import { METRIC_WORDS, PAPER_WORDS } from './words';

/** What of the chart is in view. */
export interface DrawnView {
  /** Of bits against a figure, which one; the first that there is where it is not said. */
  readonly figure?: ParetoFigure;
  /** Rows that are not drawn. */
  readonly hidden?: ReadonlySet<number>;
  /** The first and the last place along x. */
  readonly range?: readonly [first: number, last: number];
}

export interface Drawing {
  readonly title: string;
  /** What it shows, in sentences, for those who do not see it. */
  readonly description: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** The same where there is little room. */
  readonly yShort: string;
  readonly log: boolean;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: readonly DrawnTick[];
  readonly yTicks: readonly DrawnTick[];
  /** Between blocks, along x. */
  readonly separators: readonly number[];
  readonly lines: readonly DrawnLine[];
  /** False where lines end anywhere, and the legend alone names them. */
  readonly endLabels?: false;
  /** How a value is written as shown. */
  readonly write: (value: number) => string;
}

export interface DrawnTick {
  readonly at: number;
  readonly text: string;
}

export interface DrawnLine {
  readonly row: number;
  readonly method: string;
  readonly label: string;
  /** Where there is little room. */
  readonly short: string;
  /** Its name stands beside its one point. */
  readonly named?: true;
  /** What the legend says, where it is not label and bits. */
  readonly legend?: string;
  readonly bits: number;
  readonly style: LineStyle;
  /** In view, by rising x; on a log axis those above 0. */
  readonly points: readonly Point[];
}

/** More block borders than this are no landmarks. */
const MOST_SEPARATORS = 64;

export function drawingOf(result: RunResult, shown: Shown, { hidden, range }: DrawnView = {}): Drawing {
  const figures = figuresOf(result);
  const places = placesOf(figures, shown);
  const [first, last] = [Math.max(0, range?.[0] ?? 0), Math.min(places - 1, range?.[1] ?? places - 1)];
  const { axis: kind } = SCALE_FACES[shown.scale];
  const log = kind === 'log';
  const styles = assignStyles(result.plan.rows);
  const lines = shownSeries(figures, shown).flatMap(({ row, method, label, short, bits, points }, i): DrawnLine[] =>
    hidden?.has(row)
      ? []
      : [
          {
            ...{ row, method, label, short, bits, style: styles[i] },
            points: points.filter(({ x, y }) => x >= first && x <= last && (!log || y > 0)),
          },
        ],
  );
  const y = yRange(
    lines.flatMap(({ points }) => points.map((point) => point.y)),
    kind,
  );
  const starts = startsOf(figures, shown).filter(({ at, end }) => end >= first && at <= last);
  const baseline = baselineRow(result.plan.rows);
  const name = baseline ? (shortLabels(result.plan.rows).get(baseline.row) ?? baseline.label) : '';
  const { axis } = METRIC_WORDS[shown.metric];
  const scale = PAPER_SCALES[shown.scale];
  const yLabel = scale.of(axis, name);
  const { write } = scale;
  return {
    title: PAPER_WORDS.figureTitle(result.model.name, yLabel),
    description: lines.map((line) => describe(line, write)).join(' '),
    xLabel: xLabelOf(figures, shown),
    yLabel,
    yShort: scale.short(METRIC_WORDS[shown.metric].name, shortened(name, 16)),
    log,
    x: [first - 0.5, Math.max(first + 1, last + 1) - 0.5],
    y,
    xTicks: thinned(starts).map(({ at, end, name: text }) => ({
      at: (Math.max(at, first) + Math.min(end, last)) / 2,
      text,
    })),
    yTicks: (log ? logTicks(y[0], y[1]) : linearTicks(y[0], y[1])).map((at) => ({ at, text: tickText(at) })),
    separators:
      starts.length > MOST_SEPARATORS || starts.length === places
        ? []
        : starts.flatMap(({ at }) => (at > first ? [at - 0.5] : [])),
    lines,
    write,
  };
}

function placesOf({ plan }: RunFigures, { metric }: Shown): number {
  return Math.max(1, (metric === 'block' ? plan?.blocks : plan?.layers.length) ?? 0);
}

function yRange(values: readonly number[], axis: (typeof SCALE_FACES)[Scale]['axis']): [number, number] {
  if (values.length === 0) return axis === 'log' ? [0.001, 1] : [0, 1.2];
  if (axis === 'log') return logRange(values);
  const [low, high] = extremes(values);
  return axis === 'from zero' ? [0, Math.min(1e300, Math.max(high, 1)) * 1.08] : airyRange(low, high);
}

/** Where blocks begin and end along x, or every place where that is one. */
function startsOf({ plan }: RunFigures, { metric }: Shown): { at: number; end: number; name: string }[] {
  const layers = plan?.layers ?? [];
  const every = (count: number) => Array.from({ length: count }, (_, at) => ({ at, end: at, name: String(at) }));
  if (metric === 'block') return every(plan?.blocks ?? 0);
  const starts: { at: number; end: number; name: string }[] = [];
  layers.forEach(({ block }, at) => {
    if (at === 0 || block !== layers[at - 1].block) starts.push({ at, end: at, name: String(block) });
    else starts[starts.length - 1].end = at;
  });
  return starts.length > 1 ? starts : every(layers.length);
}

function xLabelOf(figures: RunFigures, shown: Shown): string {
  if (shown.metric === 'block') return PAPER_WORDS.block;
  return startsOf(figures, shown).length < placesOf(figures, shown) ? PAPER_WORDS.layersByBlock : PAPER_WORDS.layer;
}

/** Numbers of an axis that do not touch. */
const MOST_TICKS = 16;

function thinned<One>(all: readonly One[]): One[] {
  const every = Math.max(1, Math.ceil(all.length / MOST_TICKS));
  return all.filter((_, i) => i % every === 0);
}

/** A number of an axis. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 1e5)
    ? value.toExponential(0).replace('e+', 'e')
    : String(Number(value.toPrecision(3)));
}

function describe({ label, points }: DrawnLine, write: (value: number) => string): string {
  if (points.length === 0) return `${label}: no values.`;
  const [low, high] = extremes(points.map(({ y }) => y));
  return `${label}: ${write(low)} to ${write(high)} over ${points.length} ${points.length === 1 ? 'place' : 'places'}.`;
}

/** Labels may be as long as a person likes; a legend's line has an end. */
const MOST_LETTERS = 80;

/** 'GPTQ 3-bit g64, 3.13 bits'. */
export function legendOf({ label, bits, legend }: DrawnLine): string {
  return legend ?? `${shortened(label)}, ${fixed(2)(bits)} bits`;
}

export function shortened(label: string, most = MOST_LETTERS): string {
  const letters = [...label];
  return letters.length <= most ? label : `${letters.slice(0, most - 1).join('')}…`;
}
