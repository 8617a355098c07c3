/**
 * One layer through a row's weight steps: what is split off, what the method makes of the rest, what mends it. Without split and correction
 * it is the method alone, to the bit.
 */
import { decodeOnGpu } from '../method/finish';
import type { Layer } from '../method/layer';
import type { QuantizedLayer } from '../method/quantized-layer';
import type { Branch } from '../model/staged-block';
import type { Linear } from '../model/architecture';
import { factorValues } from '../quantizer/factors';
import type { QuantizedPart, QuantizedTensor } from '../quantizer/quantized';
import type { RunRow } from '../recipe/rows';
import type { CorrectId } from '../step/face';
import { STEP_FACES } from '../step/faces';
import type { SolvedLayer } from '../step/step';
import { CORRECTIONS, SPLITS } from '../step/table';
import type { Gpu } from '../gpu/gpu';
import { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import { quantizeLayer, type Attempt } from './quantize-layer';
import { stepOf } from './row-work';
import type { LayerVectors } from './run-store';

export interface SteppedLayer extends Attempt {
  readonly vectors?: LayerVectors;
}

/** Whether the row's steps ask for the Hessian of a layer beside its method. */
export function stepsWantHessian(row: RunRow): boolean {
  return row.steps.some(({ step, options }) => STEP_FACES[step].needsHessian?.(options) === true);
}

/** `means`: as SolvedLayer has them. Throws what quantizeLayer throws. */
export async function layerBySteps(
  row: RunRow,
  layer: Layer,
  linear: Linear,
  means: SolvedLayer['means'],
): Promise<SteppedLayer> {
  const split = stepOf(row, 'split');
  const corrections = row.steps.filter(({ step }) => STEP_FACES[step].slot === 'correct');
  if (!split && corrections.length === 0) return quantizeLayer(row, layer, linear.name);
  const { gpu } = layer.weight;
  const given = { linear, weight: layer.weight, statistics: layer.statistics };
  const apart = split && (await SPLITS[split.step].split(given, split.options));
  let attempt: Attempt;
  try {
    attempt = await quantizeLayer(row, apart ? { ...layer, weight: apart.rest } : layer, linear.name);
  } finally {
    apart?.rest.release();
  }
  let made = attempt.quantized;
  if (apart) made = summed(gpu, made, apart.parts);
  let bias: Float32Array<ArrayBuffer> | null = null;
  for (const { step, options } of corrections) {
    const solved: SolvedLayer = { ...given, q: made.q, quantized: made, means };
    const correction = await CORRECTIONS[step as CorrectId].correct(solved, options);
    if (correction.parts) made = summed(gpu, made, correction.parts);
    const more = correction.bias;
    if (more) bias = bias ? bias.map((value, i) => value + more[i]) : more;
  }
  return { ...attempt, quantized: made, ...(bias ? { vectors: { bias } } : {}) };
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
