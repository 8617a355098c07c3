/** What the recipe will do and take, as the engine works it out, and the button that starts it. */
import type { Plan } from '../../run/events';
import { useStore } from '../../store/react';
import { planOf, type PlanState } from '../../store/plan';
import { isActive } from '../../store/run-view';
import type { PlanProgress } from '../../worker/protocol';
import { useStudio } from '../context';
import { coverageWords } from '../coverage-words';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';
import { words } from '../words';
import { recipeWords } from './recipe-screen-words';

export function PlanPanel() {
  const studio = useStudio();
  const plan = useStore(studio.plan);
  const model = useStore(studio.recipes, (state) => state.model);
  const faults = useStore(studio.recipes, (state) => Object.keys(state.faults).length);
  const busy = useStore(studio.run, (state) => state.run !== null && isActive(state.run.phase));
  const noGpu = useStore(studio.device, (state) => state.gpu.state === 'none');
  const known = planOf(plan);
  const waiting = plan.state === 'waiting';
  const old = known !== null && plan.state !== 'ready';
  const why = whyNotNew(plan.state, { busy, faults, model: model !== null });
  return (
    <section
      className={`${panel.panel} ${styles.plan} ${old ? styles.waiting : ''}`}
      aria-labelledby="plan-title"
      aria-busy={waiting}
    >
      <h2 id="plan-title">{recipeWords.plan}</h2>
      {why !== null && (known === null || !waiting) && <p className={panel.muted}>{why}</p>}
      {plan.state === 'waiting' && plan.progress && <PlanProgressBar progress={plan.progress} />}
      {plan.state === 'left' && (
        <Button small onClick={() => studio.planAgain()}>
          {recipeWords.planAgain}
        </Button>
      )}
      {known && <PlanFacts plan={known} />}
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
        {recipeWords.run}
      </Button>
      {busy && <p className={panel.muted}>{recipeWords.runBusy}.</p>}
      {noGpu && <p className={panel.muted}>{recipeWords.runNoGpu}</p>}
      {faults > 0 && <p className={styles.why}>{recipeWords.runFaults(faults)}</p>}
    </section>
  );
}

/** Why there is no plan of the recipe as it stands; null where there is one. */
function whyNotNew(
  state: PlanState['state'],
  { busy, faults, model }: { busy: boolean; faults: number; model: boolean },
): string | null {
  switch (state) {
    case 'ready':
    case 'failed':
      return null;
    case 'waiting':
      return recipeWords.planWaiting;
    case 'left':
      return recipeWords.planLeft;
    case 'held':
    case 'none':
      if (busy) return recipeWords.planAfterRun;
      if (!model) return recipeWords.planNone;
      return faults > 0 ? recipeWords.planFaults : recipeWords.planWaiting;
  }
}

/** A diffusion network samples what it is calibrated on, which takes a while: how far it is, and the way out. */
function PlanProgressBar({ progress: { done, total } }: { progress: PlanProgress }) {
  const studio = useStudio();
  return (
    <div className={styles.planProgress}>
      <p role="status">{recipeWords.planSampling}</p>
      <progress value={done} max={total} aria-label={recipeWords.planSampling} />
      <span className={panel.muted}>{recipeWords.planSteps(format.integer(done), format.integer(total))}</span>
      <Button small onClick={() => studio.leavePlan()}>
        {recipeWords.planLeave}
      </Button>
    </div>
  );
}

function PlanFacts({ plan }: { plan: Plan }) {
  const sampling = useStore(useStudio().recipes, (state) => state.recipe.sampling);
  const { images } = words;
  // What an export cannot hold, by format: rows that differ in what they do to weights are often refused alike.
  const unfit = plan.rows.flatMap(({ refusals }) => Object.entries(refusals ?? {}));
  const notes = [...plan.notes, ...new Set(unfit.map(([kind, why]) => recipeWords.planUnfit(kind, why)))];
  return (
    <>
      <dl className={facts.facts}>
        <dt>{recipeWords.planTime}</dt>
        <dd>{recipeWords.about_(format.roughRange(plan.seconds))}</dd>
        <dt>{recipeWords.planMemory}</dt>
        <dd>{recipeWords.about_(format.bytes(plan.gpuBytes))}</dd>
        <dt>{recipeWords.planLayers}</dt>
        <dd>{recipeWords.planLayersValue(format.integer(plan.layers.length), format.integer(plan.rows.length))}</dd>
        {plan.coverage && (
          <>
            <dt>{coverageWords.title}</dt>
            <dd title={coverageWords.left(plan.coverage)}>{coverageWords.share(plan.coverage)}</dd>
          </>
        )}
        <dt>{images.windows[plan.task ?? 'text'].tokens}</dt>
        <dd>
          {recipeWords.planTokensValue(format.integer(plan.calibrationTokens), format.integer(plan.heldOutTokens))}
        </dd>
        <dt>{recipeWords.calibration}</dt>
        <dd>{plan.calibrationLabel}</dd>
        <dt>{recipeWords.heldOut}</dt>
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
      {notes.length > 0 && (
        <ul className={styles.notes}>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </>
  );
}
