/**
 * A chart as an SVG file for a paper: light whatever the page's theme, with title and description for those who do not see it, and below
 * 80 kB however many points there are, since no more are drawn than there are pixels to tell them apart. `metadata` is the result
 * (embedded.ts), so that the figure opens in the studio again.
 */
import { legendOf, shortened, type DrawnLine, type Drawing } from './drawing';
import { xml } from './escape';
import { extremes, piecesOf, spread } from './layout';
import { MARKER_PATHS } from './palette';
import type { Point } from './series';

export interface SvgOptions {
  /** Elements to stand in <metadata>; nothing where it is not said. */
  readonly metadata?: string;
  /** Before ids, where several stand in one document. */
  readonly prefix?: string;
}

const PAPER = { width: 720, plot: 340, left: 64, right: 14, top: 14, axis: 46, legend: 20 } as const;
const INK = { text: '#171c24', soft: '#465060', grid: '#dfe4ea', axis: '#7a8594' } as const;
/** Letters of 11 pixels are about so wide. */
const LETTER = 6;
/** Of a name at a line's end. */
const END_LETTERS = 24;
/** Lines whose names stand at their ends. */
const MOST_END_LABELS = 6;
/** Points of all lines together. */
const MOST_POINTS = 4000;
const MARKERS = 12;

export function drawingSvg(drawing: Drawing, { metadata = '', prefix = 'q' }: SvgOptions = {}): string {
  const { title, description, lines } = drawing;
  const frame = frameOf(drawing);
  const legend = legendOfLines(lines, frame);
  const height = frame.floor + PAPER.axis + legend.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${PAPER.width}" height="${height}" viewBox="0 0 ${PAPER.width} ${height}" role="img" aria-labelledby="${prefix}-t ${prefix}-d" font-family="Helvetica, Arial, sans-serif" font-size="11" fill="${INK.text}">`,
    `<title id="${prefix}-t">${xml(title)}</title>`,
    `<desc id="${prefix}-d">${xml(description)}</desc>`,
    ...(metadata === '' ? [] : [`<metadata>${metadata}</metadata>`]),
    markerDefinitions(lines, prefix),
    `<rect width="${PAPER.width}" height="${height}" fill="#fff"/>`,
    axes(drawing, frame),
    ...lines.map((line, i) => lineSvg(line, i, drawing, frame, prefix)),
    frame.endLabels ? endLabels(drawing, frame) : '',
    pointNames(lines, frame),
    legend.svg(prefix),
    '</svg>',
    '',
  ]
    .filter((part, i, all) => part !== '' || i === all.length - 1)
    .join('\n');
}

interface Frame {
  readonly right: number;
  readonly floor: number;
  readonly endLabels: boolean;
  x(value: number): number;
  y(value: number): number;
}

function frameOf({ lines, log, x: [from, to], y, endLabels: wanted }: Drawing): Frame {
  const endLabels =
    wanted !== false && lines.length <= MOST_END_LABELS && lines.some(({ points }) => points.length > 0);
  const longest = Math.max(0, ...lines.map(({ short }) => Math.min(short.length, END_LETTERS)));
  const right = PAPER.width - (endLabels ? Math.min(170, 26 + longest * LETTER) : PAPER.right);
  const floor = PAPER.top + PAPER.plot;
  const [low, high] = log ? y.map(Math.log10) : y;
  return {
    right,
    floor,
    endLabels,
    x: (value) => PAPER.left + ((value - from) / (to - from)) * (right - PAPER.left),
    y: (value) => floor - (((log ? Math.log10(value) : value) - low) / (high - low)) * PAPER.plot,
  };
}

function axes({ xTicks, yTicks, separators, xLabel, yLabel, yShort }: Drawing, { x, y, right, floor }: Frame): string {
  const middle = n((PAPER.left + right) / 2);
  return [
    `<g stroke="${INK.grid}">${yTicks.map(({ at }) => `<path d="M${PAPER.left} ${n(y(at))}H${n(right)}"/>`).join('')}</g>`,
    `<g stroke="${INK.grid}" stroke-dasharray="2 3">${separators.map((at) => `<path d="M${n(x(at))} ${PAPER.top}V${floor}"/>`).join('')}</g>`,
    `<path d="M${PAPER.left} ${floor}H${n(right)}" stroke="${INK.axis}"/>`,
    `<g fill="${INK.soft}" text-anchor="end">${yTicks.map(({ at, text }) => `<text x="${PAPER.left - 8}" y="${n(y(at) + 4)}">${xml(text)}</text>`).join('')}</g>`,
    `<g fill="${INK.soft}" text-anchor="middle">${xTicks.map(({ at, text }) => `<text x="${n(x(at))}" y="${floor + 16}">${xml(text)}</text>`).join('')}</g>`,
    `<text x="${middle}" y="${floor + 34}" text-anchor="middle">${xml(xLabel)}</text>`,
    `<text transform="translate(14 ${n(PAPER.top + PAPER.plot / 2)}) rotate(-90)" text-anchor="middle">${xml(yLabel.length * LETTER < PAPER.plot ? yLabel : yShort)}</text>`,
  ].join('\n');
}

