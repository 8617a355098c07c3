/** The tab's title: the screen, or how far the run is. A component of its own, because it changes with every layer of a run. */
import { useEffect } from 'react';
import { useStore } from '../../store/react';
import type { Screen } from '../../store/route';
import { isActive, type LiveRun } from '../../store/run-view';
import { progressOf } from '../../store/progress';
import { shortLabels } from '../../report/series';
import { useStudio } from '../context';
import * as format from '../format';
import { words } from '../words';

export function Title({ screen }: { screen: Screen }) {
  const running = useStore(useStudio().run, (state) => runningTitle(state.run));
  const name = nameOf(screen);
  useEffect(() => {
    document.title = running ?? words.shell.title(name);
  }, [running, name]);
  return null;
}

function nameOf(screen: Screen): string {
  if (screen === 'unknown') return words.place.notFound;
  return words.shell.screens[screen];
}

function runningTitle(run: LiveRun | null): string | null {
  if (!run || !isActive(run.phase)) return null;
  const percent = format.share(progressOf(run).share);
  const method = run.current && run.plan ? shortLabels(run.plan.rows).get(run.current.row) : undefined;
  return words.shell.titleRunning(percent, method ?? words.run.phases[run.phase]);
}
