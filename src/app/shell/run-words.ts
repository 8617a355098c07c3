/** Phrases about a run that the bar, the screen and the announcer share. */
import { taskOf } from '../../report/compare';
import { etaAt, progressOf } from '../../store/progress';
import { isActive, type LiveRun } from '../../store/run-view';
import * as format from '../format';
import { words } from '../words';

/** 'about 40 s left'; empty where nothing can be said. */
export function leftWords(run: LiveRun, now: number): string {
  if (!isActive(run.phase) || run.phase === 'cancelling') return '';
  const eta = etaAt(run, now);
  if (!eta || progressOf(run).share >= 1) return '';
  return (eta.longer ? words.run.leftLonger : words.run.left)(format.roughly(eta.seconds));
}

/** Whether a block is being trained just now. */
export function trains(run: LiveRun): boolean {
  return run.stage?.name === 'train';
}

/** What the run is doing, in a few words. */
export function phaseWords(run: LiveRun): string {
  if (run.phase === 'starting' && run.modelKey === null) return words.run.fetching;
  if (run.phase === 'running' && run.stage?.name === 'evaluate') return words.images.evaluating[taskOf(run)];
  if (run.phase === 'pausing' && trains(run)) return words.training.pausing;
  return words.run.phases[run.phase];
}
