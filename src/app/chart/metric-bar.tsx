/** The chart's own toolbar: which error, as it is or against the baseline. One tab stop; arrow keys move inside. */
import type { Metric } from '../../report/series';
import { SCALES, type Scale } from '../../report/scales';
import { METRICS } from '../../report/series';
import { Choices, Toolbar } from '../parts/toolbar';
import { words } from '../words';
import styles from './chart.module.css';

interface MetricBarProps {
  metric: Metric;
  onMetric: (metric: Metric) => void;
  available: readonly Metric[];
  scale: Scale;
  onScale: (scale: Scale) => void;
  baseline: string;
}

export function MetricBar({ metric, onMetric, available, scale, onScale, baseline }: MetricBarProps) {
  return (
    <Toolbar className={styles.toolbar} label={words.chart.metric}>
      <Choices
        label={words.chart.metric}
        className={styles.group}
        choiceClassName={styles.choice}
        value={metric}
        choices={METRICS.map((one) => ({
          value: one,
          text: words.metrics[one].name,
          disabled: !available.includes(one),
        }))}
        onChange={onMetric}
      />
      <Choices
        label={words.chart.scale}
        className={styles.group}
        choiceClassName={styles.choice}
        value={scale}
        choices={SCALES.map((value) => ({ value, text: words.chart.scales[value](baseline) }))}
        onChange={onScale}
      />
    </Toolbar>
  );
}
