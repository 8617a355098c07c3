/**
 * Plotly, cut down to what is drawn: its core, which has `scatter`. Loaded lazily, because it is five times the rest of the page.
 * Nothing of it may talk to anybody: no mode bar, no "send to cloud".
 */
import Plotly from 'plotly.js/lib/core';
import type { Config, Data, Layout } from 'plotly.js';
import { dashOf } from '../../report/palette';
import { drawable, MARKER_SIZE, MAX_MARKERS, piecesOf, type Geometry } from './geometry';
import type { ChartLine, ChartModel } from './model';
import type { Scatter } from './scatter';
import { scatterTraces } from './scatter-traces';
import type { PlotlyColors } from './plotly-colors';

const CONFIG: Partial<Config> = {
  displayModeBar: false,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: '',
  responsive: true,
  doubleClick: false,
  showTips: false,
};

/** Plotly takes lists of lengths as well; its types know only the names. */
type Dash = 'solid';

/** Of a line while another stands out. */
const DIM = 0.18;

/** Past this many points markers cost more than they tell. */
const MANY_POINTS = 2000;

export async function draw(
  element: HTMLElement,
  model: ChartModel,
  geometry: Geometry,
  colors: PlotlyColors,
): Promise<void> {
  await Plotly.react(element, tracesOf(model, colors), layoutOf(geometry, colors), CONFIG);
}

/** Sub-vectors, codewords and the trails behind them; the layout is the lines'. */
export async function drawScatter(
  element: HTMLElement,
  scatter: Scatter,
  geometry: Geometry,
  colors: PlotlyColors,
): Promise<void> {
  await Plotly.react(element, scatterTraces(scatter, colors), layoutOf(geometry, colors), CONFIG);
}

export function erase(element: HTMLElement): void {
  Plotly.purge(element);
}

export function tracesOf(model: ChartModel, colors: PlotlyColors): Data[] {
  const many = model.lines.reduce((sum, line) => sum + line.points.length, 0) > MANY_POINTS;
  return model.lines.map((line) => {
    const points = drawable(line, model.log);
    const color = colors.line(line.style);
    // A single point is no line yet: it needs a marker to be seen at all.
    const marked = (line.style.marker !== 'none' && !many) || points.length === 1;
    return {
      type: 'scatter',
      mode: marked ? 'lines+markers' : 'lines',
      name: line.label,
      opacity: line.dim ? DIM : 1,
      x: withGaps(points, (point) => point.x),
      y: withGaps(points, (point) => point.y),
      line: { color, width: line.style.width, dash: dashOf(line.style, 'px') as Dash, simplify: true },
      marker: {
        color,
        size: line.size ?? MARKER_SIZE,
        symbol: line.style.marker === 'none' ? 'circle' : line.style.marker,
        maxdisplayed: MAX_MARKERS,
      },
      hoverinfo: 'skip',
      showlegend: false,
    } satisfies Data;
  });
}

/** A value for each point, and nothing between two pieces of the line. */
function withGaps(points: ChartLine['points'], value: (point: ChartLine['points'][number]) => number) {
  return piecesOf(points).flatMap((piece, i) => [...(i > 0 ? [null] : []), ...piece.map(value)]);
}

export function layoutOf(geometry: Geometry, colors: PlotlyColors): Partial<Layout> {
  const { width, height, left, right, top, bottom, log, y } = geometry;
  const font = {
    family: 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "Open Sans", sans-serif',
    size: 12,
    color: colors.text,
  };
  return {
    width,
    height,
    margin: { l: left, r: right, t: top, b: bottom, pad: 0 },
    autosize: false,
    font,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    showlegend: false,
    // Pointer and keyboard share one readout, which is not Plotly's.
    hovermode: false,
    dragmode: false,
    uirevision: 'constant',
    xaxis: {
      range: [geometry.x[0], geometry.x[1]],
      tickvals: geometry.xTicks.map((tick) => tick.at),
      ticktext: geometry.xTicks.map((tick) => tick.text),
      showgrid: false,
      zeroline: false,
      showline: true,
      linecolor: colors.axis,
      fixedrange: true,
    },
    yaxis: {
      type: log ? 'log' : 'linear',
      range: log ? [Math.log10(y[0]), Math.log10(y[1])] : [y[0], y[1]],
      tickvals: geometry.yTicks.map((tick) => tick.at),
      ticktext: geometry.yTicks.map((tick) => tick.text),
      gridcolor: colors.grid,
      zeroline: false,
      fixedrange: true,
    },
  };
}
