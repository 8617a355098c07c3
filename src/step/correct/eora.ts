/**
 * Δ ≈ B·A in the metric of the layer's inputs (Liu et al. 2024, arXiv:2410.21271), by the closed form of tensor/low-rank.ts, which needs
 * neither a root nor an inverse of H. Asymmetric: the fit that brings the layer's outputs nearest to W·X̃ rather than to W·X.
 *
 * A row that quantizes its inputs to X̂ applies its codes Q to those, and B·A to X as they were before. So H is of X, and the symmetric fit
 * leaves nothing of Δ·X at full rank; the asymmetric one is the least squares of all that is off,
 *
 *   W·X̃ − Q·X̂ − (L + B·A)·X = Δ·X + W·(X̃ − X) + Q·(X − X̂) − B·A·X,   the fit of Δ + (W·D + Q·E)·Hd⁻¹,
 *
 * with L factors that were there before, Δ = W − Q − L, D = (X̃ − X)·Xᵀ and E = (X − X̂)·Xᵀ.
 */
import { decodeOnGpu } from '../../method/finish';
import type { Options } from '../../method/parameters';
import type { QuantizedTensor } from '../../quantizer/quantized';
import { subtract } from '../../tensor/elementwise';
import { asymmetricTarget, lowRank } from '../../tensor/low-rank';
import type { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import { factored } from '../factored';
import { rankOf } from '../rank-options';
import type { BranchStatistics, CorrectStep, SolvedLayer } from '../step';

export const eora: CorrectStep = {
  async correct(layer, options) {
    const { branch } = layer;
    if (!branch) throw new Error('bug: EoRA needs the statistics of the layer’s inputs');
    const target = await targetOf(layer, branch, options);
    try {
      const metric = { kind: 'full', hessian: branch.inputs.hessian } as const;
      const fit = await lowRank(target, metric, { rank: rankOf(options, target.rows, target.cols) });
      return { parts: [factored(fit, options)] };
    } finally {
      target.release();
    }
  },
};

/** What the product is to be: the caller's. */
async function targetOf(
  { weight, q, quantized }: SolvedLayer,
  { inputs, rounding }: BranchStatistics,
  options: Options,
): Promise<Tensor> {
  const w = untiled(weight);
  const delta = subtract(w, untiled(q));
  if (options.target !== 'asymmetric') return delta;
  const { drift } = inputs;
  if (!drift) throw new Error('bug: an asymmetric target needs the drift of the layer’s inputs');
  try {
    const { u } = await inputs.factor(Number(options.damping), false);
    const target = asymmetricTarget(delta, w, drift, u);
    if (!rounding) return target;
    const codes = untiled(decodeOnGpu(w.gpu, besideFactors(quantized.tensor)));
    const whole = asymmetricTarget(target, codes, rounding, u);
    for (const used of [codes, target]) used.release();
    return whole;
  } finally {
    delta.release();
  }
}

/** What of a layer reads inputs as the row quantizes them. */
function besideFactors(tensor: QuantizedTensor): QuantizedTensor {
  if (tensor.kind !== 'sum') return tensor;
  const parts = tensor.parts.filter(({ kind }) => kind !== 'factors');
  return parts.length === 1 ? parts[0] : { ...tensor, parts };
}
