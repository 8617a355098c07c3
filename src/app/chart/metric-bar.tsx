/** The chart's own toolbar: which error, absolute or against the baseline. One tab stop; arrow keys move inside. */
import { Toolbar } from 'radix-ui';
import type { Metric } from '../../store/series';
import { METRICS } from '../../store/series';
import { words } from '../words';
import styles from './chart.module.css';

interface MetricBarProps {
  metric: Metric;
  onMetric: (metric: Metric) => void;
  available: readonly Metric[];
  ratio: boolean;
  onRatio: (ratio: boolean) => void;
  baseline: string;
}

export function MetricBar({ metric, onMetric, available, ratio, onRatio, baseline }: MetricBarProps) {
  return (
    <Toolbar.Root className={styles.toolbar} aria-label={words.chart.metric}>
      <Toolbar.ToggleGroup
        type="single"
        className={styles.group}
        aria-label={words.chart.metric}
        value={metric}
        // Pressing the chosen one again would choose none.
        onValueChange={(value) => value !== '' && onMetric(value as Metric)}
      >
        {METRICS.map((one) => (
          <Toolbar.ToggleItem key={one} value={one} className={styles.choice} disabled={!available.includes(one)}>
            {words.metrics[one].name}
          </Toolbar.ToggleItem>
        ))}
      </Toolbar.ToggleGroup>
      <Toolbar.ToggleGroup
        type="single"
        className={styles.group}
        aria-label={words.chart.scale}
        value={ratio ? 'ratio' : 'absolute'}
        onValueChange={(value) => value !== '' && onRatio(value === 'ratio')}
      >
        <Toolbar.ToggleItem value="absolute" className={styles.choice}>
          {words.chart.absolute}
        </Toolbar.ToggleItem>
        <Toolbar.ToggleItem value="ratio" className={styles.choice}>
          {words.chart.ratio(baseline)}
        </Toolbar.ToggleItem>
      </Toolbar.ToggleGroup>
    </Toolbar.Root>
  );
}
