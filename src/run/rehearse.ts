/** One stream's calibration windows through a block of its view, with the view's weights: looked at, and left where they were. */
import { fixedLinear } from '../gradient/linear';
import type { Gpu } from '../gpu/gpu';
import { detached, loadStagedBlock, uploadLinear, type Block } from '../model/architecture';
import { hookedTap, type Hooks } from '../model/hooks';
import type { Geometry } from '../model/model';
import type { NetworkView } from '../model/view/view';
import type { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import type { Chunk } from './chunks';
import type { RunHost } from './prepared-run';
import type { StreamStates } from './stream-states';

export interface Rehearsed {
  readonly view: NetworkView;
  readonly block: Block;
  /** Whose residual it begins with. */
  readonly stream: number;
  readonly states: StreamStates;
  readonly chunks: readonly Chunk[];
  /** What acts on the way: the view's online operations, and what looks on. */
  readonly hooks: Hooks | null;
  /** Stages that are gone through; default all. */
  readonly stages?: number;
}

/** `see` is shown the input of every stage, chunk by chunk, and may launch work on it while it runs; `after` a chunk may be waited for. */
export async function rehearse(
  { gpu, control }: Pick<RunHost, 'control'> & { readonly gpu: Gpu },
  { view, block, stream, states, chunks, hooks, stages = block.stages.length }: Rehearsed,
  see: (stage: number, x: Tensor, g: Geometry) => void,
  after: (chunk: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const staged = await loadStagedBlock(gpu, view.source, block);
  const weights = new Map<string, Weight>();
  try {
    for (const linear of block.stages.slice(0, stages).flatMap(({ linears }) => linears)) {
      weights.set(linear.name, await uploadLinear(gpu, view.source, linear));
    }
    for (const [c, { heldOut, geometry }] of chunks.entries()) {
      if (heldOut) continue;
      control.check();
      const hidden = states.peekResidual(stream, c, (x) => x.clone('rehearsed'));
      let state = detached(gpu, (tape, own) =>
        states.withContext(tape, c, (steer) => staged.begin(tape, own(hidden), steer, geometry)),
      );
      block.stages.slice(0, stages).forEach(({ linears }, stage) => {
        state = detached(gpu, (tape, own) => {
          if (!state.tap) throw new Error(`bug: stage ${stage} of ${block.name} has no input`);
          const tap = own(state.tap);
          const { rounded: seen } = hookedTap(hooks, tape, block.index, stage, tap, geometry);
          see(stage, seen.value, geometry);
          const outputs = linears.map((linear) =>
            fixedLinear(tape, seen, weights.get(linear.name) as Weight, staged.bias(linear)),
          );
          const before = { residual: own(state.residual), tap, carry: state.carry.map(own) };
          return staged.advance(tape, stage, before, outputs, geometry, hooks);
        });
      });
      for (const left of [state.residual, ...(state.tap ? [state.tap] : []), ...state.carry]) left.release();
      await gpu.settle();
      await after(c);
    }
  } finally {
    staged.release();
    for (const one of weights.values()) one.release();
  }
}
