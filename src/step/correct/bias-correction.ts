/**
 * b ← b + W·E[x̃] − Ŵ·E[x] (Nagel et al. 2021, arXiv:2106.08295, section 3.3, empirical): E over the calibration tokens, x̃ in the
 * full-precision stream, x in the row's own. A layer is linear, so the means of its outputs are those of its inputs through its weight, and
 * the mean output error on the calibration set is zero afterwards.
 */
import { Tensor } from '../../tensor/tensor';
import { applyWeight, type Weight } from '../../tensor/weight';
import type { CorrectStep } from '../step';

export const biasCorrection: CorrectStep = {
  async correct({ weight, q, means }) {
    const { full, own } = await means();
    const before = await meanOutput(weight, full);
    const after = await meanOutput(q, own);
    return { bias: before.map((value, r) => value - after[r]) };
  },
};

async function meanOutput(weight: Weight, mean: Float32Array): Promise<Float32Array<ArrayBuffer>> {
  const x = Tensor.from(weight.gpu, 1, mean.length, mean, 'mean input');
  const y = applyWeight(x, weight);
  const values = await y.read();
  for (const used of [x, y]) used.release();
  return Float32Array.from(values);
}
