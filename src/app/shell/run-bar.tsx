/** The run at hand, at the bottom of every screen: how far, how long, and the buttons. There is one place to pause and cancel. */
import { useEffect, useRef, useState, type Ref, type RefObject } from 'react';
import { isActive, type LiveRun } from '../../store/run-view';
import { progressOf } from '../../store/progress';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { liveCount } from '../count-words';
import { useSampled, useSeconds } from '../hooks';
import * as format from '../format';
import { Button, LinkButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { liveOf, SAMPLE_MS } from '../run-source';
import { words } from '../words';
import { leftWords, phaseWords, trains } from './run-words';
import styles from './run-bar.module.css';

/** A finished run has nothing more to say here after this; what it came to is on its screen. */
const LEAVES_AFTER_MS = 12_000;

export function RunBar() {
  const studio = useStudio();
  const run = useSampled(studio.run, liveOf, SAMPLE_MS);
  const route = useStore(studio.routes, (state) => state.route);
  const [gone, setGone] = useState<string | null>(null);
  const finished = run?.phase === 'finished' ? run.id : null;
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    if (finished === null) return;
    const timer = setInterval(() => {
      if (!bar.current?.matches(':hover, :focus-within')) setGone(finished);
    }, LEAVES_AFTER_MS);
    return () => clearInterval(timer);
  }, [finished]);
  useFocusOfTheLost(bar, run?.phase);

  // The screens that show the finished run say all that the bar could.
  const shows = route.screen === 'compare' || (route.screen === 'run' && (route.id === null || route.id === finished));
  if (!run || (finished !== null && (shows || gone === finished))) return null;
  return <Bar ref={bar} run={run} />;
}

/** A button of the bar may go while it has the focus, since the run has ended: then the heading has it. */
function useFocusOfTheLost(bar: RefObject<HTMLElement | null>, phase: LiveRun['phase'] | undefined): void {
  const had = useRef(false);
  useEffect(() => {
    const onFocus = ({ target }: FocusEvent) => {
      had.current = target instanceof Node && (bar.current?.contains(target) ?? false);
    };
    document.addEventListener('focusin', onFocus);
    return () => document.removeEventListener('focusin', onFocus);
  }, [bar]);
  useEffect(() => {
    if (!had.current || (document.activeElement !== null && document.activeElement !== document.body)) return;
    had.current = false;
    document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
  }, [phase]);
}

function Bar({ run, ref }: { run: LiveRun; ref: Ref<HTMLElement> }) {
  const active = isActive(run.phase);
  const now = useSeconds(active);
  const { done, total, share } = progressOf(run);
  const count = liveCount(run);
  const left = leftWords(run, now);
  return (
    <section ref={ref} className={styles.bar} aria-label={words.run.title}>
      <div
        className={styles.progress}
        role="progressbar"
        aria-label={words.run.title}
        aria-valuemin={0}
        aria-valuemax={Math.max(1, total)}
        aria-valuenow={done}
        aria-valuetext={count === '' ? phaseWords(run) : words.run.progressText(count, left)}
      >
        <span className={styles.fill} style={{ width: `${share * 100}%` }} />
      </div>
      <div className={styles.content}>
        <p className={styles.words}>
          <a className={styles.name} href={`#/run/${run.id}`} title={run.modelName}>
            {run.modelName}
          </a>
          <span>{phaseWords(run)}</span>
          {count !== '' && <span className={styles.count}>{count}</span>}
          {left !== '' && <span className={styles.left}>{left}</span>}
        </p>
        {active ? <ActiveButtons run={run} done={count} /> : <OverButtons run={run} />}
      </div>
    </section>
  );
}

function ActiveButtons({ run, done }: { run: LiveRun; done: string }) {
  const { pause, unpause, cancel } = useStudio().run.getState();
  const halted = run.phase === 'paused' || run.phase === 'pausing';
  return (
    <div className={styles.buttons}>
      {halted ? (
        <Button small icon="run" onClick={() => void unpause()}>
          {words.run.continue}
        </Button>
      ) : (
        <Button
          small
          icon="pause"
          disabled={run.phase !== 'running'}
          title={trains(run) ? words.training.pauseHint : words.training.pauseHintLayer}
          onClick={() => void pause()}
        >
          {words.run.pause}
        </Button>
      )}
      <Confirm
        title={words.run.cancelTitle}
        text={format.sentences([
          done === '' ? words.run.cancelEarly : words.run.cancelText(done),
          ...(trains(run) ? [words.training.cancelText] : []),
        ])}
        yes={words.run.cancelYes}
        no={words.run.cancelNo}
        onYes={() => void cancel()}
      >
        <Button small icon="stop" disabled={run.phase === 'cancelling'}>
          {words.run.cancel}
        </Button>
      </Confirm>
    </div>
  );
}

function OverButtons({ run }: { run: LiveRun }) {
  const studio = useStudio();
  const comparing = useStore(studio.routes, (state) => state.route.screen === 'compare');
  const resumable = useStore(studio.storedRuns, (state) =>
    state.runs.some((stored) => stored.id === run.id && stored.state !== 'finished'),
  );
  return (
    <div className={styles.buttons}>
      {run.phase !== 'finished' && resumable && (
        <Button small icon="run" onClick={() => studio.resumeRun(run.id)}>
          {words.run.resume}
        </Button>
      )}
      {run.layers.length > 0 && !comparing && (
        <LinkButton small icon="compare" href={`#/compare/${run.id}`}>
          {words.run.compare}
        </LinkButton>
      )}
      <Button small look="quiet" onClick={() => studio.run.getState().clear()}>
        {words.failure.dismiss}
      </Button>
    </div>
  );
}
