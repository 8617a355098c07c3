/** The drawing of a scatter: plain SVG at first, Plotly's once that is there; axis names and whatever is marked lie over both. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { xAt, yAt, type Geometry } from './geometry';
import { usePlotly, usePlotlyColors, type PlotlyModule } from './use-plotly';
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
  const { width, height, left, right, top, bottom } = geometry;
  return (
    <div className={styles.plot} style={{ height }} aria-hidden="true">
      {!drawn && <StaticScatter scatter={scatter} geometry={geometry} />}
      {plotly && (
        <PlotlyScatter plotly={plotly} scatter={scatter} geometry={geometry} visible={drawn} onDrawn={setDrawn} />
      )}
      <svg
        className={styles.overlay}
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        focusable="false"
      >
        <text className={styles.axisName} x={(left + width - right) / 2} y={height - 6} textAnchor="middle">
          {scatter.xLabel}
        </text>
        <text
          className={styles.axisName}
          transform={`translate(12 ${(top + height - bottom) / 2}) rotate(-90)`}
          textAnchor="middle"
        >
          {scatter.yLabel}
        </text>
        {children}
      </svg>
    </div>
  );
}

interface CanvasProps {
  plotly: PlotlyModule;
  scatter: Scatter;
  geometry: Geometry;
  visible: boolean;
  /** Told whether it worked; must keep its identity, or every render would draw. */
  onDrawn: (worked: boolean) => void;
}

function PlotlyScatter({ plotly, scatter, geometry, visible, onDrawn }: CanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const colors = usePlotlyColors();
  useEffect(() => {
    if (!element.current) return;
    let current = true;
    plotly.drawScatter(element.current, scatter, geometry, colors).then(
      () => current && onDrawn(true),
      () => current && onDrawn(false),
    );
    return () => {
      current = false;
    };
  }, [plotly, scatter, geometry, colors, onDrawn]);
  useEffect(() => {
    const node = element.current;
    return () => {
      if (node) plotly.erase(node);
    };
  }, [plotly]);
  return (
    <div className={visible ? styles.canvas : `${styles.canvas} ${styles.hidden}`}>
      <div ref={element} />
    </div>
  );
}

function StaticScatter({ scatter, geometry }: { scatter: Scatter; geometry: Geometry }) {
  const { width, height, left, right, bottom, xTicks, yTicks } = geometry;
  const { dots, discs, from } = scatter;
  const floor = height - bottom;
  const largest = discSize(discs.x.length);
  return (
    <svg className={styles.drawing} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
      {yTicks.map(({ at, text }) => (
        <g key={text}>
          <line className={styles.grid} x1={left} x2={width - right} y1={yAt(geometry, at)} y2={yAt(geometry, at)} />
          <text className={styles.tick} x={left - 8} y={yAt(geometry, at)} dy="0.32em" textAnchor="end">
            {text}
          </text>
        </g>
      ))}
      {xTicks.map(({ at, text }) => (
        <text key={at} className={styles.tick} x={xAt(geometry, at)} y={floor + 16} textAnchor="middle">
          {text}
        </text>
      ))}
      <line className={styles.axis} x1={left} x2={width - right} y1={floor} y2={floor} />
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
