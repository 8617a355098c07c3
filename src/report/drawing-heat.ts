/**
 * Layers by rows as a file: each cell a layer's error under a row, divided by the baseline's, in the colours of the page's light theme. The
 * values are those of a chart of ratios without its baseline, so that its CSV is the chart's. Neighbours of one colour are one stroke; of
 * more cells than keep the file small, neighbours stand together and show the one that is furthest from 1.
 */
import type { RunResult } from '../run/events';
import { drawingOf, legendOf, type DrawnLine, type Drawing } from './drawing';
import { xml } from './escape';
import { fixed } from './numbers';
import { baselineRow, type Metric, type Point } from './series';
import { PAPER_WORDS } from './words';

/** Ratios between which colours change; symmetric on a log scale. */
export const EDGES = [0.25, 0.5, 0.7, 0.9, 0.98, 1 / 0.98, 1 / 0.9, 1 / 0.7, 2, 4] as const;

export function bucketOf(ratio: number): number {
  return EDGES.findLastIndex((edge) => ratio >= edge) + 1;
}

/** One more than there are edges: towards one ink below the baseline, towards another above it, mixed in OKLab. */
const COLORS = [
  ...['#0b6e74', '#48878c', '#77a4a8', '#a0bec2', '#c9d9dc', '#eef1f4'],
  ...['#e4d1cc', '#d7ada0', '#c88a75', '#b66246', '#a33c12'],
];

export function heatDrawing(result: RunResult, metric: Metric): Drawing {
  const baseline = baselineRow(result.plan.rows);
  return drawingOf(result, { metric, scale: 'ratio' }, { hidden: new Set(baseline ? [baseline.row] : []) });
}

const PAPER = { width: 720, left: 14, right: 14, top: 14, name: 14, cell: 16, gap: 6, axis: 44, key: 50 } as const;
const INK = { text: '#171c24', soft: '#465060' } as const;
/** Of all rows together: some 60 kB where no two neighbours are alike. */
const MOST_CELLS = 6000;

export function heatSvg(drawing: Drawing, metadata = ''): string {
  const { title, description, lines, x, xTicks, xLabel } = drawing;
  const pitch = PAPER.name + PAPER.cell + PAPER.gap;
  const floor = PAPER.top + lines.length * pitch;
  const height = floor + PAPER.axis + PAPER.key;
  const room = PAPER.width - PAPER.left - PAPER.right;
  const [from, to] = x;
  const at = (value: number) => n(PAPER.left + ((value - from) / (to - from)) * room);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PAPER.width}" height="${height}" viewBox="0 0 ${PAPER.width} ${height}" role="img" aria-labelledby="h-t h-d" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="${INK.text}">`,
    `<title id="h-t">${xml(title)}</title>`,
    `<desc id="h-d">${xml(description)}</desc>`,
    ...(metadata === '' ? [] : [`<metadata>${metadata}</metadata>`]),
    `<rect width="${PAPER.width}" height="${height}" fill="#fff"/>`,
    ...lines.map((line, i) => rowSvg(line, PAPER.top + i * pitch, drawing, lines.length)),
    `<g fill="${INK.soft}" text-anchor="middle">${xTicks.map((tick) => `<text x="${at(tick.at)}" y="${floor + 12}">${xml(tick.text)}</text>`).join('')}</g>`,
    `<text x="${PAPER.width / 2}" y="${floor + 30}" text-anchor="middle">${xml(xLabel)}</text>`,
    keySvg(floor + PAPER.axis, drawing.yShort),
    '</svg>',
    '',
  ].join('\n');
}

/** Cells in units of places, so that each is a few letters. */
function rowSvg(line: DrawnLine, top: number, { x: [from, to] }: Drawing, rows: number): string {
  const scale = (PAPER.width - PAPER.left - PAPER.right) / (to - from);
  const middle = top + PAPER.name + PAPER.cell / 2;
  const most = Math.max(1, Math.floor(MOST_CELLS / rows));
  const width = Math.max(1, Math.ceil((to - from) / most));
  const strokes = COLORS.map(() => '');
  const ends = COLORS.map(() => 0);
  for (const run of runsOf(line.points, from + 0.5, width)) {
    strokes[run.bucket] += `m${run.from - ends[run.bucket]} 0h${run.to - run.from}`;
    ends[run.bucket] = run.to;
  }
  const paths = strokes.map((path, bucket) =>
    path === '' ? '' : `<path stroke="${COLORS[bucket]}" d="M0 0${path}"/>`,
  );
  return [
    `<text x="${PAPER.left}" y="${top + 10}">${xml(legendOf(line))}</text>`,
    `<g fill="none" shape-rendering="crispEdges" stroke-width="${PAPER.cell}" transform="translate(${PAPER.left} ${middle}) scale(${Number(scale.toFixed(5))} 1)">${paths.join('')}</g>`,
  ].join('\n');
}

interface Run {
  readonly bucket: number;
  /** In places from the first in view. */
  readonly from: number;
  readonly to: number;
}

/** Neighbouring cells of one colour, by rising place; `width` places make a cell. */
export function runsOf(points: readonly Point[], first: number, width: number): Run[] {
  const cells = new Map<number, number>();
  for (const { x, y } of points) {
    const cell = Math.floor((x - first) / width);
    const other = cells.get(cell);
    if (other === undefined || away(y) > away(other)) cells.set(cell, y);
  }
  const runs: { bucket: number; from: number; to: number }[] = [];
  for (const [cell, y] of [...cells].sort(([a], [b]) => a - b)) {
    const bucket = bucketOf(y);
    const last = runs.at(-1);
    if (last?.bucket === bucket && last.to === cell * width) last.to += width;
    else runs.push({ bucket, from: cell * width, to: (cell + 1) * width });
  }
  return runs;
}

function away(ratio: number): number {
  return ratio > 0 ? Math.abs(Math.log(ratio)) : Infinity;
}

/** The colours with the ratios between them. */
function keySvg(top: number, name: string): string {
  const width = 44;
  const left = (PAPER.width - width * COLORS.length) / 2;
  const swatches = COLORS.map(
    (color, i) => `<path fill="${color}" d="M${n(left + i * width)} ${top + 16}h${width}v10h-${width}z"/>`,
  );
  const texts = EDGES.map(
    (edge, i) => `<text x="${n(left + (i + 1) * width)}" y="${top + 38}">${fixed(2)(edge)}</text>`,
  );
  return `<text x="${PAPER.width / 2}" y="${top + 8}" text-anchor="middle">${xml(PAPER_WORDS.heatKey(name))}</text><g shape-rendering="crispEdges">${swatches.join('')}</g><g fill="${INK.soft}" text-anchor="middle" font-size="10">${texts.join('')}</g>`;
}

function n(value: number): string {
  return String(Number(value.toFixed(1)));
}
