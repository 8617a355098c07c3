/** The page's entry: connects the engine's worker, ties the stores together and shows the studio; or a chart or a step of a lesson alone, inside another page. */
import './no-peers';
import { connectEngine } from '../worker/client';
import { browserStorage } from '../store/persist';
import { stepsRemembered } from '../store/recipe';
import { createStudio } from '../store/studio';
import { browserTabs } from '../store/tabs';
import { fileOf, loadScreen } from './screens';
import { show } from './show';

function begin(): void {
  const studio = createStudio({
    engine: connectEngine(),
    routeHost: window,
    storage: browserStorage(),
    session: browserStorage('sessionStorage'),
    tabs: browserTabs(),
  });
  // Who comes by the address of another screen sees that one first, and nothing before it.
  const first = fileOf(studio.routes.getState().route.screen);
  if (first === null) show(studio);
  // No await at the top: the screen's file imports this one, and each would wait for the other.
  else void loadScreen(first).then(() => show(studio));
}

const EMBEDDED = /^#\/e\//;

/** Nothing of the studio is begun: no engine, no storage, no GPU. */
async function beginEmbedded(): Promise<void> {
  const { embedPlace } = await import('./embed/place');
  const root = document.getElementById('root');
  const place = embedPlace(window.location.hash);
  if (!root || !place) return;
  if (place.kind === 'chart') (await import('./embed/embedded-chart')).showChart(root, place);
  else (await import('./embed/embedded-lesson')).showLesson(root, place);
}

// One page is the studio or what is embedded alone; an address that leads from one to the other begins anew.
const embedded = EMBEDDED.test(window.location.hash);
window.addEventListener('hashchange', () => {
  if (embedded || EMBEDDED.test(window.location.hash)) window.location.reload();
});

// A recipe of a visit before may have steps that the first paint does without.
if (embedded) void beginEmbedded();
else if (stepsRemembered(browserStorage())) begin();
else void import('../step/faces').finally(begin);