function lineSvg(line: DrawnLine, i: number, { lines }: Drawing, frame: Frame, prefix: string): string {
  const { style, points } = line;
  if (points.length === 0) return '';
  const at = (point: Point) => `${n(frame.x(point.x))} ${n(frame.y(point.y))}`;
  const most = Math.max(8, Math.floor(MOST_POINTS / lines.length));
  const path = piecesOf(points)
    .map(
      (piece) =>
        `M${outline(piece, Math.ceil((most * piece.length) / points.length))
          .map(at)
          .join('L')}`,
    )
    .join('');
  const dash = style.dash.length === 0 ? '' : ` stroke-dasharray="${style.dash.join(' ')}"`;
  const every = Math.max(1, Math.ceil(points.length / MARKERS));
  const marks =
    style.marker === 'none'
      ? ''
      : points
          .filter((_, k) => k % every === 0)
          .map((point) => `<use href="#${prefix}-m${i}" x="${n(frame.x(point.x))}" y="${n(frame.y(point.y))}"/>`)
          .join('');
  return `<g><path d="${path}" fill="none" stroke="${style.light}" stroke-width="${style.width}"${dash} stroke-linejoin="round"/>${marks}</g>`;
}

/** At most about `most` points with the same outline: of neighbours that share a step along x, the lowest and the highest. */
export function outline(points: readonly Point[], most: number): Point[] {
  if (points.length <= most) return [...points];
  const steps = Math.max(1, Math.floor(most / 2));
  const kept: Point[] = [];
  for (let step = 0; step < steps; step++) {
    const from = Math.floor((step * points.length) / steps);
    const some = points.slice(from, Math.floor(((step + 1) * points.length) / steps));
    if (some.length === 0) continue;
    const [low, high] = extremes(some.map(({ y }) => y));
    kept.push(...some.filter(({ y }, i) => some.findIndex((one) => one.y === y) === i && (y === low || y === high)));
  }
  return kept;
}

function markerDefinitions(lines: readonly DrawnLine[], prefix: string): string {
  const marks = lines.map(({ style }, i) => {
    if (style.marker === 'none') return '';
    const id = `id="${prefix}-m${i}" fill="${style.light}"`;
    return style.marker === 'circle'
      ? `<circle ${id} r="3.4"/>`
      : `<path ${id} transform="scale(3.4)" d="${MARKER_PATHS[style.marker]}"/>`;
  });
  return `<defs>${marks.join('')}</defs>`;
}

function endLabels({ lines }: Drawing, frame: Frame): string {
  const ends = lines.flatMap((line) => {
    const last = line.points.at(-1);
    return last ? [{ line, x: frame.x(last.x), y: frame.y(last.y) }] : [];
  });
  const edge = extremes(ends.map(({ x }) => x))[1] + 8;
  const placed = spread(
    ends.map(({ y }) => y),
    14,
    PAPER.top + 6,
    frame.floor - 6,
  );
  return ends
    .map(
      ({ line, x, y }, i) =>
        `<path d="M${n(x + 4)} ${n(y)}L${n(edge + 4)} ${n(placed[i])}h5" fill="none" stroke="${INK.axis}" stroke-width=".7"/><text x="${n(edge + 12)}" y="${n(placed[i] + 4)}">${xml(shortened(line.short, END_LETTERS))}</text>`,
    )
    .join('\n');
}

/** Names nearer than this along x must not touch along y. */
const NAME_WIDTH = 130;

/** Beside the points of lines that are one point each, moved apart where points are close. */
function pointNames(lines: readonly DrawnLine[], frame: Frame): string {
  const points = lines
    .flatMap((line) => (line.named ? line.points.map((at) => ({ line, x: frame.x(at.x), y: frame.y(at.y) })) : []))
    .sort((a, b) => a.x - b.x);
  const clusters: (typeof points)[] = [];
  for (const point of points) {
    const last = clusters.at(-1);
    if (last && point.x - last[last.length - 1].x < NAME_WIDTH) last.push(point);
    else clusters.push([point]);
  }
  return clusters
    .flatMap((cluster) => {
      const placed = spread(
        cluster.map(({ y }) => y),
        13,
        PAPER.top + 6,
        frame.floor - 6,
      );
      return cluster.map(({ line, x }, i) => {
        const name = xml(shortened(line.short, END_LETTERS));
        // On the side with room.
        return x > frame.right - NAME_WIDTH
          ? `<text x="${n(x - 8)}" y="${n(placed[i] + 4)}" text-anchor="end">${name}</text>`
          : `<text x="${n(x + 8)}" y="${n(placed[i] + 4)}">${name}</text>`;
      });
    })
    .join('\n');
}

/** Under the axis, as many names a row as fit. */
function legendOfLines(lines: readonly DrawnLine[], { floor }: Frame) {
  const widest = 48 + Math.max(0, ...lines.map((line) => legendOf(line).length)) * LETTER;
  const across = Math.max(1, Math.min(lines.length, Math.floor((PAPER.width - PAPER.left) / widest)));
  return {
    height: Math.ceil(lines.length / across) * PAPER.legend + 8,
    svg: (prefix: string) =>
      lines
        .map((line, i) => {
          const { style } = line;
          const x = PAPER.left + (i % across) * widest;
          const y = floor + PAPER.axis + Math.floor(i / across) * PAPER.legend + 8;
          const dash = style.dash.length === 0 ? '' : ` stroke-dasharray="${style.dash.join(' ')}"`;
          const mark = style.marker === 'none' ? '' : `<use href="#${prefix}-m${i}" x="${x + 14}" y="${y}"/>`;
          return `<path d="M${x} ${y}h28" stroke="${style.light}" stroke-width="${style.width}"${dash}/>${mark}<text x="${x + 36}" y="${y + 4}">${xml(legendOf(line))}</text>`;
        })
        .join('\n'),
  };
}

/** A tenth of a pixel is enough. */
function n(value: number): string {
  return String(Number(value.toFixed(1)));
}
