/**
 * A row's values of the metric at hand as a ribbon, a cell a layer or block, darker where it is worse: the whole run in four pixels. All
 * rows share one scale.
 */
import { shownSeries, type Shown } from '../../report/compare';
import { extremes } from '../../report/layout';
import { SCALE_FACES } from '../../report/scales';
import type { Point } from '../../report/series';
import type { RunFigures } from '../../store/run-view';
import { colorOf } from '../chart/swatch';
import type { LineStyle } from '../../report/palette';
import styles from './compare.module.css';

interface StripProps {
  /** A path a shade, each a unit wide a place. */
  cells: readonly string[];
  places: number;
  style: LineStyle;
}

export function ResidualStrip({ cells, places, style }: StripProps) {
  return (
    <svg
      className={styles.strip}
      viewBox={`0 0 ${places} 1`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {cells.map((path, level) =>
        path === '' ? null : (
          <path key={level} d={path} style={{ fill: colorOf(style), opacity: (level + 1) / LEVELS }} />
        ),
      )}
    </svg>
  );
}

/** Shades: a path each, since a cell of its own for each of thousands of layers would keep the page from answering. */
const LEVELS = 12;

export interface Strips {
  readonly places: number;
  /** By row, of those that have a place to show. */
  readonly cells: ReadonlyMap<number, readonly string[]>;
}

export function stripsOf(figures: RunFigures, shown: Shown): Strips {
  const series = shownSeries(figures, shown);
  // Differences are on both sides of 0; all else spans decades.
  const linear = SCALE_FACES[shown.scale].axis === 'around zero';
  const place = (y: number) => (linear ? y : Math.log(y));
  const drawn = (points: readonly Point[]) => points.filter(({ y }) => linear || y > 0);
  const rows = series.map(({ row, points }) => ({ row, at: drawn(points).map(({ x, y }) => ({ x, y: place(y) })) }));
  const [low, high] = extremes(rows.flatMap(({ at }) => at.map(({ y }) => y)));
  const span = high - low || 1;
  const cells = new Map<number, readonly string[]>();
  for (const { row, at } of rows.filter((one) => one.at.length > 0)) {
    const paths = Array<string>(LEVELS).fill('');
    for (const { x, y } of at) paths[Math.round(((y - low) / span) * (LEVELS - 2)) + 1] += `M${x} 0h1.02v1h-1.02Z`;
    cells.set(row, paths);
  }
  const { plan } = figures;
  return { places: (shown.metric === 'block' ? plan?.blocks : plan?.layers.length) ?? 0, cells };
}
