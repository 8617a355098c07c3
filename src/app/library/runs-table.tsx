/** The runs stored in this browser: to look at, to go on with, to delete. */
import { useStore } from '../../store/react';
import { standingOf } from '../../store/stored-runs';
import type { StoredRun } from '../../worker/protocol';
import { useStudio } from '../context';
import { storedCount } from '../count-words';
import * as format from '../format';
import { useFocusAfterRemoval } from '../hooks';
import { Button, IconButton, LinkButton } from '../parts/button';
import { Tag } from '../parts/tag';
import { recipeInShort } from '../recipe-words';
import { words } from '../words';
import panel from '../parts/panel.module.css';

const { runColumns } = words.library;

export function RunsTable() {
  const studio = useStudio();
  const runs = useStore(studio.storedRuns, (state) => state.runs);
  const liveId = useStore(studio.run, (state) => state.run?.id ?? null);
  const shown = runs.filter((run) => run.state !== 'running' || run.id !== liveId);
  const { list, removing } = useFocusAfterRemoval(shown.length);
  if (shown.length === 0) return null;
  return (
    <section ref={list} className={panel.section} aria-labelledby="runs-title">
      <h2 id="runs-title">{words.library.runs}</h2>
      <div className={panel.tableFrame}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{words.library.runsTable}</caption>
          <thead>
            <tr>
              <th scope="col">{runColumns.run}</th>
              <th scope="col">{runColumns.state}</th>
              <th scope="col" className={panel.number}>
                {runColumns.layers}
              </th>
              <th scope="col">{runColumns.updated}</th>
              <th scope="col" className={panel.actions}>
                <span className="visually-hidden">{runColumns.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((run, i) => (
              <RunRow key={run.id} run={run} onRemove={() => removing(i)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** `onRemove` is called before the row goes. */
function RunRow({ run, onRemove }: { run: StoredRun; onRemove: () => void }) {
  const studio = useStudio();
  const name = `${run.modelName}, ${recipeInShort(run.recipe)}`;
  const held = useStore(studio.storedRuns, (state) => state.held);
  const liveId = useStore(studio.run, (state) => state.run?.id ?? null);
  const standing = standingOf(run, held, liveId);
  return (
    <tr>
      <th scope="row">
        <span className={panel.nameCell}>{run.modelName}</span>
        <span className={panel.second}>{recipeInShort(run.recipe)}</span>
      </th>
      <td data-label={runColumns.state}>
        <Tag tone={run.state === 'finished' ? 'ok' : 'warn'}>{words.library.runStates[standing]}</Tag>
      </td>
      <td data-label={runColumns.layers} className={panel.number}>
        {storedCount(run)}
      </td>
      <td data-label={runColumns.updated}>{format.dateTime(run.updated)}</td>
      <td className={panel.actions}>
        <span className={panel.actionRow}>
          {(standing === 'running' || standing === 'cancelled') && (
            <Button small aria-label={`${words.library.resume}: ${name}`} onClick={() => studio.resumeRun(run.id)}>
              {words.library.resume}
            </Button>
          )}
          {(run.result ?? run.figures) && (
            <LinkButton
              small
              aria-label={`${words.library.show}: ${name}`}
              href={`#/${run.result ? 'compare' : 'run'}/${run.id}`}
            >
              {words.library.show}
            </LinkButton>
          )}
          {standing !== 'elsewhere' && (
            <IconButton
              icon="trash"
              data-remove
              label={words.library.remove(name)}
              onClick={() => {
                onRemove();
                studio.acts.removeRun(run.id);
              }}
            />
          )}
        </span>
      </td>
    </tr>
  );
}
