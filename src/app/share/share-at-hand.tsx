/** The dialog for what is in front: the run that the screen shows, the link that is open, else the recipe on the bench. */
import { useStore } from '../../store/react';
import { sampleOf } from '../../store/samples';
import { useStudio } from '../context';
import { SAMPLE_SOURCE, useRunSource } from '../run-source';
import { ShareDialog } from './share-dialog';
import { sharedOf } from './shared-of';

export function ShareAtHand() {
  const studio = useStudio();
  const route = useStore(studio.routes, (state) => state.route);
  const content = useStore(studio.shared, (state) => state.content);
  if (route.screen === 'link' && content) {
    return <ShareDialog recipe={content.recipe} result={content.result} sample={content.sample} />;
  }
  if (route.screen === 'compare' || route.screen === 'run') return <ShareRun id={route.id} />;
  return <ShareBench />;
}

function ShareRun({ id }: { id: string | null }) {
  const source = useRunSource(id) ?? (id === null ? SAMPLE_SOURCE : null);
  return source ? <ShareDialog {...sharedOf(source)} /> : <ShareBench />;
}

function ShareBench() {
  const { recipe, model, faults } = useStore(useStudio().recipes);
  const faulty = Object.keys(faults).length > 0;
  return <ShareDialog recipe={recipe} result={null} sample={sampleOf(model)?.id ?? null} faulty={faulty} />;
}
