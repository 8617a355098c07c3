/**
 * The calibration windows of one view on their way through all its blocks in full precision, before the march: what a prologue sees of a
 * network. Transforms that are fitted block by block are fitted on the way; their states are stored, and the march finds them.
 */
import { loadStagedBlock, uploadLinear, type Block, type Linear, type StagedBlock } from '../model/architecture';
import type { Hooks } from '../model/hooks';
import { onlineHooks } from '../model/view/online';
import { addBias } from '../tensor/bias';
import type { Tensor } from '../tensor/tensor';
import { applyWeight, type Weight } from '../tensor/weight';
import { chunkTokens } from './chunk-tokens';
import { chunksOf, type Chunk } from './chunks';
import type { RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { fitView } from './fit-view';
import { ACTIVATION_BYTES } from './plan-bytes';
import type { ActivationRun, RunHost } from './prepared-run';
import { StreamStates } from './stream-states';
import type { RunView } from './views';

/** A stage that all windows stand before. */
export interface WalkedStage {
  readonly block: Block;
  readonly stage: number;
  /** Of the view, zeros in the place of what is not finite; the walk's. */
  readonly weights: readonly { readonly linear: Linear; readonly weight: Weight }[];
  /** Shows the inputs as the stage's linears get them, chunk by chunk. */
  each(see: (x: Tensor) => void): void;
}

/** Tells of the walk as a run does, and of each stage before it is gone through. */
export async function* walkView(
  run: ActivationRun,
  host: RunHost,
  of: RunView,
): AsyncGenerator<RunEvent | { readonly type: 'walked'; readonly at: WalkedStage }, RunView> {
  // Its own: what is fitted here is fitted again, from what is stored, as the march comes to it.
  const view = { ...of };
  const { gpu } = host;
  const states = new StreamStates(gpu, host.activationBytes ?? ACTIVATION_BYTES);
  const chunks = calibrationChunks(run, host);
  let hooks = onlineHooks(gpu, view.current.online);
  try {
    const subject = await run.subject.open(gpu, view.current);
    for (const [c, chunk] of chunks.entries()) await states.embed([view.index], c, await subject.embed(chunk));
    subject.release();
    for (const index of view.current.network.blocks.keys()) {
      const { online } = view.current;
      for (const c of chunks.keys()) await states.enter(view.current.network.blocks[index], view.index, c);
      yield* fitView(host, view, view.current.network.blocks[index], { states, chunks });
      if (view.current.online.length !== online.length) {
        hooks?.release?.();
        hooks = onlineHooks(gpu, view.current.online);
      }
      const block = view.current.network.blocks[index];
      const staged = await loadStagedBlock(gpu, view.current.source, block);
      try {
        for (const [c, chunk] of chunks.entries()) await states.begin(staged, view.index, c, chunk);
        for (const stage of block.stages.keys()) {
          yield* walkStage(host, { view, states, chunks, hooks, staged }, stage);
          host.control.check();
        }
        for (const c of chunks.keys()) await states.leave(block, view.index, c);
      } finally {
        staged.release();
      }
    }
  } finally {
    states.release();
    hooks?.release?.();
  }
  return view;
}

/** The view with all that is fitted of it, which is stored by then. */
export async function* fittedView(run: ActivationRun, host: RunHost, view: RunView): AsyncGenerator<RunEvent, RunView> {
  if (view.fitted.length === 0) return view;
  const walk = walkView(run, host, view);
  for (;;) {
    const step = await walk.next();
    if (step.done) return { ...step.value, fitted: [] };
    if (step.value.type !== 'walked') yield step.value;
  }
}

/** Calibration windows, or the first `most` of them. */
export function calibrationChunks({ subject }: ActivationRun, { gpu }: RunHost, most = Infinity): Chunk[] {
  const { calibration, heldOut } = subject;
  const windows = Math.min(most, calibration.windows);
  const sets = { calibration: { ...calibration, windows }, heldOut: { ...heldOut, windows: 0 } };
  return chunksOf(sets, chunkTokens(subject, gpu.buffers.largest));
}

/** A layer's weight in a view, zeros in the place of what is not finite. */
export function soundWeight({ gpu }: RunHost, { current }: RunView, linear: Linear): Promise<Weight> {
  return uploadLinear(gpu, current.source, linear, { inspect: new NonFiniteWeights(linear.weight).zero });
}

interface Walk {
  readonly view: RunView;
  readonly states: StreamStates;
  readonly chunks: readonly Chunk[];
  readonly hooks: Hooks | null;
  readonly staged: StagedBlock;
}

async function* walkStage(
  host: RunHost,
  { view, states, chunks, hooks, staged }: Walk,
  stage: number,
): AsyncGenerator<{ readonly type: 'walked'; readonly at: WalkedStage }> {
  const { block } = staged;
  const stream = view.index;
  const at = { place: 'tap', block: block.index, stage, heads: 1 } as const;
  if (hooks) {
    for (const [c, { geometry }] of chunks.entries()) {
      await states.changeTap(stream, c, (tape, x) => hooks.on(tape, at, x, geometry));
    }
  }
  const weights: { readonly linear: Linear; readonly weight: Weight }[] = [];
  try {
    for (const linear of block.stages[stage].linears) {
      weights.push({ linear, weight: await soundWeight(host, view, linear) });
    }
    const each = (see: (x: Tensor) => void) => chunks.forEach((_, c) => states.peekTap(stream, c, see));
    yield { type: 'walked', at: { block, stage, weights, each } };
    for (const [c, chunk] of chunks.entries()) {
      const tap = states.takeTap(stream, c);
      const outputs = weights.map(({ linear, weight }) => {
        const y = applyWeight(tap, weight);
        const bias = staged.bias(linear);
        if (bias) addBias(y, bias);
        return y;
      });
      await states.advance(staged, stage, stream, c, chunk, tap, outputs, hooks);
    }
  } finally {
    for (const { weight } of weights) weight.release();
  }
}
