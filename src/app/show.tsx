/** Puts a studio on the page: theme first, then the screens, then (after the first paint) everything that takes time. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import type { Studio } from '../store/studio';
import { isActive } from '../store/run-view';
import { App } from './app';
import { StudioContext } from './context';
import { loadAllScreens } from './screens';
import { ErrorBoundary } from './shell/error-boundary';
import './styles/tokens.css';
import './styles/base.css';
import './styles/print.css';

export function show(studio: Studio): void {
  const applyTheme = () => {
    const { theme } = studio.settings.getState();
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  applyTheme();
  studio.settings.subscribe(applyTheme);

  // Leaving in the middle of a run is asked about; what is finished would be kept all the same.
  window.addEventListener('beforeunload', (event) => {
    const { run } = studio.run.getState();
    if (run && isActive(run.phase)) event.preventDefault();
  });

  const root = document.getElementById('root');
  if (!root) throw new Error('bug: the page has no #root');
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <StudioContext value={studio}>
          <App />
        </StudioContext>
      </ErrorBoundary>
    </StrictMode>,
  );
  // Two frames: the first paint belongs to the precomputed comparison.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      // What is stored may have any step.
      void import('../step/faces').finally(() => void studio.wake());
      whenIdle(loadAllScreens);
    }),
  );
}

/** Safari has no idle callback. */
function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: 2000 });
  else setTimeout(work, 200);
}
