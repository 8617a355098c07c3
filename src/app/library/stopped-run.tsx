/** A run that a closed tab left behind, or that another tab works on: what is there, and the button to go on. Only the newest; the others are in the table. */
import { useStore } from '../../store/react';
import { standingOf } from '../../store/stored-runs';
import type { StoredRun } from '../../worker/protocol';
import { useStudio } from '../context';
import { storedCount } from '../count-words';
import * as format from '../format';
import { Button, LinkButton } from '../parts/button';
import { recipeInShort } from '../recipe-words';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './library.module.css';

export function StoppedRun() {
  const studio = useStudio();
  const liveId = useStore(studio.run, (state) => state.run?.id ?? null);
  const { runs, held } = useStore(studio.storedRuns);
  const unfinished = runs.filter((run) => run.id !== liveId && run.state !== 'finished');
  const elsewhere = unfinished.find((run) => standingOf(run, held, liveId) === 'elsewhere');
  const stopped = unfinished.find((run) => standingOf(run, held, liveId) === 'running');
  return (
    <>
      {elsewhere && <Elsewhere run={elsewhere} />}
      {stopped && <Stopped run={stopped} />}
    </>
  );
}

const nameOf = (run: StoredRun) => `${recipeInShort(run.recipe)} on ${run.modelName}`;

function Elsewhere({ run }: { run: StoredRun }) {
  return (
    <section className={`${panel.panel} ${styles.panelBody}`} aria-label={words.library.runStates.elsewhere}>
      <h2>{words.library.elsewhereTitle(nameOf(run), storedCount(run))}</h2>
      <p className={panel.lead}>{words.library.elsewhereText}</p>
    </section>
  );
}

function Stopped({ run }: { run: StoredRun }) {
  const studio = useStudio();
  return (
    <section className={`${panel.panel} ${styles.panelBody}`} aria-label={words.library.resume}>
      <h2>{words.library.stoppedTitle(nameOf(run), storedCount(run))}</h2>
      <p className={panel.lead}>{words.library.stoppedText(format.dateTime(run.updated))}</p>
      <div className={styles.buttons}>
        <Button look="primary" icon="run" onClick={() => studio.resumeRun(run.id)}>
          {words.library.resume}
        </Button>
        {(run.result ?? run.figures) && <LinkButton href={`#/run/${run.id}`}>{words.library.show}</LinkButton>}
        <Button
          onClick={() => {
            // The card goes, or becomes another run's.
            document.querySelector<HTMLElement>('main h1')?.focus();
            studio.acts.removeRun(run.id);
          }}
        >
          {words.library.removeWord}
        </Button>
      </div>
    </section>
  );
}
