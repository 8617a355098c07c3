/** Bars of channels, one panel a view over the same two scales. Said in full by the chart's reader and table, so hidden from both. */
import { AxisNames, Grid } from '../chart/axes';
import { xAt, yAt, type Geometry } from '../chart/geometry';
import type { ChartLine, ChartModel } from '../chart/model';
import { colorOf } from '../chart/swatch';
import type { ChannelPanel } from './channel-model';
import chart from '../chart/chart.module.css';
import styles from './pictures.module.css';

interface ChannelBarsProps {
  model: ChartModel;
  panels: readonly ChannelPanel[];
  geometry: Geometry;
  /** The place under the cursor; null without one. */
  at: number | null;
}

/** Room for a panel's title. */
const TITLE = 32;

export function ChannelBars({ model, panels, geometry, at }: ChannelBarsProps) {
  const { width, height, top, bottom } = geometry;
  const each = (height - top - bottom) / panels.length;
  return (
    <div className={chart.plot} style={{ height }} aria-hidden="true">
      <svg className={chart.drawing} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
        {panels.map((panel, i) => {
          const own = panelGeometry(geometry, top + i * each, top + (i + 1) * each, i === panels.length - 1);
          return <Panel key={panel.title} panel={panel} geometry={own} places={model.places} />;
        })}
      </svg>
      <svg className={chart.overlay} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
        <AxisNames geometry={geometry} x={model.xLabel} y={model.yLabel} />
        {at !== null && (
          <line className={chart.cursor} x1={xAt(geometry, at)} x2={xAt(geometry, at)} y1={top} y2={height - bottom} />
        )}
      </svg>
    </div>
  );
}

/** Of the band from `from` to `to`; the ticks along x are the last one's. */
function panelGeometry(geometry: Geometry, from: number, to: number, last: boolean): Geometry {
  const yTicks = geometry.yTicks.filter((_, i) => i % (to - from < 160 ? 2 : 1) === 0);
  return {
    ...geometry,
    ...{ top: from + TITLE, bottom: geometry.height - to, yTicks },
    xTicks: last ? geometry.xTicks : [],
  };
}

function Panel({ panel, geometry, places }: { panel: ChannelPanel; geometry: Geometry; places: number }) {
  const { left, right, width, top } = geometry;
  const pitch = (width - left - right) / places;
  const { peak, most } = panel;
  return (
    <g>
      <Grid geometry={geometry} />
      <text className={styles.panelTitle} x={left} y={top - 10}>
        {panel.title}
      </text>
      {/* Where bars are too narrow for two widths, the rest of a channel is paler. */}
      <Bars line={peak} geometry={geometry} width={Math.max(1, 0.24 * pitch)} opacity={pitch < 4 ? 0.5 : 1} />
      <Bars line={most} geometry={geometry} width={Math.max(1, 0.72 * pitch)} opacity={1} />
    </g>
  );
}

interface BarsProps {
  line: ChartLine;
  geometry: Geometry;
  width: number;
  opacity: number;
}

/** One path, however many. */
function Bars({ line, geometry, width, opacity }: BarsProps) {
  const floor = yAt(geometry, 0).toFixed(1);
  const path = line.points.map(({ x, y }) => `M${xAt(geometry, x).toFixed(1)} ${floor}V${yAt(geometry, y).toFixed(1)}`);
  return <path d={path.join('')} fill="none" style={{ stroke: colorOf(line.style), strokeWidth: width, opacity }} />;
}
