/** The run at hand, at the bottom of every screen: how far, how long, and the buttons. There is one place to pause and cancel. */
import { isActive, type LiveRun } from '../../store/run-view';
import { progressOf } from '../../store/progress';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import * as format from '../format';
import { useSampled, useSeconds } from '../hooks';
import { Button, LinkButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { liveOf, SAMPLE_MS } from '../run-source';
import { words } from '../words';
import { leftWords, phaseWords, trains } from './run-words';
import styles from './run-bar.module.css';

export function RunBar() {
  const run = useSampled(useStudio().run, liveOf, SAMPLE_MS);
  if (!run) return null;
  return <Bar run={run} />;
}

function Bar({ run }: { run: LiveRun }) {
  const active = isActive(run.phase);
  const now = useSeconds(active);
  const { done, total, share } = progressOf(run);
  const [shownDone, shownTotal] = [format.integer(done), format.integer(total)];
  const left = leftWords(run, now);
  return (
    <section className={styles.bar} aria-label={words.run.title}>
      <div
        className={styles.progress}
        role="progressbar"
        aria-label={words.run.title}
        aria-valuemin={0}
        aria-valuemax={Math.max(1, total)}
        aria-valuenow={done}
        aria-valuetext={total === 0 ? phaseWords(run) : words.run.progressText(shownDone, shownTotal, left)}
      >
        <span className={styles.fill} style={{ width: `${share * 100}%` }} />
      </div>
      <div className={styles.content}>
        <p className={styles.words}>
          <a className={styles.name} href={`#/run/${run.id}`}>
            {run.modelName}
          </a>
          <span>{phaseWords(run)}</span>
          {total > 0 && <span className={styles.count}>{words.run.layers(shownDone, shownTotal)}</span>}
          {left !== '' && <span className={styles.left}>{left}</span>}
        </p>
        {active ? <ActiveButtons run={run} done={shownDone} /> : <OverButtons run={run} />}
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
        text={trains(run) ? `${words.run.cancelText(done)} ${words.training.cancelText}` : words.run.cancelText(done)}
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
      {run.layers.length > 0 && (
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
