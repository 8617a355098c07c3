/**
 * One layer through a row's weight steps: what is split off, what the method makes of the rest, what mends it. Without split and correction
 * it is the method alone, to the bit.
 */
import { isStudioError } from '../base/errors';
import { faceOf } from '../method/catalogue';
import { joinNotes } from '../method/codebook-notes';
import { FAMILIES, wantsHessian } from '../method/families';
import { decodeOnGpu } from '../method/finish';
import type { Layer } from '../method/layer';
import type { QuantizedLayer } from '../method/quantized-layer';
import { methodOf } from '../method/table';
import type { Branch } from '../model/staged-block';
import type { Linear } from '../model/architecture';
import { factorValues } from '../quantizer/factors';
import type { QuantizedPart, QuantizedTensor } from '../quantizer/quantized';
import type { RecipeStep } from '../recipe/row';
import { methodFor, type RunRow } from '../recipe/rows';
import type { CorrectId, SplitId } from '../step/face';
import { STEP_FACES } from '../step/faces';
import type { SolvedLayer } from '../step/step';
import { CORRECTIONS, SPLITS } from '../step/table';
import type { Gpu } from '../gpu/gpu';
import { Table } from '../tensor/embedding';
import { Tensor } from '../tensor/tensor';
import { untiled, type Weight } from '../tensor/weight';
import { quantizeLayer, type Attempt } from './quantize-layer';
import { stepOf } from './row-work';
import type { LayerVectors } from './run-store';

export interface SteppedLayer extends Attempt {
  readonly vectors?: LayerVectors;
}

/** Whether the row's steps ask for the Hessian of a layer beside its method. */
export function stepsWantHessian(row: Pick<RunRow, 'steps'>): boolean {
  return row.steps.some(({ step, options }) => STEP_FACES[step].needsHessian?.(options) === true);
}

/** Whether they fit factors by what those read. */
export function stepsWantBranch(row: Pick<RunRow, 'steps'>): boolean {
  return row.steps.some(({ step, options }) => {
    const { parts, needsHessian } = STEP_FACES[step];
    return parts?.includes('factors') === true && needsHessian?.(options) === true;
  });
}

/** Steps that change a layer beside its method. */
function layerSteps({ steps }: Pick<RunRow, 'steps'>): RecipeStep[] {
  return steps.filter(({ step, options }) => {
    const { slot, scope } = STEP_FACES[step];
    return slot === 'split' || (slot === 'correct' && scope(options) !== 'block');
  });
}

/** What is said of a layer that is rounded without the row's other steps; null where it has none. */
export function withoutSteps(row: Pick<RunRow, 'steps'>): string | null {
  const titles = layerSteps(row).map(({ step }) => STEP_FACES[step].title);
  return titles.length === 0 ? null : `${titles.join(' and ')} ${titles.length === 1 ? 'is' : 'are'} left out of it.`;
}

/** As a step's layer has them. */
export type SeenInputs = Pick<SolvedLayer, 'means' | 'branch'>;

/**
 * The layer's statistics are there where the method or a step asks for them and memory reached. A step
 * that cannot be done on this layer is left out of it, and the note says so. Throws what quantizeLayer throws.
 */
export async function layerBySteps(row: RunRow, layer: Layer, linear: Linear, seen: SeenInputs): Promise<SteppedLayer> {
  const corrections = layerSteps(row).filter(({ step }) => STEP_FACES[step].slot === 'correct');
  const { attempt, parts } = await splitAndSolved(row, layer, linear, seen);
  const { gpu } = layer.weight;
  const given = { linear, weight: layer.weight, statistics: layer.statistics, ...seen };
  let made = summed(gpu, attempt.quantized, parts);
  let bias: Float32Array<ArrayBuffer> | null = null;
  let { note } = attempt;
  for (const step of corrections) {
    const solved: SolvedLayer = { ...given, q: made.q, quantized: made };
    const { correct } = CORRECTIONS[step.step as CorrectId];
    if (!correct) throw new Error(`bug: ${step.step} corrects no layers`);
    const work = () => correct(solved, step.options);
    const { done: correction, lack } = await attempted(step, layer, seen, work).catch((error: unknown) => {
      made.q.release();
      throw error;
    });
    note = joinNotes(note, lack);
    if (correction?.parts) made = summed(gpu, made, correction.parts);
    const more = correction?.bias;
    if (more) bias = bias ? bias.map((value, i) => value + more[i]) : more;
  }
  return { ...attempt, quantized: made, note, ...(bias ? { vectors: { bias } } : {}) };
}

