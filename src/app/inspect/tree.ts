/**
 * The tensors of a checkpoint as a tree of names: block, module, tensor. A block is a name up to its first number ('model.layers.3'); what
 * has none stands in a group of its own, last. A module of one tensor is no level of its own. Pure, so that filter, order and keys are tested.
 */
import type { ListedTensor } from '../../worker/protocol';

export interface TreeGroup {
  readonly kind: 'group';
  /** Its whole name, which no other group has. */
  readonly id: string;
  /** Its own part of the name; '' for what is in no block. */
  readonly label: string;
  readonly children: readonly TreeNode[];
  readonly tensors: number;
  readonly values: number;
  readonly bytes: number;
  readonly quantized: number;
}

export interface TreeLeaf {
  readonly kind: 'tensor';
  readonly id: string;
  readonly label: string;
  readonly tensor: ListedTensor;
}

export type TreeNode = TreeGroup | TreeLeaf;

/** A line of the tree as it is drawn. */
export interface TreeRow {
  readonly node: TreeNode;
  /** From 1. */
  readonly level: number;
  /** Its place among its siblings, from 1, and how many those are. */
  readonly place: number;
  readonly siblings: number;
  /** Null for a tensor. */
  readonly open: boolean | null;
  /** Row of its group; -1 at the top. */
  readonly parent: number;
}

const byName = new Intl.Collator('en', { numeric: true });

export function treeOf(tensors: readonly ListedTensor[]): readonly TreeNode[] {
  const blocks = new Map<string, ListedTensor[]>();
  for (const tensor of tensors) push(blocks, blockOf(tensor.name), tensor);
  const names = [...blocks.keys()].sort((a, b) => (a === '' ? 1 : b === '' ? -1 : byName.compare(a, b)));
  return names.map((block) => group(`b ${block}`, block, modulesOf(block, blocks.get(block) ?? [])));
}

/** Modules in the order of the file. */
function modulesOf(block: string, tensors: readonly ListedTensor[]): TreeNode[] {
  const modules = new Map<string, ListedTensor[]>();
  const within = ({ name }: ListedTensor) => (block === '' ? name : name.slice(block.length + 1) || name);
  for (const tensor of tensors) push(modules, moduleOf(within(tensor)), tensor);
  return [...modules].flatMap(([module, own]): TreeNode[] => {
    const leaf = (tensor: ListedTensor, label: string): TreeLeaf => ({
      kind: 'tensor',
      id: `t ${tensor.name}`,
      label,
      tensor,
    });
    if (own.length === 1 || module === '') return own.map((tensor) => leaf(tensor, within(tensor)));
    const children = own.map((tensor) => leaf(tensor, within(tensor).slice(module.length + 1)));
    return [group(`m ${block} ${module}`, module, children)];
  });
}

function group(id: string, label: string, children: readonly TreeNode[]): TreeGroup {
  const sum = (of: (node: TreeNode) => number) => children.reduce((all, node) => all + of(node), 0);
  return {
    ...{ kind: 'group', id, label, children },
    tensors: sum((node) => (node.kind === 'group' ? node.tensors : 1)),
    values: sum((node) => (node.kind === 'group' ? node.values : node.tensor.values)),
    bytes: sum((node) => (node.kind === 'group' ? node.bytes : node.tensor.bytes)),
    quantized: sum((node) => (node.kind === 'group' ? node.quantized : node.tensor.left === null ? 1 : 0)),
  };
}

/** 'model.layers.3' of 'model.layers.3.mlp.up_proj.weight'; '' without a number that stands alone. */
export function blockOf(name: string): string {
  return /^(?:[^./]+[./])*?\d+(?=[./])/.exec(name)?.[0] ?? '';
}

function moduleOf(name: string): string {
  const end = Math.max(name.lastIndexOf('.'), name.lastIndexOf('/'));
  return end === -1 ? '' : name.slice(0, end);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

/** The lines to draw where these groups are open. */
export function rowsOf(nodes: readonly TreeNode[], open: (group: TreeGroup) => boolean): TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (siblings: readonly TreeNode[], level: number, parent: number) => {
    siblings.forEach((node, i) => {
      const opened = node.kind === 'group' ? open(node) : null;
      const at = rows.push({ node, level, place: i + 1, siblings: siblings.length, open: opened, parent }) - 1;
      if (node.kind === 'group' && opened) add(node.children, level + 1, at);
    });
  };
  add(nodes, 1, -1);
  return rows;
}

export interface TreeFilter {
  /** A part of the name, whatever its case, or a regular expression after 're:'. */
  readonly text: string;
  readonly quantized: 'all' | 'quantized' | 'left';
  /** Null for all. */
  readonly dtype: string | null;
}

export const NO_FILTER: TreeFilter = { text: '', quantized: 'all', dtype: null };

/** Longer patterns are nobody's, and take long. */
const LONGEST_PATTERN = 200;

/** The tensors that pass, or what is wrong with the pattern. */
export function filtered(
  tensors: readonly ListedTensor[],
  { text, quantized, dtype }: TreeFilter,
): { readonly tensors: readonly ListedTensor[]; readonly fault: boolean } {
  const fits = matcherOf(text.trim());
  if (fits === null) return { tensors: [], fault: true };
  const passing = tensors.filter(
    (tensor) =>
      (quantized === 'all' || (quantized === 'quantized') === (tensor.left === null)) &&
      (dtype === null || tensor.dtype === dtype) &&
      fits(tensor.name),
  );
  return { tensors: passing, fault: false };
}

/** Null where a pattern is none. */
function matcherOf(text: string): ((name: string) => boolean) | null {
  const [, pattern] = /^re:(.*)$/s.exec(text) ?? [];
  if (pattern === undefined) {
    const part = text.toLowerCase();
    return (name) => name.toLowerCase().includes(part);
  }
  if (pattern.length > LONGEST_PATTERN) return null;
  try {
    const expression = new RegExp(pattern, 'i');
    return (name) => expression.test(name.slice(0, 256));
  } catch {
    return null;
  }
}

/** Where a key leads from a line: another line, a group that opens or closes; null for keys that are not the tree's. */
export type TreeMove = { readonly to: number } | { readonly toggle: string };

export function pressTreeKey(rows: readonly TreeRow[], at: number, key: string): TreeMove | null {
  const row = rows.at(at);
  if (!row || rows.length === 0) return null;
  const within = (to: number) => ({ to: Math.max(0, Math.min(rows.length - 1, to)) });
  switch (key) {
    case 'ArrowDown':
      return within(at + 1);
    case 'ArrowUp':
      return within(at - 1);
    case 'PageDown':
      return within(at + 8);
    case 'PageUp':
      return within(at - 8);
    case 'Home':
      return within(0);
    case 'End':
      return within(rows.length - 1);
    case 'ArrowRight':
      if (row.open === false) return { toggle: row.node.id };
      return row.open ? within(at + 1) : within(at);
    case 'ArrowLeft':
      if (row.open) return { toggle: row.node.id };
      return within(row.parent === -1 ? at : row.parent);
    default:
      return null;
  }
}
