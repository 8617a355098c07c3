/** The values of all lines at one place, lowest first, beside the cursor: one readout for pointer and keyboard. */
import { xAt, type Geometry } from './geometry';
import type { ChartModel } from './model';
import { Swatch } from './swatch';
import styles from './chart.module.css';

interface ReadoutProps {
  model: ChartModel;
  geometry: Geometry;
  at: number;
  /** The line that the keyboard is on; null for the pointer. */
  line: number | null;
  /** Under the drawing, where there is no room beside the cursor. */
  below: boolean;
}

export function Readout({ model, geometry, at, line, below }: ReadoutProps) {
  const values = model.lines
    .flatMap((one, index) => {
      const point = one.points.find((candidate) => candidate.x === at);
      return point ? [{ one, index, y: point.y }] : [];
    })
    .sort((a, b) => a.y - b.y);
  const x = xAt(geometry, at);
  const side = x > geometry.width / 2 ? { right: geometry.width - x + 12 } : { left: x + 12 };
  return (
    <div
      className={below ? `${styles.readout} ${styles.below}` : styles.readout}
      style={below ? undefined : side}
      aria-hidden="true"
    >
      <p className={styles.readoutName}>{model.placeName(at)}</p>
      {values.map(({ one, index, y }) => (
        <p key={one.row} className={index === line ? `${styles.readoutRow} ${styles.chosen}` : styles.readoutRow}>
          <Swatch style={one.style} />
          <span>{one.short}</span>
          <span className={styles.value}>{model.format(y)}</span>
        </p>
      ))}
    </div>
  );
}
