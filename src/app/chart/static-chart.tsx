/**
 * The chart as plain SVG: there at the first paint, and where Plotly has not arrived (or cannot). Same geometry, same looks.
 */
import { Grid } from './axes';
import type { ChartModel, ChartLine } from './model';
import { drawable, MARKER_SIZE, MAX_MARKERS, piecesOf, xAt, yAt, type Geometry } from './geometry';
import { colorOf, Mark } from './swatch';
import styles from './chart.module.css';

export function StaticChart({ model, geometry }: { model: ChartModel; geometry: Geometry }) {
  const { width, height } = geometry;
  return (
    <svg className={styles.drawing} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
      <Grid geometry={geometry} />
      {model.lines.map((line) => (
        <Line key={line.row} line={line} geometry={geometry} log={model.log} />
      ))}
    </svg>
  );
}

function Line({ line, geometry, log }: { line: ChartLine; geometry: Geometry; log: boolean }) {
  const points = drawable(line, log);
  if (points.length === 0) return null;
  const at = points.map((point) => [xAt(geometry, point.x), yAt(geometry, point.y)] as const);
  const path = piecesOf(points).map((piece) =>
    piece.map((point) => `${xAt(geometry, point.x).toFixed(1)} ${yAt(geometry, point.y).toFixed(1)}`).join('L'),
  );
  const size = 3.6 * ((line.size ?? MARKER_SIZE) / MARKER_SIZE);
  const every = Math.max(1, Math.ceil(at.length / MAX_MARKERS));
  return (
    <g className={line.dim ? styles.dimmed : undefined}>
      <path
        d={path.map((piece) => `M${piece}`).join('')}
        fill="none"
        strokeLinejoin="round"
        strokeDasharray={line.style.dash.join(' ') || undefined}
        style={{ stroke: colorOf(line.style), strokeWidth: line.style.width }}
      />
      {at.map(([x, y], i) => (i % every === 0 ? <Mark key={i} style={line.style} x={x} y={y} size={size} /> : null))}
    </g>
  );
}
