/** Files of one row, built on demand by the engine and offered together with what its re-reading of them found. */
import type { ComparedRow } from '../../store/compare';
import { largestDifference } from '../../store/exports';
import { useStore } from '../../store/react';
import { download } from '../clipboard';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './compare.module.css';

/** The file that was asked for last, for this run. */
export function ExportResult({ runId, rows }: { runId: string; rows: readonly ComparedRow[] }) {
  const { task, build, dismiss } = useStore(useStudio().exports);
  if (!task || task.runId !== runId) return null;
  const label = rows.find((row) => row.row === task.row)?.label ?? '';
  const what = `${label}, ${words.compare.kinds[task.kind]}`;
  if (task.state === 'failed' && task.failure) {
    return (
      <FailureAlert
        failure={task.failure}
        onDismiss={dismiss}
        deeds={{ retry: () => void build(task.runId, task.row, task.kind) }}
      />
    );
  }
  const difference = largestDifference(task.files);
  return (
    <div className={`${panel.panel} ${styles.ready}`} role="status">
      <p>
        {task.state === 'busy' ? words.compare.building(what) : words.compare.ready(what)}{' '}
        {difference !== null && words.compare.difference(format.error(difference))}
      </p>
      {task.files
        .flatMap(({ notes = [] }) => notes)
        .map((note) => (
          <p key={note}>{note}</p>
        ))}
      {task.state === 'ready' && (
        <div className={styles.files}>
          {task.files.map((file) => (
            <Button key={file.name} icon="download" onClick={() => download(file.name, file.blob)}>
              {words.compare.download(file.name, format.bytes(file.blob.size))}
            </Button>
          ))}
          <Button look="quiet" onClick={dismiss}>
            {words.failure.dismiss}
          </Button>
        </div>
      )}
    </div>
  );
}
