/**
 * A row's values of the metric at hand as a ribbon, a cell a layer or block, darker where it is worse: the whole run in four pixels. All
 * rows share one scale.
 */
import { useMemo } from 'react';
import { shownSeries, type Shown } from '../../report/compare';
import { extremes } from '../../report/layout';
import { SCALE_FACES } from '../../report/scales';
import type { Point } from '../../report/series';
import type { RunFigures } from '../../store/run-view';
import { colorOf } from '../chart/swatch';
import type { LineStyle } from '../../report/palette';
import styles from './compare.module.css';

interface StripProps {
  figures: RunFigures;
  row: number;
  style: LineStyle;
  shown: Shown;
}

export function ResidualStrip({ figures, row, style, shown }: StripProps) {
  const cells = useMemo(() => strengths(figures, row, shown), [figures, row, shown]);
  const places = (shown.metric === 'block' ? figures.plan?.blocks : figures.plan?.layers.length) ?? 0;
  if (cells.length === 0) return null;
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

function strengths(figures: RunFigures, row: number, shown: Shown): string[] {
  const series = shownSeries(figures, shown);
  // Differences are on both sides of 0; all else spans decades.
  const linear = SCALE_FACES[shown.scale].axis === 'around zero';
  const place = (y: number) => (linear ? y : Math.log(y));
  const drawn = (points: readonly Point[]) => points.filter(({ y }) => linear || y > 0);
  const all = drawn(series.flatMap((one) => one.points)).map(({ y }) => place(y));
  if (all.length === 0) return [];
  const [low, high] = extremes(all);
  const span = high - low || 1;
  const own = drawn(series.find((one) => one.row === row)?.points ?? []);
  const paths = Array<string>(LEVELS).fill('');
  for (const { x, y } of own) {
    paths[Math.round(((place(y) - low) / span) * (LEVELS - 2)) + 1] += `M${x} 0h1.02v1h-1.02Z`;
  }
  return paths;
}
