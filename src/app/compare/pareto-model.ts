/** Bits against a figure, a point a row, as lines over a grid of places, so that the chart's reader, table and drawing work as for layers. */
import { paretoFronts, type Front, type Sized } from '../../report/pareto';
import { betterOf, bitsRange, isWide, paretoRows, type ParetoFigure } from '../../report/pareto-figures';
import { METHOD_STYLES } from '../../report/palette';
import type { Metric, Point } from '../../report/series';
import { MEASURES, type Measure } from '../../run/measures';
import type { RunFigures } from '../../store/run-view';
import { linearTicks } from '../chart/geometry';
import { stylesOf, type ChartLine, type ChartModel } from '../chart/model';
import * as format from '../format';
import { said } from '../language/first';
import { words } from '../words';
import { paretoWords as say } from './view-words';

export interface ParetoPicture {
  readonly model: ChartModel;
  readonly summary: string;
}

/** More than the chart's pixels would show nothing. */
const PLACES = 480;

export function paretoPicture(figures: RunFigures, metric: Metric, figure: ParetoFigure): ParetoPicture {
  const styles = stylesOf(figures);
  const rows = paretoRows(figures, metric, figure);
  const fronts = paretoFronts(rows, betterOf(figure));
  const [from, to] = bitsRange(rows.map((row) => row.bits));
  const at = (size: number) => Math.round(((size - from) / (to - from)) * (PLACES - 1));
  const wide = isWide(rows.map((row) => row.value));
  const write = writtenBy(figure);
  const names = new Map(rows.map((row) => [at(row.bits), say.at(format.bits(row.bits))]));
  const title = figure === 'mean' ? say.mean(words.metrics[metric].of) : said(MEASURES[figure].title);
  const points = rows.map((row): ChartLine => {
    const style = styles.get(row.row) ?? METHOD_STYLES.gptq;
    return {
      ...{ row: row.row, label: row.label, short: row.short, baseline: row.baseline, named: true as const, size: 10 },
      legend: format.withBits(row.label, row.bits),
      // A row without a marker is nowhere where there is no line.
      style: { ...style, dash: [], width: 0, marker: style.marker === 'none' ? 'hexagon' : style.marker },
      points: [{ x: at(row.bits), name: say.at(format.bits(row.bits)), y: row.value, status: 'done' }],
    };
  });
  const model: ChartModel = {
    lines: [...fronts.map((front, i) => frontLine(front, -1 - i, at)), ...points],
    places: PLACES,
    starts: [],
    ticks: linearTicks(from, to).map((tick) => ({ at: at(tick.at), name: tick.text })),
    xLabel: say.xAxis,
    unit: say.xAxis,
    yLabel: title,
    yShort: title,
    // Where figures are close a log axis, which has a decade at least, would hide what lies between them.
    ...(wide ? { log: true } : { log: false, tight: true as const }),
    current: null,
    endLabels: false,
    format: write,
    placeName: (x) => names.get(x) ?? say.at(format.bits(from + ((to - from) * x) / (PLACES - 1))),
  };
  return { model, summary: summaryOf(fronts, rows, write, title) };
}

/** Steps: with so many bits nothing better is to be had, up to the next row of the front. */
function frontLine({ passing, rows }: Front, row: number, at: (bits: number) => number): ChartLine {
  const points = rows.flatMap(({ bits, value }, i): Point[] => {
    const point = (y: number): Point => ({ x: at(bits), name: say.at(format.bits(bits)), y, status: 'done' });
    return i === 0 ? [point(value)] : [point(rows[i - 1].value), point(value)];
  });
  const label = say.front(passing);
  return {
    ...{ row, label, short: label, baseline: false, points },
    style: { ...METHOD_STYLES.rtn, dash: [5, 3], marker: 'none', width: 1.5 },
  };
}

function summaryOf(
  fronts: readonly Front[],
  rows: readonly (Sized & { readonly label: string })[],
  write: (value: number) => string,
  title: string,
): string {
  const name = (row: Sized) => {
    const label = rows.find((one) => one.row === row.row)?.label ?? '';
    return say.point(label, format.bits(row.bits), write(row.value));
  };
  const beaten = rows.length - fronts.reduce((sum, front) => sum + front.rows.length, 0);
  return format.sentences([
    ...fronts.map((front) => say.summary(title, front.passing, format.clauses(front.rows.map(name)))),
    say.beaten(beaten, format.integer(beaten)),
  ]);
}

const WRITTEN: Readonly<Record<Measure['format'], (value: number) => string>> = {
  ...{ perplexity: format.perplexity, nats: format.nats, share: format.fineShare },
  ...{ error: format.error, distance: format.distance },
};

function writtenBy(figure: ParetoFigure): (value: number) => string {
  return figure === 'mean' ? format.error : WRITTEN[MEASURES[figure].format];
}
