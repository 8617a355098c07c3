/** A run that a closed tab left behind: what is there, and the button to go on. Only the newest; the others are in the table. */
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import * as format from '../format';
import { Button, LinkButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { recipeInShort } from '../recipe-words';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './library.module.css';

export function StoppedRun() {
  const studio = useStudio();
  const liveId = useStore(studio.run, (state) => state.run?.id ?? null);
  const stopped = useStore(studio.storedRuns, (state) =>
    state.runs.find((run) => run.state === 'running' && run.id !== liveId),
  );
  if (!stopped) return null;
  const what = `${recipeInShort(stopped.recipe)} on ${stopped.modelName}`;
  return (
    <section className={`${panel.panel} ${styles.panelBody}`} aria-label={words.library.resume}>
      <h2>
        {words.library.stoppedTitle(what, format.integer(stopped.finishedLayers), format.integer(stopped.totalLayers))}
      </h2>
      <p className={panel.lead}>{words.library.stoppedText(format.dateTime(stopped.updated))}</p>
      <div className={styles.buttons}>
        <Button look="primary" icon="run" onClick={() => studio.resumeRun(stopped.id)}>
          {words.library.resume}
        </Button>
        {stopped.result && <LinkButton href={`#/compare/${stopped.id}`}>{words.library.show}</LinkButton>}
        <Confirm
          title={words.library.removeRunTitle}
          text={words.library.removeRunText}
          yes={words.library.removeWord}
          no={words.library.keepIt}
          onYes={() => void studio.storedRuns.getState().remove(stopped.id)}
        >
          <Button>{words.library.removeWord}</Button>
        </Confirm>
      </div>
    </section>
  );
}
