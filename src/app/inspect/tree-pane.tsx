/** The tree with what it is filtered by: a part of the name, what is quantized, a type. '/' goes to the filter. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Inspected } from '../../worker/protocol';
import { SelectField } from '../parts/field';
import { Choices, Toolbar } from '../parts/toolbar';
import chart from '../chart/chart.module.css';
import panel from '../parts/panel.module.css';
import { blockOf, filtered, NO_FILTER, rowsOf, treeOf, type TreeFilter } from './tree';
import { TensorTree } from './tensor-tree';
import { say } from './words';
import styles from './inspect.module.css';

interface TreePaneProps {
  listing: Inspected;
  chosen: string | null;
  onChoose: (name: string) => void;
}

const KINDS = ['all', 'quantized', 'left'] as const;
/** Tensors up to which all groups are open at first. */
const FEW = 40;

export function TreePane({ listing, chosen, onChoose }: TreePaneProps) {
  const [filter, setFilter] = useState<TreeFilter>(NO_FILTER);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const { tensors: all } = listing;
  const { tensors, fault } = useMemo(() => filtered(all, filter), [all, filter]);
  const nodes = useMemo(() => treeOf(tensors), [tensors]);
  const rows = useMemo(() => {
    // Few tensors are all in sight, and so is what was asked for by its address; the rest opens when it is asked to.
    const openAtFirst = (id: string, level: 'b' | 'm') =>
      level === 'm' || tensors.length <= FEW || (chosen !== null && id === `b ${blockOf(chosen)}`);
    return rowsOf(nodes, ({ id }) => openAtFirst(id, id.startsWith('m ') ? 'm' : 'b') !== toggled.has(id));
  }, [nodes, tensors.length, chosen, toggled]);
  const field = useRef<HTMLInputElement>(null);
  useSlash(field);

  const dtypes = useMemo(() => [...new Set(all.map(({ dtype }) => dtype))].sort(), [all]);
  const change = (by: Partial<TreeFilter>) => setFilter((before) => ({ ...before, ...by }));
  return (
    <section className={styles.pane} aria-labelledby="inspect-tree">
      <h2 id="inspect-tree">{say.tree}</h2>
      <div className={styles.filters}>
        <label className={styles.filter}>
          <span className="visually-hidden">{say.filter}</span>
          <input
            ref={field}
            type="search"
            value={filter.text}
            placeholder={say.filterHint}
            aria-invalid={fault}
            aria-describedby="inspect-shown"
            aria-keyshortcuts="/"
            onChange={(event) => change({ text: event.target.value })}
          />
        </label>
        <Toolbar className={chart.toolbar} label={say.kindsLabel}>
          <Choices
            label={say.kindsLabel}
            className={chart.group}
            choiceClassName={chart.choice}
            value={filter.quantized}
            choices={KINDS.map((value) => ({ value, text: say.kinds[value] }))}
            onChange={(quantized) => change({ quantized })}
          />
        </Toolbar>
        {dtypes.length > 1 && (
          <SelectField
            label={say.dtype}
            value={filter.dtype ?? ''}
            choices={[{ value: '', text: say.anyDtype }, ...dtypes.map((value) => ({ value, text: value }))]}
            onChange={(value) => change({ dtype: value || null })}
          />
        )}
      </div>
      <p id="inspect-shown" className={styles.small} role="status">
        {fault ? say.filterFault : tensors.length === 0 ? say.noneShown : say.shown(tensors.length, all.length)}
      </p>
      {rows.length > 0 ? (
        <TensorTree
          rows={rows}
          chosen={chosen}
          onChoose={onChoose}
          onToggle={(id) =>
            setToggled((before) => {
              const after = new Set(before);
              if (!after.delete(id)) after.add(id);
              return after;
            })
          }
        />
      ) : (
        <div className={panel.panel} />
      )}
    </section>
  );
}

/** '/' anywhere outside of a field leads to the filter. */
function useSlash(field: React.RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      if (target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable]')) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [field]);
}
