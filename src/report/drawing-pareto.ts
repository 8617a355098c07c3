/** Bits against a figure as a drawing: a point a row, and a line of steps along those that no other row beats. */
import type { RunResult } from '../run/events';
import { MEASURES } from '../run/measures';
import type { DrawnLine, Drawing } from './drawing';
import { tickText } from './drawing';
import { figuresOf } from './figures';
import { airyRange, extremes, linearTicks, logRange, logTicks } from './layout';
import { fixed, threeFigures, written } from './numbers';
import { assignStyles, METHOD_STYLES, type LineStyle } from './palette';
import { paretoFronts, type Front } from './pareto';
import { betterOf, bitsRange, isWide, paretoFigures, paretoRows, type ParetoFigure } from './pareto-figures';
import type { Metric, Point } from './series';
import { COLUMN_WORDS, METRIC_WORDS, PAPER_WORDS } from './words';

/** `figure`: the first that the rows have where it is not said. */
export function paretoDrawing(result: RunResult, metric: Metric, figure?: ParetoFigure): Drawing {
  const figures = figuresOf(result);
  const of = figure ?? paretoFigures(figures, metric).at(0) ?? 'mean';
  const rows = paretoRows(figures, metric, of);
  const fronts = paretoFronts(rows, betterOf(of));
  const values = rows.map(({ value }) => value);
  const log = isWide(values);
  const write = of === 'mean' ? threeFigures : written(of);
  const x = rows.length === 0 ? ([0, 8] as const) : bitsRange(rows.map(({ bits }) => bits));
  const y = rows.length === 0 ? ([0, 1] as const) : log ? logRange(values) : airyRange(...extremes(values));
  const yLabel = of === 'mean' ? PAPER_WORDS.meanOf(METRIC_WORDS[metric].of) : MEASURES[of].title;
  const styles = assignStyles(result.plan.rows);
  const styleOf = new Map(result.plan.rows.map(({ row }, i) => [row, pointStyle(styles[i])]));
  const points = rows.map(({ row, method, label, short, bits, value }): DrawnLine => ({
    ...{ row, method, label, short, bits, style: styleOf.get(row) ?? METHOD_STYLES.gptq },
    named: true,
    points: [{ x: bits, name: placeOf(bits), y: value, status: 'done' }],
  }));
  return {
    title: PAPER_WORDS.figureTitle(result.model.name, PAPER_WORDS.against(yLabel)),
    description: [
      ...rows.map(({ label, bits, value }) => `${label}: ${placeOf(bits)}, ${write(value)}.`),
      ...fronts.map((front) => `${frontLabel(front)}: ${front.rows.map((one) => labelOf(rows, one.row)).join(', ')}.`),
    ].join(' '),
    xLabel: PAPER_WORDS.storedBits,
    yLabel,
    yShort: of === 'mean' ? PAPER_WORDS.meanOf(METRIC_WORDS[metric].name) : COLUMN_WORDS[of],
    ...{ log, x, y },
    xTicks: linearTicks(x[0], x[1]).map((at) => ({ at, text: tickText(at) })),
    yTicks: (log ? logTicks(y[0], y[1]) : linearTicks(y[0], y[1])).map((at) => ({ at, text: tickText(at) })),
    separators: [],
    lines: [...fronts.map((front, i) => frontLine(front, -1 - i)), ...points],
    endLabels: false,
    write,
  };
}

function labelOf(rows: readonly { readonly row: number; readonly label: string }[], row: number): string {
  return rows.find((one) => one.row === row)?.label ?? '';
}

/** A row without a marker would be nowhere where there is no line. */
function pointStyle(style: LineStyle): LineStyle {
  return { ...style, dash: [], width: 0, marker: style.marker === 'none' ? 'hexagon' : style.marker };
}

/** With so many bits nothing better is to be had, up to the next row of the front. */
function frontLine(front: Front, row: number): DrawnLine {
  const points = front.rows.flatMap(({ bits, value }, i): Point[] => {
    const point = (y: number): Point => ({ x: bits, name: placeOf(bits), y, status: 'done' });
    return i === 0 ? [point(value)] : [point(front.rows[i - 1].value), point(value)];
  });
  const label = frontLabel(front);
  return {
    ...{ row, method: '', label, short: label, legend: label, bits: NaN, points },
    style: { ...METHOD_STYLES.rtn, dash: [5, 3], marker: 'none', width: 1.5 },
  };
}

function frontLabel({ passing }: Front): string {
  return passing === null ? PAPER_WORDS.front : `${PAPER_WORDS.front}, ${passing}`;
}

function placeOf(bits: number): string {
  return `${fixed(2)(bits)} bits`;
}
