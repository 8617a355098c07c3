/** The drawing of a scatter: plain SVG at first, Plotly's once that is there; axis names and whatever is marked lie over both. */
import { useCallback, useState, type ReactNode } from 'react';
import { AxisNames, Grid } from './axes';
import { xAt, yAt, type Geometry } from './geometry';
import { PlotlyCanvas, type Draw } from './plotly-canvas';
import { usePlotly } from './use-plotly';
import { diameterOf, discSize, type Points, type Scatter } from './scatter';
import styles from './chart.module.css';

interface ScatterPlotProps {
  scatter: Scatter;
  geometry: Geometry;
  /** Over the drawing, in its pixels. */
  children?: ReactNode;
}

export function ScatterPlot({ scatter, geometry, children }: ScatterPlotProps) {
  const plotly = usePlotly();
  const [drawn, setDrawn] = useState(false);
  const { width, height } = geometry;
  const draw = useCallback<Draw>(
    (module, element, colors) => module.drawScatter(element, scatter, geometry, colors),
    [scatter, geometry],
  );
  return (
    <div className={styles.plot} style={{ height }} aria-hidden="true">
      {!drawn && <StaticScatter scatter={scatter} geometry={geometry} />}
      {plotly && <PlotlyCanvas plotly={plotly} draw={draw} visible={drawn} onDrawn={setDrawn} />}
      <svg
        className={styles.overlay}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        focusable="false"
      >
        <AxisNames geometry={geometry} x={scatter.xLabel} y={scatter.yLabel} />
        {children}
      </svg>
    </div>
  );
}

function StaticScatter({ scatter, geometry }: { scatter: Scatter; geometry: Geometry }) {
  const { width, height } = geometry;
  const { dots, discs, from } = scatter;
  const largest = discSize(discs.x.length);
  return (
    <svg className={styles.drawing} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
      <Grid geometry={geometry} />
      {/* One path, however many: each dot is a stroke of no length with round ends. */}
      <path className={styles.dots} d={strokes(dots, geometry)} />
      {from && <path className={styles.trails} d={trails(from, discs, geometry)} />}
      {Array.from(discs.x, (x, i) => (
        <circle
          key={i}
          className={styles.disc}
          cx={xAt(geometry, x)}
          cy={yAt(geometry, discs.y[i])}
          r={diameterOf(discs.sizes[i], largest) / 2}
          style={discs.fills ? { fill: discs.fills[i] } : undefined}
        />
      ))}
    </svg>
  );
}

/** Dots as a path. */
export function strokes({ x, y }: Points, geometry: Geometry): string {
  return Array.from(x, (at, i) => `M${xAt(geometry, at).toFixed(1)} ${yAt(geometry, y[i]).toFixed(1)}h0`).join('');
}

function trails(from: Points, to: Points, geometry: Geometry): string {
  const place = (points: Points, i: number) =>
    `${xAt(geometry, points.x[i]).toFixed(1)} ${yAt(geometry, points.y[i]).toFixed(1)}`;
  return Array.from(from.x, (_, i) => `M${place(from, i)}L${place(to, i)}`).join('');
}
