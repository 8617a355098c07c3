/** The drawing itself: static at first, Plotly's once that is there; the labels and the cursor lie over both. */
import { useEffect, useRef, useState } from 'react';
import { spread, xAt, yAt, drawable, type Geometry } from './geometry';
import type { ChartModel } from './model';
import { StaticChart } from './static-chart';
import { usePlotly, usePlotlyColors, type PlotlyModule } from './use-plotly';
import styles from './chart.module.css';

interface PlotProps {
  model: ChartModel;
  geometry: Geometry;
  /** The place under the cursor; null without one. */
  at: number | null;
}

export function Plot({ model, geometry, at }: PlotProps) {
  const plotly = usePlotly();
  const [drawn, setDrawn] = useState(false);
  return (
    <div className={styles.plot} style={{ height: geometry.height }} aria-hidden="true">
      {!drawn && <StaticChart model={model} geometry={geometry} />}
      {plotly && <PlotlyCanvas plotly={plotly} model={model} geometry={geometry} visible={drawn} onDrawn={setDrawn} />}
      <Overlay model={model} geometry={geometry} at={at} />
    </div>
  );
}

interface CanvasProps {
  plotly: PlotlyModule;
  model: ChartModel;
  geometry: Geometry;
  visible: boolean;
  /** Told whether it worked; must keep its identity, or every render would draw. */
  onDrawn: (worked: boolean) => void;
}

function PlotlyCanvas({ plotly, model, geometry, visible, onDrawn }: CanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const colors = usePlotlyColors();
  useEffect(() => {
    if (!element.current) return;
    let current = true;
    plotly.draw(element.current, model, geometry, colors).then(
      () => current && onDrawn(true),
      () => current && onDrawn(false),
    );
    return () => {
      current = false;
    };
  }, [plotly, model, geometry, colors, onDrawn]);
  useEffect(() => {
    const node = element.current;
    return () => {
      if (node) plotly.erase(node);
    };
  }, [plotly]);
  return (
    <div className={visible ? styles.canvas : `${styles.canvas} ${styles.hidden}`}>
      {/* Plotly's own: it sets a class here, which React would overwrite with any it knows of. */}
      <div ref={element} />
    </div>
  );
}

function Overlay({ model, geometry, at }: PlotProps) {
  const { width, height, left, right, top, bottom } = geometry;
  const floor = height - bottom;
  const vertical = (x: number) => ({ x1: xAt(geometry, x), x2: xAt(geometry, x), y1: top, y2: floor });
  return (
    <svg className={styles.overlay} width={width} height={height} viewBox={`0 0 ${width} ${height}`} focusable="false">
      {/* Here and not in Plotly, which would place them a little differently from the static drawing. */}
      <text className={styles.axisName} x={(left + width - right) / 2} y={height - 6} textAnchor="middle">
        {model.xLabel}
      </text>
      <text
        className={styles.axisName}
        transform={`translate(12 ${(top + floor) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {model.yLabel.length * 6.3 < floor - top ? model.yLabel : model.yShort}
      </text>
      {model.starts.length <= 64 &&
        model.starts
          .slice(1)
          .map(({ at: start }) => <line key={start} className={styles.separator} {...vertical(start - 0.5)} />)}
      {model.current !== null && <line className={styles.current} {...vertical(model.current)} strokeDasharray="4 3" />}
      {at !== null && <line className={styles.cursor} {...vertical(at)} />}
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
