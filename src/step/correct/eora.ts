/**
 * Δ ≈ B·A in the metric of the layer's inputs (Liu et al. 2024, arXiv:2410.21271), by the closed form of tensor/low-rank.ts, which needs
 * neither a root nor an inverse of H. Asymmetric: the same fit of Δ + W·D·Hd⁻¹, which brings Ŵ·X nearest to W·X̃ rather than to W·X. A row
 * that quantizes its inputs applies B·A to them as they were before; the fit is by what its codes see.
 */
import type { InputStatistics } from '../../method/statistics';
import type { Options } from '../../method/parameters';
import { subtract } from '../../tensor/elementwise';
import { asymmetricTarget, lowRank } from '../../tensor/low-rank';
import type { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import { factored } from '../factored';
import { rankOf } from '../rank-options';
import type { CorrectStep } from '../step';

export const eora: CorrectStep = {
  async correct({ weight: whole, q, statistics }, options) {
    if (!statistics) throw new Error('bug: EoRA needs the statistics of the layer’s inputs');
    const weight = untiled(whole);
    const target = await targetOf(weight, untiled(q), statistics, options);
    try {
      const metric = { kind: 'full', hessian: statistics.hessian } as const;
      const fit = await lowRank(target, metric, { rank: rankOf(options, weight.rows, weight.cols) });
      return { parts: [factored(fit, options)] };
    } finally {
      target.release();
    }
  },
};

/** What the product is to be: the caller's. */
async function targetOf(w: Tensor, q: Tensor, statistics: InputStatistics, options: Options): Promise<Tensor> {
  const delta = subtract(w, q);
  if (options.target !== 'asymmetric') return delta;
  const { drift } = statistics;
  if (!drift) throw new Error('bug: an asymmetric target needs the drift of the layer’s inputs');
  try {
    const { u } = await statistics.factor(Number(options.damping), false);
    return asymmetricTarget(delta, w, drift, u);
  } finally {
    delta.release();
  }
}
