/**
 * Where things are in the chart: margins, axis ranges, ticks, and the places of the labels at the lines' ends. One source for the
 * static drawing and for Plotly, so that the swap from one to the other moves nothing.
 */
import {
  airyRange,
  extremes,
  linearTicks as linearPlaces,
  logRange,
  logTicks,
  piecesOf,
  spread,
} from '../../report/layout';
import * as format from '../format';
import type { ChartLine, ChartModel } from './model';

export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: readonly [number, number];
  /** In data units; both ends positive on a log axis. */
  readonly y: readonly [number, number];
  readonly log: boolean;
  readonly yTicks: readonly Tick[];
  readonly xTicks: readonly Tick[];
  /** Room for labels at the lines' ends; false where a legend has to do. */
  readonly endLabels: boolean;
}

export { piecesOf, spread };

export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** Markers a line shows at most; more would hide the line. */
export const MAX_MARKERS = 12;
/** In pixels, where a line does not say. */
export const MARKER_SIZE = 7;

const END_LABEL_LINES = 5;
const END_LABEL_WIDTH = 560;

export function geometryOf(model: ChartModel, width: number, height: number): Geometry {
  const y = yRange(model);
  const endLabels =
    model.endLabels !== false &&
    width >= END_LABEL_WIDTH &&
    model.lines.length <= END_LABEL_LINES &&
    model.lines.some((line) => line.points.length > 0);
  const longest = Math.max(0, ...model.lines.map((line) => line.short.length));
  return {
    width,
    height,
    left: 58,
    right: endLabels ? Math.min(150, 28 + longest * 7) : 10,
    top: 10,
    bottom: 42,
    x: model.range ? [model.range[0] - 0.5, model.range[1] + 0.5] : [-0.5, Math.max(1, model.places) - 0.5],
    y,
    log: model.log,
    yTicks: model.log ? named(logTicks(y[0], y[1])) : linearTicks(y[0], y[1]),
    xTicks: xTicks(model, width),
    endLabels,
  };
}

export function xAt(geometry: Geometry, x: number): number {
  const { left, right, width } = geometry;
  const [from, to] = geometry.x;
  return left + ((x - from) / (to - from)) * (width - left - right);
}

export function yAt(geometry: Geometry, y: number): number {
  const { top, bottom, height, log } = geometry;
  const [low, high] = geometry.y.map((end) => (log ? Math.log10(end) : end));
  const value = log ? Math.log10(y) : y;
  return top + (1 - (value - low) / (high - low)) * (height - top - bottom);
}

/** The place nearest to a horizontal position; null outside the plot. */
export function placeAt(geometry: Geometry, px: number, places: number): number | null {
  const { left, right, width } = geometry;
  if (px < left - 8 || px > width - right + 8) return null;
  const [from, to] = geometry.x;
  const x = Math.round(from + ((px - left) / (width - left - right)) * (to - from));
  return Math.max(0, Math.min(places - 1, x));
}

/** The line that is nearest to a height at a place; null where none has a value there. */
export function lineAt(model: ChartModel, geometry: Geometry, x: number, py: number): ChartLine | null {
  const near = model.lines.flatMap((line) => {
    const point = drawable(line, model.log).find((one) => one.x === x);
    return point ? [{ line, away: Math.abs(yAt(geometry, point.y) - py) }] : [];
  });
  return near.sort((a, b) => a.away - b.away).at(0)?.line ?? null;
}

function yRange(model: ChartModel): [number, number] {
  const values = model.lines.flatMap((line) => line.points.map((point) => point.y)).filter((y) => !model.log || y > 0);
  if (values.length === 0) return model.log ? [0.001, 1] : [0, 1.2];
  if (model.log) return logRange(values);
  const [low, high] = extremes(values.map((value) => Math.min(1e300, value)));
  if (model.tight) return airyRange(low, high);
  return [0, (model.fitted && high > 0 ? high : Math.max(high, 1)) * 1.08];
}

export function linearTicks(low: number, high: number): Tick[] {
  return named(linearPlaces(low, high));
}

/** Numbers of an axis with their text. */
function named(ticks: readonly number[]): Tick[] {
  return ticks.map((at) => ({ at, text: format.tick(at) }));
}

/** Block numbers under the middle of each block, or the model's own ticks, thinned so that they do not touch. */
function xTicks(model: ChartModel, width: number): Tick[] {
  const { places, ticks } = model;
  const [first, last] = model.range ?? [0, places - 1];
  const blocks = model.starts.map(({ at, name }, i) => ({ at, name, end: (model.starts[i + 1]?.at ?? places) - 1 }));
  const starts = blocks.filter(({ at, end }) => end >= first && at <= last);
  const room = Math.max(1, Math.floor((width - 80) / 44));
  if (ticks) {
    const thinned = Math.max(1, Math.ceil(ticks.length / room));
    return ticks.flatMap(({ at, name }, i) => (i % thinned === 0 ? [{ at, text: name }] : []));
  }
  const every = Math.max(1, Math.ceil(starts.length / room));
  return starts.flatMap(({ at, name, end }, i) =>
    i % every === 0 ? [{ at: (Math.max(at, first) + Math.min(end, last)) / 2, text: name }] : [],
  );
}

/** A log axis has no place for zero, and an exact layer is rare enough to leave out of the drawing (the table has it). */
export function drawable(line: ChartLine, log: boolean): ChartLine['points'] {
  return log ? line.points.filter((point) => point.y > 0) : line.points;
}
