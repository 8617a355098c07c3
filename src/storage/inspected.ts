/**
 * Figures of tensors that have been looked at, so that a reload need not read gigabytes again: by model and tensor, as many as have room, the
 * oldest going first. What they are is the inspector's; they go with their model. A browser that keeps nothing has none: nobody is told.
 */
import { keysOf, read, remove, removeAll, write } from './database';

interface Kept {
  /** Of whoever wrote them: figures of another one are not read. */
  readonly version: number;
  /** Milliseconds. */
  readonly at: number;
  readonly figures: unknown;
}

/** Each takes some tens of kilobytes, and a quarter of a megabyte at most. */
const MOST = 96;
/** How many are left when there are too many: looking for the oldest reads them all, and should be rare. */
const LEFT = 72;

export interface FiguresKeeper {
  load(model: string, tensor: string, version: number): Promise<unknown>;
  keep(model: string, tensor: string, version: number, figures: unknown): Promise<void>;
}

const keyOf = (model: string, tensor: string) => `${model}/${tensor}`;

export const inspectedFigures: FiguresKeeper = {
  async load(model, tensor, version) {
    const kept = await read<Kept>('inspected', keyOf(model, tensor));
    return kept?.version === version ? kept.figures : null;
  },
  async keep(model, tensor, version, figures) {
    await write('inspected', keyOf(model, tensor), { version, at: Date.now(), figures } satisfies Kept);
    const keys = await keysOf('inspected');
    if (keys.length <= MOST) return;
    const all = await Promise.all(
      keys.map(async (key) => ({ key, at: (await read<Kept>('inspected', key))?.at ?? 0 })),
    );
    const oldest = all.sort((a, b) => a.at - b.at).slice(0, keys.length - LEFT);
    for (const { key } of oldest) await remove('inspected', key);
  },
};

export async function removeInspected(model: string): Promise<void> {
  await removeAll('inspected', keyOf(model, ''));
}
