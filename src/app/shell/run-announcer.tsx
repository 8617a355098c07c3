/** Speaks a run to screen readers: its start, each quarter, pauses and the end; quarters at most once in ten seconds. */
import { useEffect, useState } from 'react';
import { useStudio } from '../context';
import { progressOf } from '../../store/progress';
import type { LiveRun } from '../../store/run-view';
import * as format from '../format';
import { words } from '../words';
import { leftWords } from './run-words';

const QUIET_MS = 10_000;

export function RunAnnouncer() {
  const { run } = useStudio();
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    let before: LiveRun | null = null;
    let quarter = 0;
    let spokeAt = 0;
    return run.subscribe(({ run: now }) => {
      if (!now) return;
      const fresh = before?.id !== now.id;
      if (fresh) quarter = 0;
      const changed = fresh || before?.phase !== now.phase;
      before = now;
      const reached = Math.floor(progressOf(now).share * 4);
      const time = Date.now();
      if (changed) {
        const text = phaseText(now);
        if (text === '') return;
        spokeAt = time;
        setSpoken(text);
      } else if (reached > quarter && reached < 4 && time - spokeAt >= QUIET_MS) {
        quarter = reached;
        spokeAt = time;
        setSpoken(words.run.live.quarter(format.share(reached / 4), leftWords(now, time)));
      }
    });
  }, [run]);
  return (
    <p className="visually-hidden" aria-live="polite" data-testid="run-announcer">
      {spoken}
    </p>
  );
}

function phaseText(run: LiveRun): string {
  const { live } = words.run;
  switch (run.phase) {
    case 'starting':
      return live.started(run.modelName);
    case 'paused':
      return live.paused;
    case 'finished':
      return live.finished;
    case 'cancelled':
      return live.cancelled;
    case 'failed':
      return live.failed;
    default:
      return '';
  }
}
