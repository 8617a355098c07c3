/**
 * Transforms that are fitted block by block. Before a view's block is loaded, its full-precision stream is rehearsed through the block as
 * the view has it so far; what a step finds out is stored, and changes the view. A state that is stored is never fitted again.
 *
 * A fit sees the full-precision stream alone, never a row's: so rows share views, and a resumed run has the same ones.
 */
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import { methodOf } from '../method/table';
import { detached, loadStagedBlock, uploadLinear, type Block } from '../model/architecture';
import { hookedTap, type Hooks } from '../model/hooks';
import { fixedLinear } from '../gradient/linear';
import { onlineHooks } from '../model/view/online';
import type { NetworkView } from '../model/view/view';
import { AS_IT_IS } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import type { Rehearsal, StepState } from '../step/step';
import { untiled, type Weight } from '../tensor/weight';
import { lessonOf } from './block-lesson';
import type { Chunk } from './chunks';
import type { RunEvent } from './events';
import { pausePoint } from './pause';
import type { RunHost } from './prepared-run';
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
      requireFinite(state, title, block);
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

/** The view with all states that are stored: of a run that is over, for exports. Throws where one is missing. */
export async function storedView(
  load: (key: string) => Promise<StepState | null>,
  view: RunView,
): Promise<NetworkView> {
  let { current } = view;
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
    async taps(see) {
      const staged = await loadStagedBlock(gpu, current.source, block);
      const weights = new Map<string, Weight>();
      try {
        for (const linear of block.stages.flatMap(({ linears }) => linears)) {
          weights.set(linear.name, await weight(linear));
        }
        for (const [c, { heldOut, geometry }] of chunks.entries()) {
          if (heldOut) continue;
          host.control.check();
          const hidden = states.peekResidual(index, c, (x) => x.clone('rehearsed'));
          let state = detached(gpu, (tape, own) =>
            states.withContext(tape, c, (steer) => staged.begin(tape, own(hidden), steer, geometry)),
          );
          block.stages.forEach(({ linears }, stage) => {
            state = detached(gpu, (tape, own) => {
              if (!state.tap) throw new Error(`bug: stage ${stage} of ${block.name} has no input`);
              const tap = own(state.tap);
              const seen = hookedTap(hooks, tape, block.index, stage, tap, geometry);
              see(stage, seen.value, geometry);
              const outputs = linears.map((linear) =>
                fixedLinear(tape, seen, weights.get(linear.name) as Weight, staged.bias(linear)),
              );
              const before = { residual: own(state.residual), tap, carry: state.carry.map(own) };
              return staged.advance(tape, stage, before, outputs, geometry, hooks);
            });
          });
          state.residual.release();
          await gpu.settle();
        }
      } finally {
        staged.release();
        for (const one of weights.values()) one.release();
      }
    },
    quantized:
      row && row.method !== AS_IT_IS.method
        ? async (tensor) => {
            // Plain rounding on the row's grid, as AWQ's search has it.
            const grid = FAMILIES[faceOf(row.method).family].nearestGrid(row.options);
            return untiled((await methodOf('rtn').quantize({ weight: tensor, statistics: null }, grid)).q);
          }
        : null,
    lesson: () => {
      return lessonOf({ gpu, view: current, states, chunks, stream: index, online: hooks, row, weight }, block);
    },
    check: () => host.control.check(),
  };
}

/** A fit that came to nothing is no state. */
function requireFinite({ arrays }: StepState, title: string, block: Block): void {
  for (const [name, values] of Object.entries(arrays)) {
    if (!values.every(Number.isFinite))
      throw new Error(`bug: ${title} found a ${name} of ${block.name} that is no number`);
  }
}
