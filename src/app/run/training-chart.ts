/** The course of trainings as lines over a grid of places, so that the chart's reader, table and drawing work as for layers. */
import { shortLabels, type Point } from '../../report/series';
import type { RunFigures } from '../../store/run-view';
import type { TrainingCurve, TrainingPoint } from '../../run/training-curve';
import { stylesOf, type ChartModel } from '../chart/model';
import * as format from '../format';
import { words } from '../words';
import type { Measure } from '../../store/training';

/** Places of a chart that is full: more than its pixels would show nothing. */
const PLACES = 480;
const FEWEST_A_BLOCK = 8;

const VALUE: Readonly<Record<Measure, (point: TrainingPoint) => number>> = {
  loss: ({ loss }) => loss,
  settled: ({ settled }) => settled,
  // Without codewords there is none, and what is no number is not drawn.
  usage: ({ usageEntropy }) => usageEntropy ?? Number.NaN,
};

export interface TrainingWish {
  readonly measure: Measure;
  /** One block by its number, or null: all of them, one after another. */
  readonly block: number | null;
}

export function trainingChart(
  figures: RunFigures,
  curves: readonly TrainingCurve[],
  { measure, block }: TrainingWish,
): ChartModel {
  const plan = figures.plan;
  const grid = block === null ? blocksGrid(plan?.layers ?? []) : stepsGrid(curves, block);
  const styles = stylesOf(figures);
  const shorts = shortLabels(plan?.rows ?? []);
  const lines = (plan?.rows ?? []).flatMap(({ row, label }) => {
    const own = curves.filter((curve) => curve.row === row && (block === null || curve.block === block));
    const style = styles.get(row);
    if (own.length === 0 || !style) return [];
    const points = own.sort((a, b) => a.block - b.block).flatMap((curve) => pointsOf(curve, grid, VALUE[measure]));
    return [{ row, label, short: shorts.get(row) ?? label, baseline: false, style, points }];
  });
  const { name, axis } = words.training.measures[measure];
  const named = curves.filter((curve) => block === null || curve.block === block);
  const of = measure === 'loss' ? named.map((curve) => curve.lossName) : named.map((curve) => curve.settledName);
  return {
    lines,
    places: grid.places,
    starts: grid.starts,
    ticks: grid.ticks,
    xLabel: block === null ? words.training.blockAxis : words.training.stepAxis,
    unit: words.training.step,
    yLabel: axis(format.row([...new Set(of)])),
    yShort: name,
    log: measure === 'loss',
    current: null,
    format: measure === 'loss' ? format.error : format.fineShare,
    placeName: grid.placeName,
  };
}

interface Grid extends Pick<ChartModel, 'places' | 'starts' | 'ticks' | 'placeName'> {
  /** Where a step of a curve lies. */
  at(curve: TrainingCurve, step: number): number;
}

/** Blocks side by side, equally wide whatever their steps. */
function blocksGrid(layers: readonly { readonly block: number }[]): Grid {
  const blocks = [...new Set(layers.map(({ block }) => block))];
  const each = Math.max(FEWEST_A_BLOCK, Math.floor(PLACES / Math.max(1, blocks.length)));
  const place = new Map(blocks.map((block, i) => [block, i]));
  return {
    places: each * blocks.length,
    starts: blocks.map((block, i) => ({ at: i * each, name: String(block) })),
    at: ({ block, steps }, step) =>
      (place.get(block) ?? 0) * each + Math.round((step / Math.max(1, steps)) * (each - 1)),
    placeName: (x) =>
      words.training.place(String(blocks[Math.floor(x / each)] ?? ''), format.share((x % each) / (each - 1))),
  };
}

/** One block, by its steps. */
function stepsGrid(curves: readonly TrainingCurve[], block: number): Grid {
  const steps = Math.max(1, ...curves.filter((curve) => curve.block === block).map((curve) => curve.steps));
  const each = Math.max(1, steps / PLACES);
  const places = Math.ceil(steps / each) + 1;
  const every = niceStep(steps / 6);
  return {
    places,
    starts: [],
    ticks: Array.from({ length: Math.floor(steps / every) + 1 }, (_, i) => ({
      at: Math.round((i * every) / each),
      name: format.integer(i * every),
    })),
    at: (_, step) => Math.round(step / each),
    placeName: (x) => words.training.stepPlace(format.integer(x * each)),
  };
}

function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= atLeast) ?? 10 * power;
}

/** One point a place: the last of those that fall on it. */
function pointsOf(curve: TrainingCurve, grid: Grid, value: (point: TrainingPoint) => number): Point[] {
  const places = new Map<number, TrainingPoint>();
  for (const point of curve.points) if (Number.isFinite(value(point))) places.set(grid.at(curve, point.step), point);
  const [block, steps] = [String(curve.block), format.integer(curve.steps)];
  return [...places].map(([x, point], i) => ({
    x,
    name: words.training.point(block, format.integer(point.step), steps),
    y: value(point),
    status: 'done',
    // Each block is a problem of its own: its line does not follow from the last one's.
    ...(i === 0 ? { begins: true } : {}),
  }));
}

/** Each row's training that went on last, or that of a block. */
export function newestCurves(curves: readonly TrainingCurve[], block: number | null): TrainingCurve[] {
  const newest = new Map<number, TrainingCurve>();
  for (const curve of curves) {
    if (block !== null && curve.block !== block) continue;
    const known = newest.get(curve.row);
    if (!known || curve.block > known.block) newest.set(curve.row, curve);
  }
  return [...newest.values()].sort((a, b) => a.row - b.row);
}

/** What can be said of each row's newest training, in a sentence each. */
export function trainingSummary(figures: RunFigures, curves: readonly TrainingCurve[], block: number | null): string {
  const shorts = shortLabels(figures.plan?.rows ?? []);
  const sentences = newestCurves(curves, block).flatMap((curve) => {
    const [first, last] = [curve.points.at(0), curve.points.at(-1)];
    if (!first || !last) return [];
    return words.training.summary(
      shorts.get(curve.row) ?? '',
      String(curve.block),
      format.error(first.loss),
      format.error(last.loss),
      format.fineShare(last.settled),
      curve.settledName,
    );
  });
  return sentences.length === 0 ? words.training.nothing : format.sentences(sentences);
}
