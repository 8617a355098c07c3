/** The runs stored in this browser: to look at, to go on with, to delete. */
import { useStore } from '../../store/react';
import { canResume } from '../../store/stored-runs';
import type { StoredRun } from '../../worker/protocol';
import { useStudio } from '../context';
import * as format from '../format';
import { Button, IconButton, LinkButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
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
  if (shown.length === 0) return null;
  return (
    <section className={panel.section} aria-labelledby="runs-title">
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
            {shown.map((run) => (
              <RunRow key={run.id} run={run} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function RunRow({ run }: { run: StoredRun }) {
  const studio = useStudio();
  const name = `${run.modelName}, ${recipeInShort(run.recipe)}`;
  return (
    <tr>
      <th scope="row">
        <span className={panel.nameCell}>{run.modelName}</span>
        <span className={panel.second}>{recipeInShort(run.recipe)}</span>
      </th>
      <td data-label={runColumns.state}>
        <Tag tone={run.state === 'finished' ? 'ok' : 'warn'}>{words.library.runStates[run.state]}</Tag>
      </td>
      <td data-label={runColumns.layers} className={panel.number}>
        {format.integer(run.finishedLayers)} / {format.integer(run.totalLayers)}
      </td>
      <td data-label={runColumns.updated}>{format.dateTime(run.updated)}</td>
      <td className={panel.actions}>
        <span className={panel.actionRow}>
          {canResume(run) && (
            <Button small aria-label={`${words.library.resume}: ${name}`} onClick={() => studio.resumeRun(run.id)}>
              {words.library.resume}
            </Button>
          )}
          {run.result && (
            <LinkButton small aria-label={`${words.library.show}: ${name}`} href={`#/compare/${run.id}`}>
              {words.library.show}
            </LinkButton>
          )}
          <Confirm
            title={words.library.removeRunTitle}
            text={words.library.removeRunText}
            yes={words.library.removeWord}
            no={words.library.keepIt}
            onYes={() => void studio.storedRuns.getState().remove(run.id)}
          >
            <IconButton icon="trash" label={words.library.remove(name)} />
          </Confirm>
        </span>
      </td>
    </tr>
  );
}
