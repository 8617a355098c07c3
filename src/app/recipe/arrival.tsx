/** Says once that the recipe came with a link, or that the link could not be read. Nothing runs by itself. */
import { useStore } from '../../store/react';
import { SAMPLES, sampleOf } from '../../store/samples';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './recipe.module.css';
import { recipeWords } from './recipe-screen-words';

export function Arrival() {
  const { recipes, models } = useStudio();
  const arrival = useStore(recipes, (state) => state.arrival);
  const model = useStore(recipes, (state) => state.model);
  if (!arrival) return null;
  const { dismissArrival, leaveLink } = recipes.getState();
  if (arrival.kind === 'bad-link') {
    return <FailureAlert failure={arrival.failure} onDismiss={() => (dismissArrival(), focusHeading())} />;
  }
  const sample = SAMPLES.find((one) => one.id === arrival.sample);
  return (
    <div className={`${panel.panel} ${styles.arrival}`} role="status">
      <p>
        {arrival.before ? recipeWords.fromLinkInstead : recipeWords.fromLink}{' '}
        {sample ? recipeWords.fromLinkSample(sample.title) : ''}
      </p>
      {arrival.fault && <p>{recipeWords.fromLinkFault(arrival.fault)}</p>}
      {arrival.note && <p className={styles.linkNote}>{recipeWords.fromLinkNote(arrival.note)}</p>}
      {sample && sampleOf(model) !== sample && (
        <Button small onClick={() => void models.getState().importSample(sample.id)}>
          {recipeWords.openThatSample}
        </Button>
      )}
      {arrival.before && (
        <Button small onClick={() => (leaveLink(), focusHeading())}>
          {recipeWords.leaveLink}
        </Button>
      )}
      <Button small look="quiet" onClick={() => (dismissArrival(), focusHeading())}>
        {words.failure.dismiss}
      </Button>
    </div>
  );
}

/** The message goes, and the button that had the focus with it. */
function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}
