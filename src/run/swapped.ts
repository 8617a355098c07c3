/**
 * What one layer costs the network by itself: it is rounded while all others stay, and the calibration windows go on from its block to the
 * end, where outputs are compared. Full precision's states before every block are kept, so that nothing is gone through twice.
 */
import { ResidentBlocks, type Batch } from '../model/resident-blocks';
import type { Block, Linear } from '../model/architecture';
import { onlineHooks } from '../model/view/online';
import { candidatesOf, type Allotted } from '../recipe/allotted';
import type { RunRow } from '../recipe/rows';
import type { Allots } from '../step/face';
import type { Probe } from '../step/step';
import type { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import { ActivationStore } from './activation-store';
import type { Chunk } from './chunks';
import { ACTIVATION_BYTES } from './plan-bytes';
import type { ActivationRun, RunHost } from './prepared-run';
import { calibrationChunks, soundWeight } from './reference-walk';
import type { RunView } from './views';

export interface Swapping {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly row: RunRow;
  readonly allots: Allots;
  readonly view: RunView;
  /** Of the view. */
  readonly layers: readonly Linear[];
}

/** A layer's weight as a candidate leaves it; null: as it is. The caller's. */
export type Round = (row: RunRow, linear: Linear, weight: Weight, candidate: Allotted) => Promise<Weight | null>;

export async function* swapped(
  { run, host, row, allots, view, layers }: Swapping,
  windows: number,
  round: Round,
): ReturnType<Probe['swapped']> {
  const { gpu, control } = host;
  const { current } = view;
  const { blocks } = current.network;
  const chunks = calibrationChunks(run, host, windows);
  const hooks = onlineHooks(gpu, current.online);
  let swap: { readonly name: string; readonly weight: Weight | null } | null = null;
  const weights = ({ name }: Linear) => (name === swap?.name ? swap.weight : null);
  // All that is to stay is loaded by the first pass, while nothing is swapped.
  const resident = new ResidentBlocks(gpu, current.source, blocks, { hooks, weights });
  const divergence = await run.subject.divergence(gpu, current, host.head);
  const states = new ActivationStore(gpu, host.activationBytes ?? ACTIVATION_BYTES);
  const held: Held = { states, last: [], contexts: [] };
  try {
    await fullPass(run, host, view, resident, chunks, held);
    const count = chunks.reduce((all, chunk) => all + divergence.count(chunk), 0);
    for (const linear of layers) {
      const place = blocks.findIndex((block) => has(block, linear));
      const weight = await soundWeight(host, view, linear);
      const candidates: (Weight | null)[] = [];
      try {
        for (const candidate of candidatesOf(allots)) candidates.push(await round(row, linear, weight, candidate));
        const sums = candidates.map(() => 0);
        for (const [c, chunk] of chunks.entries()) {
          const own: Tensor[] = [];
          for (const candidate of candidates) {
            control.check();
            swap = { name: linear.name, weight: candidate };
            const hidden = states.peek(stateKey(place, c), (state) => state.clone('swapped'));
            const batch = { geometry: chunk.geometry, context: held.contexts[c], hidden };
            await resident.run([batch], place);
            own.push(batch.hidden);
          }
          const found = await divergence.of(chunk, held.last[c], own);
          for (const hidden of own) hidden.release();
          found.forEach((value, i) => (sums[i] += value));
        }
        yield { linear, divergence: sums.map((sum) => sum / count) };
      } finally {
        swap = null;
        weight.release();
        for (const candidate of candidates) candidate?.release();
      }
    }
  } finally {
    states.releaseAll();
    for (const tensor of [...held.last, ...held.contexts]) tensor?.release();
    divergence.release();
    resident.release();
    hooks?.release?.();
  }
}

/** What full precision leaves, by chunk: before every block (stateKey), after the last, and what steers the blocks. */
export interface Held {
  readonly states: ActivationStore;
  readonly last: Tensor[];
  readonly contexts: (Tensor | null)[];
}

/** Takes the windows through the network as it is. */
export async function fullPass(
  { subject }: ActivationRun,
  { gpu, control }: RunHost,
  { current }: RunView,
  resident: ResidentBlocks,
  chunks: readonly Chunk[],
  { states, last, contexts }: Held,
): Promise<void> {
  const open = await subject.open(gpu, current);
  const batches: Batch[] = [];
  try {
    for (const chunk of chunks) {
      const { hidden, context } = await open.embed(chunk);
      contexts.push(context);
      batches.push({ geometry: chunk.geometry, context, hidden });
    }
    await resident.run(batches, 0, async (place) => {
      control.check();
      for (const [c, { hidden }] of batches.entries())
        await states.put(stateKey(place, c), hidden.clone('before a block'));
    });
  } finally {
    last.push(...batches.map(({ hidden }) => hidden));
    open.release();
  }
}

export function stateKey(place: number, chunk: number): string {
  return `${place}/${chunk}`;
}

function has({ stages }: Block, { name }: Linear): boolean {
  return stages.some(({ linears }) => linears.some((linear) => linear.name === name));
}
