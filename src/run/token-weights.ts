/**
 * How much tokens count in a row's Hessians (steps of the slot "weigh"): its own stream is taken through the block with the view's weights as
 * far as attention, whose probabilities are summed up by token. Kept while the block is in work, as √ρ (tensor/weighted-gram.ts).
 */
import type { Block } from '../model/architecture';
import { inTurn, type Hooks } from '../model/hooks';
import { attends } from '../model/model';
import type { NetworkView } from '../model/view/view';
import type { RunRow } from '../recipe/rows';
import type { WeighId } from '../step/face';
import { WEIGHINGS } from '../step/table';
import { receivedAttention } from '../tensor/attend-cache';
import type { Geometry } from '../tensor/heads';
import { Tensor } from '../tensor/tensor';
import { tokenRoots } from '../tensor/weighted-gram';
import type { RunHost } from './prepared-run';
import { rehearse, type Rehearsed } from './rehearse';
import { stepOf } from './row-work';

export class TokenWeights {
  /** √ρ by row and chunk, 1 × tokens. */
  readonly #roots = new Map<string, Tensor>();

  /** Finds out a row's of one block; nothing where the row weighs no tokens. */
  async find(
    host: RunHost,
    row: RunRow,
    { view, block, hooks, chunks, ...reference }: Rehearsed & { readonly view: NetworkView; readonly block: Block },
  ): Promise<void> {
    const step = stepOf(row, 'weigh');
    if (!step) return;
    const { gpu } = host;
    const seen: { received: Tensor | null } = { received: null };
    const looking: Hooks = {
      on: (_tape, _at, x) => x,
      attend(_tape, _block, { query, key }, g, options) {
        seen.received = receivedAttention(query.value, key.value, g, options);
        return null;
      },
    };
    const rehearsed = {
      ...reference,
      view,
      block,
      chunks,
      hooks: inTurn(hooks, looking),
      stages: attentionStages(block),
    };
    await rehearse(
      host,
      rehearsed,
      () => undefined,
      async (c) => {
        const { received } = seen;
        if (!received) throw new Error(`bug: ${block.name} attended to nothing`);
        const values = await received.read();
        received.release();
        seen.received = null;
        const { geometry } = chunks[c];
        const weights = byWindow(values, geometry).flatMap((own) => [
          ...WEIGHINGS[step.step as WeighId].weights(own, step.options),
        ]);
        this.#roots.set(`${row.row}/${c}`, tokenRoots(gpu, weights));
      },
    );
  }

  /** Null where all tokens of the chunk count the same. */
  of({ row }: RunRow, chunk: number): Tensor | null {
    return this.#roots.get(`${row}/${chunk}`) ?? null;
  }

  /** Forgets the block. */
  clear(): void {
    for (const roots of this.#roots.values()) roots.release();
    this.#roots.clear();
  }
}

/** Stages whose outputs attention needs. */
function attentionStages({ plan, name }: Block): number {
  if (!attends(plan)) throw new Error(`bug: attention of ${name}`);
  return plan.kind === 'dit' ? 2 : 1;
}

/** Sums over heads: (windows · heads) × length values as one row a window. */
function byWindow(values: Float32Array, { windows, length }: Geometry): Float64Array[] {
  const heads = values.length / (windows * length);
  return Array.from({ length: windows }, (_, w) =>
    Float64Array.from({ length }, (_, t) => {
      let sum = 0;
      for (let h = 0; h < heads; h++) sum += values[(w * heads + h) * length + t];
      return sum;
    }),
  );
}
