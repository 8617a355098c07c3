/**
 * The tree of tensors: rows of one height, of which only those in sight are in the document. One stop of the Tab key; arrows move, Right and Left
 * open and close, Enter or Space shows what is at hand. The ARIA practices' tree, with its active descendant.
 */
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import * as format from '../format';
import { pressTreeKey, type TreeNode, type TreeRow } from './tree';
import { say } from './words';
import styles from './inspect.module.css';

interface TensorTreeProps {
  rows: readonly TreeRow[];
  /** Name of the tensor that is shown. */
  chosen: string | null;
  onToggle: (id: string) => void;
  onChoose: (name: string) => void;
}

/** Of a row, in pixels, as in the style sheet. */
const HEIGHT = 44;
/** Rows beyond the edges of what is in sight. */
const MARGIN = 6;

export function TensorTree({ rows, chosen, onToggle, onChoose }: TensorTreeProps) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(12 * HEIGHT);
  const [active, setActive] = useState<string | null>(null);
  const activeAt = rows.findIndex(({ node }) => node.id === (active ?? (chosen === null ? null : `t ${chosen}`)));
  const at = Math.max(0, activeAt);

  useEffect(() => {
    const element = frame.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => setHeight(entry.contentRect.height));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const bringIntoSight = (row: number) => {
    const element = frame.current;
    if (!element) return;
    const [begin, end] = [row * HEIGHT, (row + 1) * HEIGHT];
    if (begin < element.scrollTop) element.scrollTop = begin;
    else if (end > element.scrollTop + element.clientHeight) element.scrollTop = end - element.clientHeight;
  };

  const show = ({ node }: TreeRow) => {
    if (node.kind === 'group') onToggle(node.id);
    else onChoose(node.tensor.name);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      show(rows[at]);
      return;
    }
    const move = pressTreeKey(rows, at, event.key);
    if (!move) return;
    event.preventDefault();
    if ('toggle' in move) {
      setActive(move.toggle);
      onToggle(move.toggle);
      return;
    }
    setActive(rows[move.to].node.id);
    bringIntoSight(move.to);
  };

  const first = Math.max(0, Math.floor(top / HEIGHT) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((top + height) / HEIGHT) + MARGIN);
  const shown = rows.slice(first, last).map((row, i) => ({ row, at: first + i }));
  // What assistive technology is told is active has to be there, wherever the rest is scrolled to.
  if (rows.length > 0 && (at < first || at >= last)) shown.push({ row: rows[at], at });
  return (
    <div
      ref={frame}
      className={styles.tree}
      role="tree"
      tabIndex={0}
      aria-label={say.tree}
      aria-activedescendant={rows.length > 0 ? `${id}-${at}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div className={styles.room} style={{ height: rows.length * HEIGHT }} role="none">
        {shown.map(({ row, at: place }) => (
          <div
            key={row.node.id}
            id={`${id}-${place}`}
            role="treeitem"
            aria-level={row.level}
            aria-setsize={row.siblings}
            aria-posinset={row.place}
            aria-expanded={row.open ?? undefined}
            aria-selected={row.node.kind === 'tensor' && row.node.tensor.name === chosen}
            aria-label={spokenOf(row.node)}
            data-active={place === at || undefined}
            className={styles.item}
            style={{ top: place * HEIGHT, paddingInlineStart: 8 + 16 * (row.level - 1) }}
            onClick={() => {
              setActive(row.node.id);
              show(row);
            }}
          >
            <Line row={row} />
          </div>
        ))}
      </div>
    </div>
  );
}

function Line({ row: { node, open } }: { row: TreeRow }) {
  return (
    <>
      <span className={open === null ? undefined : styles.twist} data-open={open || undefined} />
      <span className={styles.itemName}>{labelOf(node)}</span>
      {node.kind === 'tensor' && (
        <span className={node.tensor.left === null ? styles.mark : styles.reason}>
          {node.tensor.left === null ? say.quantized : say.left[node.tensor.left].tag}
        </span>
      )}
      <span className={styles.itemFacts}>{factsOf(node)}</span>
    </>
  );
}

function labelOf(node: TreeNode): string {
  return node.label === '' ? say.outside : node.label;
}

function factsOf(node: TreeNode): string {
  if (node.kind === 'group') return say.group(node.tensors, format.bytes(node.bytes), node.quantized);
  const { shape, dtype, values, bytes } = node.tensor;
  return say.leaf(say.shape(shape), dtype, say.values(values), format.bytes(bytes));
}

function spokenOf(node: TreeNode): string {
  if (node.kind === 'group') return `${labelOf(node)}, ${factsOf(node)}`;
  const { left } = node.tensor;
  return `${labelOf(node)}, ${factsOf(node)}, ${left === null ? say.quantized : say.left[left].tag}`;
}
