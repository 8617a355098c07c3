/**
 * Transforms that are fitted block by block. Before a view's block is loaded, its full-precision stream is rehearsed through the block as
 * the view has it so far; what a step finds out is stored, and changes the view. A state that is stored is never fitted again.
 *
 * A fit sees the full-precision stream alone, never a row's: so rows share views, and a resumed run has the same ones.
 */
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import { methodOf } from '../method/table';
import { uploadLinear, type Block } from '../model/architecture';
import { inTurn, type Hooks } from '../model/hooks';
import { onlineHooks } from '../model/view/online';
import type { NetworkView } from '../model/view/view';
import { AS_IT_IS, type RunRow } from '../recipe/rows';
import type { ActivationsId } from '../step/face';
import { STEP_FACES } from '../step/faces';
import type { Rehearsal, StepState } from '../step/step';
import { ACTIVATIONS } from '../step/table';
import { untiled } from '../tensor/weight';
import { lessonOf } from './block-lesson';
import type { Chunk } from './chunks';
import type { RunEvent } from './events';
import { pausePoint } from './pause';
import type { RunHost } from './prepared-run';
import { rehearse } from './rehearse';
import { stepOf } from './row-work';
import type { StreamStates } from './stream-states';
import type { RunView } from './views';

interface Reference {
  readonly states: StreamStates;
  readonly chunks: readonly Chunk[];
}

/** Fits what the view's steps want of one block, and puts the view on. */
export async function* fitView(
  host: RunHost,
  view: RunView,
  block: Block,
  reference: Reference,
): AsyncGenerator<RunEvent> {
  for (const [i, { step, work }] of view.fitted.entries()) {
    if (!work.fit || !work.fitted) throw new Error(`bug: ${step.step} can be neither applied nor fitted`);
    host.control.check();
    const key = stateKey(view, i, block);
    let state = await host.store.loadState(key);
    if (!state) {
      const title = STEP_FACES[step.step].title;
      yield { type: 'stage', stage: 'fit', block: block.index, detail: `${title} · ${view.label}` };
      const online = onlineHooks(host.gpu, view.current.online);
      try {
        state = await work.fit(rehearsal(host, view, block, reference, online), step.options);
      } finally {
        online?.release?.();
      }
      requireFinite(state, title, block.name);
      await host.store.saveState(key, state);
      const told = work.told?.(state);
      if (told !== undefined) {
        yield { type: 'stage', stage: 'fit', block: block.index, detail: `${title} · ${view.label}: ${told}` };
      }
      yield* pausePoint(host.control);
    }
    view.current = work.fitted(view.current, block, step.options, state);
  }
}

/**
 * The view with all states that are stored: of a run that is over, for exports. `current`: with what was learned of it (learn-views.ts).
 * Throws where a state is missing.
 */
export async function storedView(
  load: (key: string) => Promise<StepState | null>,
  view: RunView,
  current: NetworkView,
): Promise<NetworkView> {
  for (const block of current.network.blocks) {
    for (const [i, { step, work }] of view.fitted.entries()) {
      const state = await load(stateKey(view, i, block));
      if (!state || !work.fitted) throw new Error(`bug: nothing is stored of ${step.step} for ${block.name}`);
      current = work.fitted(current, block, step.options, state);
    }
  }
  return current;
}

function stateKey({ index }: RunView, step: number, block: Block): string {
  return `view ${index}, step ${step}, block ${block.index}`;
}

function rehearsal(
  host: RunHost,
  { current, row, index }: RunView,
  block: Block,
  { states, chunks }: Reference,
  hooks: Hooks | null,
): Rehearsal {
  const { gpu } = host;
  const weight = (linear: Block['stages'][number]['linears'][number]) => uploadLinear(gpu, current.source, linear);
  return {
    gpu,
    view: current,
    block,
    weight,
    taps: (see) => rehearse(host, { states, chunks, hooks, view: current, block, stream: index }, see),
    within(see) {
      const looking = inTurn(hooks, {
        on(_, at, x, g) {
          if (at.place !== 'tap' && at.place !== 'rounded tap') see(at, x.value, g);
          return x;
        },
      });
      return rehearse(host, { states, chunks, hooks: looking, view: current, block, stream: index }, () => undefined);
    },
    quantized:
      row && row.method !== AS_IT_IS.method
        ? async (tensor) => {
            // Plain rounding on the row's grid, as AWQ's search has it.
            const grid = FAMILIES[faceOf(row.method).family].nearestGrid(row.options);
            return untiled((await methodOf('rtn').quantize({ weight: tensor, statistics: null }, grid)).q);
          }
        : null,
    rounded: rounder(row),
    lesson: () => {
      return lessonOf({ gpu, view: current, states, chunks, stream: index, online: hooks, row, weight }, block);
    },
    check: () => host.control.check(),
  };
}

function rounder(row: RunRow | null): Rehearsal['rounded'] {
  const step = row && stepOf(row, 'activations');
  if (!step) return null;
  const { alone } = ACTIVATIONS[step.step as ActivationsId];
  return alone ? (x, length) => alone(x, length, step.options) : null;
}

/** A fit that came to nothing is no state. */
export function requireFinite({ arrays }: StepState, title: string, where: string): void {
  for (const [name, values] of Object.entries(arrays)) {
    if (!values.every(Number.isFinite)) throw new Error(`bug: ${title} found a ${name} of ${where} that is no number`);
  }
}
