/**
 * One linear layer by itself, from its weight and recorded inputs: what the command line's `layer` does and what the recorded layers of
 * the published implementations are compared with.
 *
 * Shapes: W rows × cols; X tokens × cols (quantized stream), X̃ the same (full precision). H = 2·XᵀX, D = 2·(X̃ − X)ᵀX, that is n = 1:
 * the scale cancels everywhere but in the damping of dead columns.
 */
import type { Gpu } from '../gpu/gpu';
import { errorsOf, probeLayer } from '../measure/layer-errors';
import { faceOf } from '../method/catalogue';
import { wantsHessian } from '../method/families';
import type { Options } from '../method/parameters';
import { InputStatistics } from '../method/statistics';
import type { Ledger } from '../quantizer/ledger';
import { ledger, type QuantizedTensor } from '../quantizer/quantized';
import { accumulateGram, mirror } from '../tensor/gram';
import { accumulateSquare } from '../tensor/matmul';
import { emptySquare, type Square } from '../tensor/panels';
import { subtract } from '../tensor/elementwise';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import { applyWeight, type Weight } from '../tensor/weight';
import { quantizeLayer } from './quantize-layer';

export interface SingleLayer {
  readonly weight: Weight;
  /** X, tokens × cols. */
  readonly inputs: Tensor;
  /** X̃; the same tensor as `inputs` where there is no drift. */
  readonly referenceInputs: Tensor;
  readonly method: string;
  readonly options: Options;
}

export interface SingleLayerResult {
  readonly tensor: QuantizedTensor;
  /** rows × cols, dequantized. */
  readonly q: Float32Array<ArrayBuffer>;
  /** ‖X Qᵀ − X̃ Wᵀ‖² / ‖X̃ Wᵀ‖²; null for 0 / 0. */
  readonly relativeOutputError: number | null;
  /** ‖Q − W‖² / ‖W‖²; null for 0 / 0. */
  readonly weightError: number | null;
  readonly bitsPerWeight: number;
  readonly ledger: Ledger;
  /** Statistics, factor and columns. */
  readonly milliseconds: number;
  /** Attempts that failed: factorizations, and the method itself when the layer had to be rounded. */
  readonly retries: number;
  readonly note: string | null;
}

export async function quantizeSingleLayer(gpu: Gpu, layer: SingleLayer): Promise<SingleLayerResult> {
  const { weight, inputs, referenceInputs, method, options } = layer;
  const face = faceOf(method);
  const begin = performance.now();
  const statistics = wantsHessian(face, options)
    ? statisticsOf(inputs, face.needs.drift ? referenceInputs : null)
    : null;
  const row = { row: 0, method, options, steps: [], view: 0, label: method, baseline: false, from: 0 };
  const { quantized, retries, note } = await quantizeLayer(row, { weight, statistics }, 'the layer');
  const milliseconds = performance.now() - begin;

  const scalars = new Scalars(gpu);
  const y = applyWeight(inputs, quantized.q);
  const full = applyWeight(referenceInputs, weight);
  const probe = probeLayer(scalars, weight, quantized.q, null);
  probe.output.errors.push(scalars.sumOfSquaredDifferences(y, full));
  probe.output.sizes.push(scalars.sumOfSquares(full));
  const errors = errorsOf(probe, await scalars.read());
  const q = await quantized.q.read();
  const size = ledger(quantized.tensor);
  for (const used of [y, full, quantized.q]) used.release();
  await statistics?.release();
  return {
    tensor: quantized.tensor,
    q,
    relativeOutputError: errors.output,
    weightError: errors.weight,
    bitsPerWeight: size.bitsPerWeight,
    ledger: size,
    milliseconds,
    retries,
    note,
  };
}

/** H, and D where there are reference inputs. */
export function statisticsOf(inputs: Tensor, referenceInputs: Tensor | null): InputStatistics {
  const hessian = emptySquare(inputs.gpu, inputs.cols, 'Hessian');
  accumulateGram(hessian, inputs, 2, 0);
  mirror(hessian);
  return InputStatistics.of(hessian, referenceInputs && driftOf(inputs, referenceInputs));
}

/** D = 2·(X̃ − X)ᵀX. */
function driftOf(inputs: Tensor, referenceInputs: Tensor): Square {
  const deviation = subtract(referenceInputs, inputs);
  const drift = emptySquare(inputs.gpu, inputs.cols, 'drift');
  accumulateSquare(deviation, inputs, drift, { alpha: 2, beta: 0 });
  deviation.release();
  return drift;
}
