/** What charts of all kinds have around their content: the grid with its numbers, and the names of the axes. */
import { xAt, yAt, type Geometry } from './geometry';
import styles from './chart.module.css';

/** Grid lines, numbers and the lower axis of a static drawing. */
export function Grid({ geometry }: { geometry: Geometry }) {
  const { width, height, left, right, bottom, yTicks, xTicks } = geometry;
  const floor = height - bottom;
  return (
    <>
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
    </>
  );
}

interface AxisNamesProps {
  geometry: Geometry;
  x: string;
  y: string;
}

/** In the overlay and not in Plotly, which would place them a little differently from the static drawing. */
export function AxisNames({ geometry, x, y }: AxisNamesProps) {
  const { width, height, left, right, top, bottom } = geometry;
  return (
    <>
      <text className={styles.axisName} x={(left + width - right) / 2} y={height - 6} textAnchor="middle">
        {x}
      </text>
      <text
        className={styles.axisName}
        transform={`translate(12 ${(top + height - bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {y}
      </text>
    </>
  );
}
