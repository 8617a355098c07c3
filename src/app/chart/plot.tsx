/** The drawing itself: static at first, Plotly's once that is there; the labels and the cursor lie over both. */
import { useCallback, useState } from 'react';
import { AxisNames } from './axes';
import { spread, xAt, yAt, drawable, type Geometry } from './geometry';
import type { ChartModel } from './model';
import { PlotlyCanvas, type Draw } from './plotly-canvas';
import { StaticChart } from './static-chart';
import { usePlotly } from './use-plotly';
import styles from './chart.module.css';

interface PlotProps {
  model: ChartModel;
  geometry: Geometry;
  /** The place under the cursor; null without one. */
  at: number | null;
  /** The stretch that is being dragged over, in pixels. */
  dragged?: readonly [number, number] | null;
}

export function Plot({ model, geometry, at, dragged }: PlotProps) {
  const plotly = usePlotly();
  const [drawn, setDrawn] = useState(false);
  const draw = useCallback<Draw>(
    (module, element, colors) => module.draw(element, model, geometry, colors),
    [model, geometry],
  );
  return (
    <div className={styles.plot} style={{ height: geometry.height }} aria-hidden="true">
      {!drawn && <StaticChart model={model} geometry={geometry} />}
      {plotly && <PlotlyCanvas plotly={plotly} draw={draw} visible={drawn} onDrawn={setDrawn} />}
      <Overlay model={model} geometry={geometry} at={at} dragged={dragged} />
    </div>
  );
}

export function Overlay({ model, geometry, at, dragged }: PlotProps) {
  const { width, height, top, bottom } = geometry;
  const floor = height - bottom;
  const vertical = (x: number) => ({ x1: xAt(geometry, x), x2: xAt(geometry, x), y1: top, y2: floor });
  return (
    <svg className={styles.overlay} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
      <AxisNames
        geometry={geometry}
        x={model.xLabel}
        y={model.yLabel.length * 6.3 < floor - top ? model.yLabel : model.yShort}
      />
      {model.starts.length <= 64 &&
        model.starts
          .slice(1)
          .filter(({ at: start }) => start - 0.5 > geometry.x[0] && start - 0.5 < geometry.x[1])
          .map(({ at: start }) => <line key={start} className={styles.separator} {...vertical(start - 0.5)} />)}
      {dragged && (
        <rect
          className={styles.selection}
          x={Math.min(...dragged)}
          width={Math.abs(dragged[1] - dragged[0])}
          y={top}
          height={floor - top}
        />
      )}
      {model.current !== null && <line className={styles.current} {...vertical(model.current)} strokeDasharray="4 3" />}
      {at !== null && <line className={styles.cursor} {...vertical(at)} />}
      <PointNames model={model} geometry={geometry} />
      {geometry.endLabels && <EndLabels model={model} geometry={geometry} />}
    </svg>
  );
}

/** Names at the lines' ends, moved apart where the lines end close together; a thin leader says which is whose. */
function EndLabels({ model, geometry }: { model: ChartModel; geometry: Geometry }) {
  const ends = model.lines.flatMap((line) => {
    const last = drawable(line, model.log).at(-1);
    return last ? [{ line, x: xAt(geometry, last.x), y: yAt(geometry, last.y) }] : [];
  });
  // Beside the last end, so that in a run under way the names stay with their lines.
  const edge = Math.max(...ends.map((end) => end.x)) + 8;
  const placed = spread(
    ends.map((end) => end.y),
    15,
    geometry.top + 6,
    geometry.height - geometry.bottom - 6,
  );
  return ends.map(({ line, x, y }, i) => (
    <g key={line.row}>
      <path className={styles.leader} d={`M${x + 5} ${y}L${edge + 4} ${placed[i]}h5`} />
      <text className={styles.endLabel} x={edge + 13} y={placed[i]} dy="0.32em">
        {line.short}
      </text>
    </g>
  ));
}

/** Names closer than this along x must not touch along y. */
const NAME_WIDTH = 110;

/** Beside the points of lines that are one point each, moved apart where points are close. */
function PointNames({ model, geometry }: { model: ChartModel; geometry: Geometry }) {
  const points = model.lines
    .flatMap((line) => {
      const point = line.named && drawable(line, model.log).at(-1);
      return point ? [{ line, x: xAt(geometry, point.x), y: yAt(geometry, point.y) }] : [];
    })
    .sort((a, b) => a.x - b.x);
  const clusters: (typeof points)[] = [];
  for (const point of points) {
    const last = clusters.at(-1);
    if (last && point.x - last[last.length - 1].x < NAME_WIDTH) last.push(point);
    else clusters.push([point]);
  }
  return clusters.flatMap((cluster) => {
    const placed = spread(
      cluster.map(({ y }) => y),
      14,
      geometry.top + 6,
      geometry.height - geometry.bottom - 6,
    );
    return cluster.map(({ line, x }, i) => {
      // On the side with room.
      const before = x > geometry.width - geometry.right - NAME_WIDTH;
      return (
        <text
          key={line.row}
          className={styles.endLabel}
          x={before ? x - 9 : x + 9}
          y={placed[i]}
          dy="0.32em"
          textAnchor={before ? 'end' : 'start'}
        >
          {line.short}
        </text>
      );
    });
  });
}
