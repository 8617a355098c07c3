/** A chart as a native figure of LaTeX: a pgfplots axis with its values in it, which takes the document's own fonts. */
import { legendOf, shortened, type DrawnLine, type Drawing } from './drawing';
import { tex, texComment, unicodeNote } from './escape';
import type { Marker } from './palette';

const MARKS: Readonly<Record<Marker, string>> = {
  none: 'none',
  circle: '*',
  square: 'square*',
  diamond: 'diamond*',
  cross: '+',
  'triangle-up': 'triangle*',
  'triangle-down': 'halfcircle*',
  pentagon: 'pentagon*',
  star: 'star',
  hexagon: 'otimes*',
};

/** Markers a line shows about. */
const MARKERS = 12;

/** Letters of a legend's longest entry up to which two stand beside each other in a column of a paper. */
const LEGEND_PAIR = 28;

export function drawingPgfplots(drawing: Drawing): string {
  const { title, lines, log, x, y, xTicks, xLabel, yLabel } = drawing;
  const list = (values: readonly (string | number)[]) => `{${values.join(',')}}`;
  const legend = lines.map(legendOf);
  const columns = legend.some(({ length }) => length > LEGEND_PAIR) ? 1 : 2;
  return [
    texComment(`${title}. In the preamble: \\usepackage{pgfplots} \\pgfplotsset{compat=1.18}`),
    ...unicodeNote([title, xLabel, yLabel, ...legend, ...xTicks.map(({ text }) => text)]),
    ...lines.map(
      ({ style }, i) => `\\definecolor{quantelier${letters(i)}}{HTML}{${style.light.slice(1).toUpperCase()}}`,
    ),
    '\\begin{tikzpicture}',
    '\\begin{axis}[',
    // The axis alone, beside which its labels still fit into the line.
    '  scale only axis, width=0.78\\linewidth, height=0.42\\linewidth,',
    `  xmin=${short(x[0])}, xmax=${short(x[1])}, ymin=${short(y[0])}, ymax=${short(y[1])},`,
    ...(log ? ['  ymode=log,'] : []),
    `  xtick=${list(xTicks.map(({ at }) => at))}, xticklabels=${list(xTicks.map(({ text }) => tex(text)))},`,
    `  xlabel={${tex(xLabel)}}, ylabel={${tex(yLabel)}},`,
    '  ymajorgrids, grid style={gray!25}, axis lines=left, tick align=outside,',
    '  label style={font=\\small, align=center}, ylabel style={text width=0.42\\linewidth},',
    `  legend style={at={(0.5,-0.22)}, anchor=north, legend columns=${columns}, draw=none, font=\\footnotesize},`,
    '  legend cell align=left, unbounded coords=jump,',
    ']',
    ...lines.flatMap(plot),
    '\\end{axis}',
    '\\end{tikzpicture}',
    '',
  ].join('\n');
}

function plot(line: DrawnLine, i: number): string[] {
  const { style, points } = line;
  const dash = style.dash.length === 0 ? 'solid' : `dash pattern=${dashes(style.dash)}`;
  const every = Math.max(1, Math.ceil(points.length / MARKERS));
  const options = [
    `quantelier${letters(i)}`,
    ...(style.width === 0 ? ['only marks'] : [`line width=${short(style.width * 0.6)}pt`, dash]),
    `mark=${MARKS[style.marker]}`,
    ...(style.marker === 'none' ? [] : [`mark repeat=${every}`, 'mark size=1.6pt', 'mark options={solid}']),
    ...(line.named
      ? [
          `nodes near coords={${tex(shortened(line.short))}}`,
          'nodes near coords style={anchor=west, font=\\footnotesize}',
        ]
      : []),
  ];
  const rows = points.flatMap(({ x, y, begins }, at) => [
    ...(begins && at > 0 ? [`${x - 0.5} nan`] : []),
    `${short(x)} ${short(y)}`,
  ]);
  return [
    `\\addplot[${options.join(', ')}] table {`,
    ...(rows.length > 0 ? rows : ['0 nan']),
    '};',
    `\\addlegendentry{${tex(legendOf(line))}}`,
  ];
}

function dashes(lengths: readonly number[]): string {
  return lengths.map((length, i) => `${i % 2 === 0 ? 'on' : 'off'} ${short(length * 0.6)}pt`).join(' ');
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Names of TeX have no digits. */
function letters(i: number): string {
  return String.fromCharCode(97 + Math.floor(i / 26)) + String.fromCharCode(97 + (i % 26));
}
