/**
 * b ← b + W·E[x̃] − Ŵ·E[x] (Nagel et al. 2021, arXiv:2106.08295, section 3.3, empirical): E over the calibration tokens, x̃ in the
 * full-precision stream, x in the row's own. A layer is linear, so the means of its outputs are those of its inputs through its weight, and
 * the mean output error on the calibration set is zero afterwards. Low-rank factors see inputs before a row quantizes them, and the codes
 * after that: Ŵ·E[x] is then Q·E[x] + B·A·E[x before].
 */
import { factorValues } from '../../quantizer/factors';
import type { QuantizedTensor } from '../../quantizer/quantized';
import { Tensor } from '../../tensor/tensor';
import { applyWeight, type Weight } from '../../tensor/weight';
import type { CorrectStep } from '../step';

export const biasCorrection: CorrectStep = {
  async correct({ weight, q, quantized, means }) {
    const { full, own, beside } = await means();
    const wanted = await meanOutput(weight, full);
    const made = await meanOutput(q, own);
    const more = beside === own ? null : besideOutput(quantized.tensor, own, beside);
    return { bias: wanted.map((value, r) => value - made[r] - (more?.[r] ?? 0)) };
  },
};

/** B·A·(E[x before] − E[x]), of all factors. */
function besideOutput(tensor: QuantizedTensor, own: Float32Array, beside: Float32Array): Float64Array {
  const out = new Float64Array(tensor.rows);
  for (const part of tensor.kind === 'sum' ? tensor.parts : []) {
    if (part.kind !== 'factors') continue;
    const { b, a } = factorValues(part);
    for (let i = 0; i < part.rank; i++) {
      let inner = 0;
      for (let c = 0; c < part.cols; c++) inner += a[i * part.cols + c] * (beside[c] - own[c]);
      for (let r = 0; r < part.rows; r++) out[r] += b[r * part.rank + i] * inner;
    }
  }
  return out;
}

async function meanOutput(weight: Weight, mean: Float32Array): Promise<Float32Array<ArrayBuffer>> {
  const x = Tensor.from(weight.gpu, 1, mean.length, mean, 'mean input');
  const y = applyWeight(x, weight);
  const values = await y.read();
  for (const used of [x, y]) used.release();
  return Float32Array.from(values);
}
