/**
 * What one layer costs the network by itself: it is rounded while all others stay, and the calibration windows go on from its block to the
 * end, where outputs are compared. The states of the others before every block are kept, so that nothing is gone through twice. The others are
 * at full precision, or as something else is chosen for them: the narrowest form, a finished row.
 */
import { ResidentBlocks, type Batch } from '../model/resident-blocks';
import type { Block, Linear } from '../model/architecture';
import { releaseContext, type Context } from '../model/context';
import { keptBefore } from '../model/skips';
import { onlineHooks } from '../model/view/online';
import { linearsIn } from '../model/linears';
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
  readonly view: RunView;
  /** Of the view. */
  readonly layers: readonly Linear[];
}

/** What is put in a layer's place; null: its weight as it is. The caller's. */
export interface Choices {
  of(linear: Linear, weight: Weight): Promise<(Weight | null)[]>;
  /** What all other layers have meanwhile; full precision where it is not said. */
  other?(linear: Linear, weight: Weight): Promise<Weight | null>;
}

export async function* swapped(
  { run, host, view, layers }: Swapping,
  windows: number,
  choices: Choices,
): ReturnType<Probe['swapped']> {
  const { gpu, control } = host;
  const { current } = view;
  const { blocks } = current.network;
  const chunks = calibrationChunks(run, host, windows);
  const hooks = onlineHooks(gpu, current.online);
  let swap: { readonly name: string; readonly weight: Weight | null } | null = null;
  const others = new Map<string, Weight>();
  const weights = ({ name }: Linear) => (name === swap?.name ? swap.weight : (others.get(name) ?? null));
  // All that is to stay is loaded by the first pass, while nothing is swapped.
  const resident = new ResidentBlocks(gpu, current.source, blocks, { hooks, weights });
  const divergence = await run.subject.divergence(gpu, current, host.head);
  const states = new ActivationStore(gpu, host.activationBytes ?? ACTIVATION_BYTES);
  const held: Held = { states, last: [], contexts: [] };
  try {
    await fullPass(run, host, view, resident, chunks, held);
    if (choices.other) {
      await takeOthers(host, view, choices.other, others);
      states.releaseAll();
      const again: Held = { states, last: [], contexts: [] };
      await fullPass(run, host, view, resident, chunks, again);
      releaseHeld(again);
    }
    const count = chunks.reduce((all, chunk) => all + divergence.count(chunk), 0);
    for (const linear of layers) {
      const place = blocks.findIndex((block) => has(block, linear));
      const weight = await soundWeight(host, view, linear);
      let candidates: (Weight | null)[] = [];
      try {
        candidates = await choices.of(linear, weight);
        const sums = candidates.map(() => 0);
        for (const [c, chunk] of chunks.entries()) {
          const own: Tensor[] = [];
          for (const candidate of candidates) {
            control.check();
            swap = { name: linear.name, weight: candidate ?? (choices.other ? weight : null) };
            const before = (at: number) => states.peek(stateKey(at, c), (state) => state.clone('swapped'));
            // What waits is what stood before the block behind the one that made it.
            const kept = keptBefore(blocks, place).map((maker) => before(maker + 1));
            const batch = { geometry: chunk.geometry, context: held.contexts[c], kept, hidden: before(place) };
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
    releaseHeld(held);
    for (const weight of others.values()) weight.release();
    divergence.release();
    resident.release();
    hooks?.release?.();
  }
}

/** Of all layers, also those that are not asked about. */
async function takeOthers(
  host: RunHost,
  view: RunView,
  other: NonNullable<Choices['other']>,
  others: Map<string, Weight>,
): Promise<void> {
  for (const linear of linearsIn(view.current.network)) {
    host.control.check();
    const weight = await soundWeight(host, view, linear);
    try {
      const own = await other(linear, weight);
      if (own) others.set(linear.name, own);
    } finally {
      weight.release();
    }
  }
}

/** What full precision leaves, by chunk: before every block (stateKey), after the last, and what steers the blocks. */
export interface Held {
  readonly states: ActivationStore;
  readonly last: Tensor[];
  readonly contexts: (Context | null)[];
}

/** All but the states. */
export function releaseHeld({ last, contexts }: Held): void {
  for (const tensor of last) tensor.release();
  contexts.forEach(releaseContext);
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
      batches.push({ geometry: chunk.geometry, context, kept: [], hidden });
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
