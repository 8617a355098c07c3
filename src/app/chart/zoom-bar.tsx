/** Which stretch of the network is in view, without dragging across the chart: two sliders, and the way back. */
import { useId, useState } from 'react';
import { Button } from '../parts/button';
import type { ChartModel } from './model';
import { stretch, type ChartView } from './view';
import { viewWords as say } from './view-words';
import chart from './chart.module.css';
import styles from './view.module.css';

interface ZoomBarProps {
  /** The whole chart. */
  model: ChartModel;
  range: ChartView['range'];
  onZoom: (range: ChartView['range']) => void;
}

export function ZoomBar({ model: { places, placeName }, range, onZoom }: ZoomBarProps) {
  const id = useId();
  const [opened, setOpened] = useState(false);
  if (places < 3) return null;
  const [first, last] = range ?? [0, places - 1];
  const slider = (name: 'from' | 'to', value: number, low: number, high: number, put: (value: number) => void) => (
    <span className={styles.zoomEnd}>
      <label htmlFor={`${id}-${name}`}>{say[name]}</label>
      <input
        id={`${id}-${name}`}
        type="range"
        min={low}
        max={high}
        value={value}
        aria-valuetext={placeName(value)}
        onChange={(event) => put(event.currentTarget.valueAsNumber)}
      />
    </span>
  );
  return (
    <details
      className={chart.details}
      // What was dragged over is shown here, with the way back.
      open={opened || range !== null}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary>{range ? say.zoomed(placeName(first), placeName(last)) : say.zoom}</summary>
      <div className={styles.zoom}>
        {slider('from', first, 0, places - 2, (value) => onZoom(stretch(value, Math.max(last, value + 1), places)))}
        {slider('to', last, 1, places - 1, (value) => onZoom(stretch(Math.min(first, value - 1), value, places)))}
        <Button small aria-disabled={range === null} onClick={() => onZoom(null)}>
          {say.whole}
        </Button>
        <span className={styles.zoomHint}>{say.hint}</span>
      </div>
    </details>
  );
}
