/**
 * A stored layer as a row applies it to its inputs: the decoded weight, low-rank parts as a branch of their own where the row quantizes what
 * the layer reads, and what is added to its bias.
 */
import type { Gpu } from '../gpu/gpu';
import { decodeOnGpu } from '../method/finish';
import type { Branch } from '../model/staged-block';
import type { RunRow } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import { addBias } from '../tensor/bias';
import { axpy } from '../tensor/elementwise';
import { matmul } from '../tensor/matmul';
import { Tensor } from '../tensor/tensor';
import { applyWeight, type Weight } from '../tensor/weight';
import { applied } from './layer-steps';
import type { StoredLayer } from './run-store';

/** How a row's layer is applied to its inputs. */
export interface AppliedLayer {
  /** The view's own where the row keeps it: not released with the row. */
  readonly main: Weight;
  readonly branch: Branch<Tensor> | null;
  readonly bias: Tensor | null;
}

/** `kept`: the view's weight, where the row may have none of its own. */
export function appliedLayer(
  gpu: Gpu,
  row: RunRow,
  { tensor, vectors }: Pick<StoredLayer, 'tensor' | 'vectors'>,
  kept: Weight | null,
): AppliedLayer {
  const bias = vectors?.bias ? Tensor.from(gpu, 1, vectors.bias.length, vectors.bias, 'bias') : null;
  if (tensor) {
    if (hasBranches(row)) return { ...applied(gpu, tensor), bias };
    return { main: decodeOnGpu(gpu, tensor), branch: null, bias };
  }
  if (!kept) throw new Error('bug: a kept weight without a view');
  return { main: kept, branch: null, bias };
}

/** Whether low-rank parts of the row's weights see inputs before they are quantized. */
export function hasBranches({ steps }: RunRow): boolean {
  const faces = steps.map(({ step }) => STEP_FACES[step]);
  return faces.some(({ slot }) => slot === 'activations') && faces.some(({ parts }) => parts?.includes('factors'));
}

/** x̂·Ŵᵀ + (x·Aᵀ)·Bᵀ + what its bias has more, without the bias. */
export function outputOf({ main, branch, bias }: AppliedLayer, x: Tensor, before: Tensor): Tensor {
  const y = applyWeight(x, main);
  if (branch) {
    const inner = matmul('nt', before, branch.a);
    const beside = matmul('nt', inner, branch.b);
    axpy(1, beside, y);
    for (const used of [inner, beside]) used.release();
  }
  if (bias) addBias(y, bias);
  return y;
}

export function releaseApplied({ main, branch, bias }: AppliedLayer, kept: ReadonlySet<Weight> = new Set()): void {
  if (!kept.has(main)) main.release();
  for (const tensor of [branch?.a, branch?.b, bias]) tensor?.release();
}
