/** What the engine is doing to the layer at hand, as a strip of its stages. */
import { STAGES } from '../../run/events';
import type { LiveRun } from '../../store/run-view';
import { words } from '../words';
import styles from './run.module.css';

export function StageStrip({ run }: { run: LiveRun }) {
  const { stage, plan, current } = run;
  const layer = current && plan ? plan.layers[current.layer] : null;
  return (
    <div className={styles.stages}>
      <ol aria-label={words.run.stagesLabel}>
        {STAGES.map((name) => (
          <li key={name} className={styles.stage} aria-current={stage?.name === name ? 'step' : undefined}>
            {words.run.stages[name]}
          </li>
        ))}
      </ol>
      <p className={styles.detail}>{stage ? stage.detail || layer?.name : words.run.preparing}</p>
    </div>
  );
}