/** What the method makes of the layer, or of what is left of it, and the parts that stand beside. */
async function splitAndSolved(
  row: RunRow,
  layer: Layer,
  linear: Linear,
  seen: SeenInputs,
): Promise<{ readonly attempt: Attempt; readonly parts: readonly QuantizedPart[] }> {
  const forMethod = wantsHessian(faceOf(row.method), row.options) ? layer : { ...layer, statistics: null };
  const split = stepOf(row, 'split');
  if (!split) return { attempt: await quantizeLayer(row, forMethod, linear.name), parts: [] };
  const { method, options } = methodFor(row, linear.name);
  const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
  const rounded = async (weight: Tensor) =>
    untiled((await methodOf('rtn').quantize({ weight, statistics: null }, grid)).q);
  const { branch } = seen;
  const given = { linear, weight: layer.weight, statistics: layer.statistics, branch, rounded, grid };
  const work = () => SPLITS[split.step as SplitId].split(given, split.options);
  const { done: apart, lack } = await attempted(split, layer, seen, work);
  let attempt: Attempt;
  try {
    attempt = await quantizeLayer(row, apart ? { ...forMethod, weight: apart.rest } : forMethod, linear.name);
  } finally {
    apart?.rest.release();
  }
  attempt = { ...attempt, note: joinNotes(attempt.note, lack) };
  if (!apart) return { attempt, parts: [] };
  const { q } = attempt.quantized;
  const { refit } = apart;
  if (!refit) return { attempt, parts: apart.parts };
  // Parts that cannot be stored anew stay as they are.
  const anew = await attempted(split, layer, seen, () => refit(q)).catch((error: unknown) => {
    q.release();
    throw error;
  });
  return { attempt, parts: anew.done ?? apart.parts };
}

/** What a step makes of a layer; null, and why, where the layer goes on without it. */
async function attempted<T>(
  { step, options }: RecipeStep,
  { weight, statistics }: Layer,
  { branch }: SeenInputs,
  work: () => Promise<T>,
): Promise<{ readonly done: T | null; readonly lack: string | null }> {
  const face = STEP_FACES[step];
  const without = (why: string) => ({ done: null, lack: `${face.title} is left out of this layer: ${why}` });
  if (face.needsHessian?.(options) && (!statistics || (face.parts?.includes('factors') && !branch))) {
    return without('there is no Hessian of its inputs.');
  }
  if (face.parts && weight instanceof Table) return without('its weight is in several buffers.');
  try {
    return { done: await work(), lack: null };
  } catch (error) {
    if (!isStudioError(error) || !error.code.startsWith('QS-NUM')) throw error;
    return without(error.message);
  }
}

/** The layer with more parts; takes over the one that is given. */
function summed(gpu: Gpu, made: QuantizedLayer, parts: readonly QuantizedPart[]): QuantizedLayer {
  if (parts.length === 0) return made;
  const { rows, cols } = made.tensor;
  const before = made.tensor.kind === 'sum' ? made.tensor.parts : [made.tensor];
  const tensor: QuantizedTensor = { kind: 'sum', rows, cols, parts: [...before, ...parts] };
  made.q.release();
  return { ...made, tensor, q: decodeOnGpu(gpu, tensor) };
}

/** A stored weight as it is applied: low-rank factors as a branch of their own where the row's inputs are quantized. */
export function applied(
  gpu: Gpu,
  tensor: QuantizedTensor,
): { readonly main: Weight; readonly branch: Branch<Tensor> | null } {
  if (tensor.kind !== 'sum') return { main: decodeOnGpu(gpu, tensor), branch: null };
  const factors = tensor.parts.filter((part) => part.kind === 'factors');
  const others = tensor.parts.filter((part) => part.kind !== 'factors');
  if (factors.length === 0 || others.length === 0) return { main: decodeOnGpu(gpu, tensor), branch: null };
  const rank = factors.reduce((sum, part) => sum + part.rank, 0);
  const { rows, cols } = tensor;
  const a = new Float32Array(rank * cols);
  const b = new Float32Array(rows * rank);
  let at = 0;
  for (const part of factors) {
    const values = factorValues(part);
    a.set(values.a, at * cols);
    for (let r = 0; r < rows; r++) {
      b.set(values.b.subarray(r * part.rank, (r + 1) * part.rank), r * rank + at);
    }
    at += part.rank;
  }
  return {
    main: decodeOnGpu(gpu, others.length === 1 ? others[0] : { ...tensor, parts: others }),
    branch: { a: Tensor.from(gpu, rank, cols, a, 'branch'), b: Tensor.from(gpu, rows, rank, b, 'branch') },
  };
}
