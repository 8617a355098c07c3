/** Kinds of layers by their names: what stands in every block under the same name is one kind ('self_attn.q_proj'). */
import type { PlannedLayer } from '../run/events';

export interface LayerKind {
  readonly name: string;
  /** Indices in the plan, in order. */
  readonly layers: readonly number[];
}

/** What a layer is called within its block: what follows the block's number in its name; the whole name where there is none. */
export function kindOfLayer(name: string): string {
  const parts = name.replace(/\.weight$/, '').split('.');
  const number = parts.findIndex((part) => /^\d+$/.test(part));
  return number === -1 || number === parts.length - 1 ? parts.join('.') : parts.slice(number + 1).join('.');
}

/** In the order of the first layer of each. */
export function layerKinds(layers: readonly PlannedLayer[]): LayerKind[] {
  const kinds = new Map<string, number[]>();
  for (const { index, name } of layers) kinds.set(kindOfLayer(name), [...(kinds.get(kindOfLayer(name)) ?? []), index]);
  return [...kinds].map(([name, own]) => ({ name, layers: own }));
}
