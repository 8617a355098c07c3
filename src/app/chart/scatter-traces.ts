/** A scatter as Plotly's traces. Apart from plotly.ts, which needs a browser to load. */
import type { Data } from 'plotly.js';
import type { PlotlyColors } from './plotly-colors';
import { diameterOf, discSize, type Scatter } from './scatter';

export function scatterTraces({ dots, discs, from }: Scatter, colors: PlotlyColors): Data[] {
  const shared = { type: 'scatter', hoverinfo: 'skip', showlegend: false } as const;
  const largest = discSize(discs.x.length);
  const list = (values: ArrayLike<number>) => Array.from(values);
  const trails = (start: ArrayLike<number>, end: ArrayLike<number>) =>
    Array.from(start, (value, i) => [value, end[i], null]).flat();
  return [
    {
      ...shared,
      mode: 'markers',
      x: list(dots.x),
      y: list(dots.y),
      marker: { color: colors.axis, size: 3, opacity: 0.45 },
    },
    {
      ...shared,
      mode: 'lines',
      x: from ? trails(from.x, discs.x) : [],
      y: from ? trails(from.y, discs.y) : [],
      line: { color: colors.axis, width: 1 },
    },
    {
      ...shared,
      mode: 'markers',
      x: list(discs.x),
      y: list(discs.y),
      marker: {
        color: discs.fills ? [...discs.fills] : colors.text,
        size: Array.from(discs.sizes, (size) => diameterOf(size, largest)),
        opacity: 1,
        line: { color: colors.text, width: 0.75 },
      },
    },
  ];
}
