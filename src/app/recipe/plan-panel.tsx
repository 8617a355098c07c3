/** What the recipe will do and take, as the engine works it out, and the button that starts it. */
import type { Plan } from '../../run/events';
import { useStore } from '../../store/react';
import { isActive } from '../../store/run-view';
import { useStudio } from '../context';
import { coverageWords } from '../coverage-words';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { words } from '../words';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';

export function PlanPanel() {
  const studio = useStudio();
  const plan = useStore(studio.plan);
  const model = useStore(studio.recipes, (state) => state.model);
  const faults = useStore(studio.recipes, (state) => Object.keys(state.faults).length);
  const busy = useStore(studio.run, (state) => state.run !== null && isActive(state.run.phase));
  const noGpu = useStore(studio.device, (state) => state.gpu.state === 'none');
  const known = plan.state === 'ready' || plan.state === 'waiting' ? plan.plan : null;
  const waiting = plan.state === 'waiting';
  return (
    <section
      className={`${panel.panel} ${styles.plan} ${waiting ? styles.waiting : ''}`}
      aria-labelledby="plan-title"
      aria-busy={waiting}
    >
      <h2 id="plan-title">{words.recipe.plan}</h2>
      {known ? <PlanFacts plan={known} /> : <p className={panel.muted}>{emptyWords(busy, waiting)}</p>}
      {plan.state === 'failed' && !noGpu && (
        <FailureAlert failure={plan.failure} quiet={plan.failure.code === 'QS-RECIPE-01'} />
      )}
      <Button
        look="primary"
        icon="run"
        className={styles.runButton}
        disabled={model === null || faults > 0 || busy || noGpu}
        onClick={() => studio.runRecipe()}
      >
        {words.recipe.run}
      </Button>
      {busy && <p className={panel.muted}>{words.recipe.runBusy}.</p>}
      {faults > 0 && <p className={styles.why}>{words.recipe.runFaults(faults)}</p>}
    </section>
  );
}

function emptyWords(busy: boolean, waiting: boolean): string {
  if (busy) return words.recipe.planAfterRun;
  return waiting ? words.recipe.planWaiting : words.recipe.planNone;
}

function PlanFacts({ plan }: { plan: Plan }) {
  const sampling = useStore(useStudio().recipes, (state) => state.recipe.sampling);
  const { recipe, images } = words;
  return (
    <>
      <dl className={facts.facts}>
        <dt>{recipe.planTime}</dt>
        <dd>{recipe.about_(format.roughRange(plan.seconds))}</dd>
        <dt>{recipe.planMemory}</dt>
        <dd>{recipe.about_(format.bytes(plan.gpuBytes))}</dd>
        <dt>{recipe.planLayers}</dt>
        <dd>{recipe.planLayersValue(format.integer(plan.layers.length), format.integer(plan.rows.length))}</dd>
        {plan.coverage && (
          <>
            <dt>{coverageWords.title}</dt>
            <dd title={coverageWords.left(plan.coverage)}>{coverageWords.share(plan.coverage)}</dd>
          </>
        )}
        <dt>{images.windows[plan.task ?? 'text'].tokens}</dt>
        <dd>{recipe.planTokensValue(format.integer(plan.calibrationTokens), format.integer(plan.heldOutTokens))}</dd>
        <dt>{recipe.calibration}</dt>
        <dd>{plan.calibrationLabel}</dd>
        <dt>{recipe.heldOut}</dt>
        <dd>{plan.heldOutLabel}</dd>
        {plan.task === 'diffusion' && sampling && (
          <>
            <dt>{images.recipe.planSamples}</dt>
            <dd>
              {images.recipe.planSamplesValue(
                format.integer(sampling.images),
                format.integer(sampling.steps),
                // Full precision beside the rows.
                format.integer(plan.rows.length + 1),
              )}
            </dd>
          </>
        )}
      </dl>
      {plan.notes.length > 0 && (
        <ul className={styles.notes}>
          {plan.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}
