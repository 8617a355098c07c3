/**
 * What became of a row's export, under that row: the work, the files with what their re-reading found, or why not. It comes into view by
 * itself, and stays where the table is scrolled sideways.
 */
import { useEffect, useRef, type CSSProperties } from 'react';
import type { ComparedRow } from '../../report/compare';
import { largestDifference, type ExportTask } from '../../store/exports';
import { useStore } from '../../store/react';
import { download } from '../clipboard';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { words } from '../words';
import styles from './compare.module.css';
import { compareWords } from './table-words';

interface ResultProps {
  runId: string;
  row: ComparedRow;
  /** Columns of the table. */
  span: number;
  /** What is seen of the table. */
  width: number;
}

/** The file that was asked for last, where it is of this row. */
export function ExportResult({ runId, row, span, width }: ResultProps) {
  const { task } = useStore(useStudio().exports);
  if (!task || task.runId !== runId || task.row !== row.row) return null;
  return (
    <tr>
      <td colSpan={span} className={styles.resultCell}>
        <Shown task={task} label={row.label} width={width} />
      </td>
    </tr>
  );
}

function Shown({ task, label, width }: { task: ExportTask; label: string; width: number }) {
  const { build, dismiss } = useStudio().exports.getState();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [task.state]);
  const what = `${label}, ${compareWords.kinds[task.kind]}`;
  const difference = largestDifference(task.files);
  return (
    <div ref={place} className={styles.result} style={{ '--seen': `${width}px` } as CSSProperties}>
      {task.state === 'failed' && task.failure ? (
        <FailureAlert
          failure={task.failure}
          said={task.failure.code === 'QS-RECIPE-01' ? compareWords.refused : undefined}
          onDismiss={dismiss}
          deeds={{ retry: () => void build(task.runId, task.row, task.kind) }}
        />
      ) : (
        <div className={styles.ready} role="status">
          <p>
            {task.state === 'busy' ? compareWords.building(what) : compareWords.ready(what)}{' '}
            {difference !== null && compareWords.difference(format.error(difference))}
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
                  {compareWords.download(file.name, format.bytes(file.blob.size))}
                </Button>
              ))}
              <Button look="quiet" onClick={dismiss}>
                {words.failure.dismiss}
              </Button>
            </div>
          )}
        </div>
      )}
    </div>
  );
}
