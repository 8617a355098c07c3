/**
 * A block for transforms to learn on (step/step.ts): its full-precision stream, its own outputs as targets, and how the row would quantize
 * its weights and inputs, straight through: what is rounded passes its gradient as it is (Bengio et al. 2013, arXiv:1308.3432).
 */
import { StudioError } from '../base/errors';
import type { Tape, Variable } from '../gradient/tape';
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import { roundedToGrid } from '../method/rtn';
import { loadStagedBlock, type Block, type Linear } from '../model/architecture';
import { inTurn, type Hooks } from '../model/hooks';
import { AS_IT_IS, methodFor, type RunRow } from '../recipe/rows';
import type { ActivationsId } from '../step/face';
import { STEP_FACES } from '../step/faces';
import type { Lesson, TapQuantizer } from '../step/step';
import { ACTIVATIONS } from '../step/table';
import type { Gpu } from '../gpu/gpu';
import { untiled, type Weight } from '../tensor/weight';
import type { Tensor } from '../tensor/tensor';
import type { NetworkView } from '../model/view/view';
import { blockLoss, blockOutput, minibatches, type BlockStream } from './block-loss';
import { stepOf } from './row-work';
import { blockLack } from './weight-limit';

export interface LessonSource extends Omit<BlockStream, 'block'> {
  readonly gpu: Gpu;
  readonly view: NetworkView;
  /** The view's online operations. */
  readonly online: Hooks | null;
  readonly row: RunRow | null;
  weight(linear: Linear): Promise<Weight>;
}

export async function lessonOf(source: LessonSource, block: Block): Promise<Lesson> {
  const { gpu, view, states, chunks, stream, online, row, weight } = source;
  const linears = block.stages.flatMap((stage) => stage.linears);
  const lack = blockLack(linears, gpu.buffers.tileBytes);
  if (lack) {
    throw new StudioError('QS-GPU-03', `Nothing can be learned on ${block.name}: ${lack} Choose a narrower model.`);
  }
  const calibration = chunks.flatMap(({ heldOut }, c) => (heldOut ? [] : [c]));
  const weights = new Map<string, Tensor>();
  const quantizers: TapQuantizer[] = [];
  let targets = 0;
  const staged = await loadStagedBlock(gpu, view.source, block);
  const release = () => {
    for (const c of calibration.slice(0, targets)) states.dropTarget(c);
    for (const used of [staged, ...weights.values(), ...quantizers]) used.release();
  };
  const from: BlockStream = { states, chunks, block: staged, stream };
  let taps: Hooks | null;
  try {
    for (const linear of linears) weights.set(linear.name, untiled(await weight(linear)));
    const full = { weight: ({ name }: Linear) => weights.get(name) as Tensor, hooks: online };
    for (const c of calibration) {
      await states.putTarget(c, blockOutput(gpu, from, c, full));
      targets++;
    }
    taps = row && (await tapsOf(gpu, row, block, weight, quantizers));
  } catch (error) {
    release();
    throw error;
  }
  const kept = (linear: Linear) => row === null || keptBy(row, linear);
  return {
    block,
    weight: ({ name }) => weights.get(name) as Tensor,
    minibatches: (windows) => minibatches(chunks, windows),
    loss: (tape, minibatch, bindings) =>
      blockLoss(tape, from, minibatch, { ...bindings, hooks: inTurn(online, bindings.hooks ?? null) }),
    storedWeight: (tape, linear, w) => (row === null || kept(linear) ? w : stored(tape, row, linear, w)),
    taps,
    quantizes: taps !== null || !linears.every(kept),
    release,
  };
}

/** Whether a row leaves a layer as it is. */
export function keptBy(row: RunRow, { name }: Linear): boolean {
  return methodFor(row, name).method === AS_IT_IS.method;
}

/** On the row's grid, or the one nearest to its codebook, as plain rounding has it. */
export function stored(tape: Tape, row: RunRow, { name }: Linear, w: Variable): Variable {
  const { method, options } = methodFor(row, name);
  const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
  return tape.record(roundedToGrid(w.value, grid), [w], (g) => [g.clone('gradient')]);
}

/** Why no transform can learn through what the row does to inputs, in a sentence; null where it can. */
export function unlearnable(row: Pick<RunRow, 'steps'>): string | null {
  const found = stepOf(row, 'activations');
  if (!found) return null;
  const { title, scope } = STEP_FACES[found.step];
  const options = ACTIVATIONS[found.step as ActivationsId].unseen?.(found.options) ?? found.options;
  return scope(options) === 'nothing'
    ? null
    : `${title} looks at what stages read beforehand, and no transform can be learned through it: choose Activations, whose ranges may be dynamic, or leave out what learns.`;
}

/** The row's quantizers of the block's taps, which are put among `made`. */
export async function tapsOf(
  gpu: Gpu,
  row: RunRow,
  block: Block,
  weight: (linear: Linear) => Promise<Weight>,
  made: TapQuantizer[],
): Promise<Hooks | null> {
  const activations = stepOf(row, 'activations');
  if (!activations) return null;
  const work = ACTIVATIONS[activations.step as ActivationsId];
  const options = work.unseen?.(activations.options) ?? activations.options;
  const each = () => {
    throw new Error(`bug: ${row.label} was to be refused: ${unlearnable(row) ?? 'it was not'}`);
  };
  const byStage = new Map<number, TapQuantizer>();
  for (const [stage, { linears }] of block.stages.entries()) {
    const own = await work.at({ gpu, block, stage, linears, cols: linears[0].cols, each, weight }, options, null);
    if (!own) continue;
    made.push(own);
    byStage.set(stage, own);
  }
  return { on: (tape, { place, stage }, x, g) => (place === 'rounded tap' && byStage.get(stage)?.on(tape, x, g)) || x };
}
