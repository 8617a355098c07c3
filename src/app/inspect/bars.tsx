/** Bars at a chart's places: one path, however many. Said in full by the chart's reader and table, so hidden from both. */
import { AxisNames, Grid } from '../chart/axes';
import { drawable, xAt, yAt, type Geometry } from '../chart/geometry';
import type { ChartModel } from '../chart/model';
import { colorOf } from '../chart/swatch';
import chart from '../chart/chart.module.css';

interface BarsProps {
  model: ChartModel;
  geometry: Geometry;
  /** The place under the cursor; null without one. */
  at: number | null;
}

export function Bars({ model, geometry, at }: BarsProps) {
  const { width, height, left, right, top, bottom } = geometry;
  const [line] = model.lines;
  const floor = (height - bottom).toFixed(1);
  const pitch = (width - left - right) / model.places;
  const path = drawable(line, model.log).map(
    ({ x, y }) => `M${xAt(geometry, x).toFixed(1)} ${floor}V${yAt(geometry, y).toFixed(1)}`,
  );
  const size = { width, height, viewBox: `0 0 ${width} ${height}`, focusable: 'false' } as const;
  return (
    <div className={chart.plot} style={{ height }} aria-hidden="true">
      <svg className={chart.drawing} {...size}>
        <Grid geometry={geometry} />
        <path
          d={path.join('')}
          fill="none"
          style={{ stroke: colorOf(line.style), strokeWidth: Math.max(1, pitch > 4 ? pitch - 1 : pitch) }}
        />
      </svg>
      <svg className={chart.overlay} {...size}>
        <AxisNames geometry={geometry} x={model.xLabel} y={model.yLabel} />
        {at !== null && (
          <line className={chart.cursor} x1={xAt(geometry, at)} x2={xAt(geometry, at)} y1={top} y2={height - bottom} />
        )}
      </svg>
    </div>
  );
}
