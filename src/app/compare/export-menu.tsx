/**
 * The menu of a row's weights. Loaded when the table is shown: its parts are a good deal of code.
 */
import { DropdownMenu } from 'radix-ui';
import type { ComparedRow } from '../../report/compare';
import { exportKinds, refusalsKey } from '../../store/exports';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { Button } from '../parts/button';
import styles from './compare.module.css';
import { compareWords } from './table-words';

const say = compareWords;

/** A format that cannot hold the row stays in the menu with its reason, where the keyboard finds it as well. */
export function ExportMenu({ runId, row }: { runId: string; row: ComparedRow }) {
  const { exports } = useStudio();
  const task = useStore(exports, (state) => state.task);
  const refusals = useStore(exports, (state) => state.refusals.get(refusalsKey(runId, row.row)));
  const { ask, build } = exports.getState();
  const busy = task?.state === 'busy';
  const own = busy && task.runId === runId && task.row === row.row;
  const look = () => void ask(runId, row.row);
  return (
    <DropdownMenu.Root modal={false} onOpenChange={(open) => open && look()}>
      <DropdownMenu.Trigger asChild>
        <Button
          small
          icon="download"
          aria-label={say.exportOf(row.label)}
          aria-busy={own}
          onPointerEnter={look}
          onFocus={look}
        >
          {own ? say.exporting : say.exports}
        </Button>
      </DropdownMenu.Trigger>
      {/* In place, not in a portal: its wrapper is fixed, so the table's scroller does not clip it. */}
      <DropdownMenu.Content className={styles.menu} align="end" sideOffset={4}>
        {exportKinds(row.method).map((kind) => {
          const refusal = refusals?.[kind];
          return (
            <DropdownMenu.Item
              key={kind}
              className={styles.item}
              // Not the button: closing the menu gives it the focus back, and a disabled one would lose it.
              disabled={busy}
              aria-disabled={busy || refusal !== undefined || undefined}
              onSelect={(event) => {
                if (refusal === undefined) void build(runId, row.row, kind);
                else event.preventDefault();
              }}
            >
              <span>{say.kinds[kind]}</span>
              {refusal !== undefined && <span className={styles.refusal}>{refusal}</span>}
            </DropdownMenu.Item>
          );
        })}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
