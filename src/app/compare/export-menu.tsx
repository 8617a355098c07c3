/** The menu of files that can be made of one row. Loaded when the table is shown: its parts are a good deal of code. */
import { DropdownMenu } from 'radix-ui';
import type { ComparedRow } from '../../store/compare';
import { exportKinds } from '../../store/exports';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import { words } from '../words';
import styles from './compare.module.css';

export function ExportMenu({ runId, row }: { runId: string; row: ComparedRow }) {
  const { exports } = useStudio();
  const busy = useStore(exports, (state) => state.task?.state === 'busy');
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button small icon="download" aria-label={words.compare.exportOf(row.label)}>
          {words.compare.exports}
        </Button>
      </DropdownMenu.Trigger>
      {/* In place, not in a portal: its wrapper is fixed, so the table's scroller does not clip it. */}
      <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4}>
        {exportKinds(row.method).map((kind) => {
          const refused = kind === 'results' || kind === 'csv' ? undefined : row.refusals[kind];
          return (
            <DropdownMenu.Item
              key={kind}
              className={styles.item}
              title={refused}
              // Not the button: closing the menu gives it the focus back, and a disabled one would lose it.
              disabled={busy}
              onSelect={() => void exports.getState().build(runId, row.row, kind)}
            >
              {words.compare.kinds[kind]}
              {refused !== undefined && <small>{words.compare.unfit}</small>}
            </DropdownMenu.Item>
          );
        })}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
