/** Files of one row: built on demand by the engine, re-read by it, and offered together with what the re-reading found. */
import { DropdownMenu } from 'radix-ui';
import type { ComparedRow } from '../../store/compare';
import { EXPORT_KINDS, largestDifference } from '../../store/exports';
import { useStore } from '../../store/react';
import { download } from '../clipboard';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import styles from './compare.module.css';

export function ExportMenu({ runId, row }: { runId: string; row: ComparedRow }) {
  const { exports } = useStudio();
  const busy = useStore(exports, (state) => state.task?.state === 'busy');
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button small icon="download" disabled={busy} aria-label={words.compare.exportOf(row.label)}>
          {words.compare.exports}
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4}>
          {EXPORT_KINDS.map((kind) => (
            <DropdownMenu.Item
              key={kind}
              className={styles.item}
              onSelect={() => void exports.getState().build(runId, row.row, kind)}
            >
              {words.compare.kinds[kind]}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

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
