/** The circumstances of a run: data, damping, machine, time. */
import { workedMs } from '../../store/progress';
import { isActive } from '../../store/run-view';
import { adapterName } from '../../store/device';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import * as format from '../format';
import { useSeconds } from '../hooks';
import type { RunSource } from '../run-source';
import { words } from '../words';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import styles from './run.module.css';

export function RunFacts({ source }: { source: RunSource }) {
  const gpu = useStore(useStudio().device, (state) => state.gpu);
  const { figures, live, result } = source;
  const active = live !== null && isActive(live.phase);
  const now = useSeconds(active);
  const { plan } = figures;
  const { facts: names } = words.run;
  if (!plan) return null;
  const tokens = words.images.windows[plan.task ?? 'text'].tokens.toLowerCase();
  const damping = figures.layers.findLast((layer) => layer.damping !== null)?.damping ?? null;
  const machine = result?.adapter ?? (live && gpu.state === 'ready' ? adapterName(gpu.description) : format.NOTHING);
  const worked = live ? workedMs(live, now) : (result?.milliseconds ?? null);
  const entries: [string, string][] = [
    [names.calibration(tokens), `${format.integer(plan.calibrationTokens)} · ${plan.calibrationLabel}`],
    [names.heldOut(tokens), `${format.integer(plan.heldOutTokens)} · ${plan.heldOutLabel}`],
    [names.damping, damping === null ? format.NOTHING : String(damping)],
    [names.gpu, machine],
    [
      names.elapsed,
      worked === null ? format.NOTHING : format.duration(active ? Math.floor(worked / 1000) * 1000 : worked),
    ],
  ];
  return (
    <div className={`${panel.panel} ${styles.facts}`}>
      {entries.map(([name, value]) => (
        <dl key={name} className={facts.facts}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </dl>
      ))}
    </div>
  );
}
