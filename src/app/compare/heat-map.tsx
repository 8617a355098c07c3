/**
 * Layers by rows: each cell a layer's error under a row, divided by the baseline's. Colour says on which side of it and how far; every
 * value is in the read-out, by pointer and by keyboard, and in the data table.
 */
import { bucketOf, EDGES } from '../../report/drawing-heat';
import { xAt, type Geometry } from '../chart/geometry';
import type { ChartModel } from '../chart/model';
import { heatWords as say } from './view-words';
import styles from './more-views.module.css';

/** How much of its side's colour a cell has, in percent; negative: below the baseline. */
const SHARES = [-100, -80, -58, -38, -18, 0, 18, 38, 58, 80, 100] as const;

export function colorOfBucket(bucket: number): string {
  const share = SHARES[bucket];
  return `color-mix(in oklab, var(--${share < 0 ? 'heat-less' : 'heat-more'}) ${Math.abs(share)}%, var(--heat-none))`;
}

interface HeatMapProps {
  model: ChartModel;
  geometry: Geometry;
  at: number | null;
}

/** The row whose cells are at a height. */
export function heatRowAt(model: ChartModel, { height, top, bottom }: Geometry, py: number) {
  const place = Math.floor(((py - top) / (height - top - bottom)) * model.lines.length);
  return model.lines.at(Math.max(0, Math.min(model.lines.length - 1, place))) ?? null;
}

/** Where names no longer fit above their cells. */
const LEAST_PITCH = 24;
const NAME = 15;

export function HeatMap({ model, geometry, at }: HeatMapProps) {
  const { width, height, top, bottom, left, right, xTicks } = geometry;
  const pitch = (height - top - bottom) / Math.max(1, model.lines.length);
  const name = pitch >= LEAST_PITCH ? NAME : 0;
  const cell = xAt(geometry, 1) - xAt(geometry, 0);
  const paths = EDGES.map(() => '').concat('');
  model.lines.forEach(({ points }, i) => {
    const y = (top + i * pitch + name).toFixed(1);
    const tall = (pitch - name - 3).toFixed(1);
    for (const point of points) {
      const x = (xAt(geometry, point.x) - cell / 2).toFixed(1);
      paths[bucketOf(point.y)] += `M${x} ${y}h${cell.toFixed(2)}v${tall}h-${cell.toFixed(2)}Z`;
    }
  });
  return (
    <svg
      className={styles.heat}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
      focusable="false"
    >
      {paths.map(
        (path, bucket) => path !== '' && <path key={bucket} d={path} style={{ fill: colorOfBucket(bucket) }} />,
      )}
      {name > 0 &&
        model.lines.map((line, i) => (
          <text key={line.row} x={left} y={top + i * pitch + 11} className={styles.heatName}>
            {line.label}
          </text>
        ))}
      {xTicks.map((tick) => (
        <text
          key={tick.at}
          x={xAt(geometry, tick.at)}
          y={height - bottom + 16}
          textAnchor="middle"
          className={styles.heatTick}
        >
          {tick.text}
        </text>
      ))}
      <text x={(left + width - right) / 2} y={height - 6} textAnchor="middle" className={styles.heatTick}>
        {model.xLabel}
      </text>
      {at !== null && (
        <rect
          className={styles.heatCursor}
          x={xAt(geometry, at) - cell / 2}
          y={top}
          width={Math.max(2, cell)}
          height={height - top - bottom}
        />
      )}
    </svg>
  );
}

/** What the colours say, in words. */
export function HeatKey({ format }: { format: (ratio: number) => string }) {
  const text = (bucket: number) => {
    if (bucket === 0) return say.less(format(EDGES[0]));
    const last = EDGES.length;
    return bucket === last
      ? say.more(format(EDGES[last - 1]))
      : say.keyOf(format(EDGES[bucket - 1]), format(EDGES[bucket]));
  };
  return (
    <ul className={styles.key} aria-label={say.key}>
      {SHARES.map((_, bucket) => (
        <li key={bucket}>
          <span className={styles.keyColor} style={{ background: colorOfBucket(bucket) }} aria-hidden="true" />
          {text(bucket)}
        </li>
      ))}
    </ul>
  );
}
