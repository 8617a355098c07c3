/** A row's errors as a ribbon, a cell a layer, darker where it is worse: the whole run in four pixels. All rows share one scale. */
import { useMemo } from 'react';
import type { RunFigures } from '../../store/run-view';
import { colorOf } from '../chart/swatch';
import type { LineStyle } from '../palette';
import styles from './compare.module.css';

export function ResidualStrip({ figures, row, style }: { figures: RunFigures; row: number; style: LineStyle }) {
  const cells = useMemo(() => strengths(figures, row), [figures, row]);
  const places = figures.plan?.layers.length ?? 0;
  if (cells.length === 0) return null;
  return (
    <svg
      className={styles.strip}
      viewBox={`0 0 ${places} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {cells.map(({ layer, strength }) => (
        <rect key={layer} x={layer} y="0" width="1.02" height="1" style={{ fill: colorOf(style), opacity: strength }} />
      ))}
    </svg>
  );
}

function strengths({ layers }: RunFigures, row: number): { layer: number; strength: number }[] {
  const error = (result: (typeof layers)[number]) => result.errors.heldOutOutput ?? result.errors.weight ?? 0;
  const logs = layers
    .map(error)
    .filter((value) => value > 0)
    .map(Math.log);
  if (logs.length === 0) return [];
  const low = Math.min(...logs);
  const span = Math.max(...logs) - low || 1;
  return layers
    .filter((result) => result.row === row && error(result) > 0)
    .map((result) => ({ layer: result.layer, strength: 0.12 + 0.88 * ((Math.log(error(result)) - low) / span) }));
}
