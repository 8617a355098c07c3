/**
 * W = B·A + rest, with the rest for the row's method (Li et al. 2024, arXiv:2411.05007). As released:
 *
 *   L_i = SVD_r(W − Q_{i−1}), Q_0 = 0;   Q_i = round(W − L_i);   ends where tr(ΔHΔᵀ) of Δ = W − L_i − Q_i does not fall
 *
 * and, which the release leaves out, a last fit of the branch to the codes that the method made of the rest. That is free and in its own
 * metric never worse; it is taken where the layer's loss falls by it, factors as they are stored. Where a row quantizes its inputs, the branch
 * reads them as they were before, and is fitted to those; the codes read them after, and rounds are compared by those.
 */
import { decodeOnGpu } from '../../method/finish';
import type { InputStatistics } from '../../method/statistics';
import type { Options } from '../../method/parameters';
import type { FactorsTensor } from '../../quantizer/factors';
import { subtract } from '../../tensor/elementwise';
import { lowRank, type Metric } from '../../tensor/low-rank';
import type { Tensor } from '../../tensor/tensor';
import { untiled, type Weight } from '../../tensor/weight';
import { factored } from '../factored';
import { lossOf } from '../loss';
import { rankOf } from '../rank-options';
import type { SplitStep, UnsolvedLayer } from '../step';

/** A branch, and what it leaves. */
interface Apart {
  readonly part: FactorsTensor;
  readonly rest: Tensor;
}

export const svdquant: SplitStep = {
  async split(layer, options) {
    const w = untiled(layer.weight);
    const iterations = Number(options.iterations);
    const seen = layer.branch?.inputs ?? null;
    const first = await apartFrom(w, w, seen, options);
    const { part, rest } = iterations === 1 ? first : await bestOf(w, first, iterations, layer, options);
    if (options.refit !== true || !seen) return { rest, parts: [part] };
    return { rest, parts: [part], refit: async (q) => [await refitted(w, q, part, seen, options)] };
  },
};

/** The best of at most so many rounds, from the first on; takes it over. */
async function bestOf(
  w: Tensor,
  first: Apart,
  iterations: number,
  { statistics, branch, rounded }: UnsolvedLayer,
  options: Options,
): Promise<Apart> {
  if (!statistics || !branch) throw new Error('bug: iterations are compared by the statistics of the layer’s inputs');
  let [best, least] = [first, Infinity];
  let next: Apart | null = first;
  try {
    for (let i = 1; next !== null; i++) {
      const q = await rounded(next.rest);
      try {
        const loss = await lossBetween(next.rest, q, statistics);
        const better = loss < least;
        if (next !== best) (better ? best : next).rest.release();
        if (better) [best, least] = [next, loss];
        else next = null;
        if (next) next = i < iterations ? await apartFromRest(w, q, branch.inputs, options) : null;
      } finally {
        q.release();
      }
    }
    return best;
  } catch (error) {
    for (const held of new Set([best, next])) held?.rest.release();
    throw error;
  }
}

/** A branch fitted to `target`, and w without it. */
async function apartFrom(
  w: Tensor,
  target: Tensor,
  statistics: InputStatistics | null,
  options: Options,
): Promise<Apart> {
  const part = await fitted(target, statistics, options);
  const product = untiled(decodeOnGpu(w.gpu, part));
  const rest = subtract(w, product);
  product.release();
  return { part, rest };
}

/** The same, fitted to what q leaves of w. */
async function apartFromRest(w: Tensor, q: Tensor, statistics: InputStatistics, options: Options): Promise<Apart> {
  const target = subtract(w, q);
  try {
    return await apartFrom(w, target, statistics, options);
  } finally {
    target.release();
  }
}

async function fitted(target: Tensor, statistics: InputStatistics | null, options: Options): Promise<FactorsTensor> {
  if (options.metric === 'hessian' && !statistics) throw new Error('bug: a metric without statistics');
  const metric: Metric =
    options.metric === 'hessian' && statistics ? { kind: 'full', hessian: statistics.hessian } : null;
  const fit = await lowRank(target, metric, { rank: rankOf(options, target.rows, target.cols) });
  return factored(fit, options);
}

/** The branch that goes best with q: that which was there, or one fitted to W − q. */
async function refitted(
  w: Tensor,
  q: Weight,
  old: FactorsTensor,
  statistics: InputStatistics,
  options: Options,
): Promise<FactorsTensor> {
  const target = subtract(w, untiled(q));
  try {
    const anew = await fitted(target, statistics, options);
    const losses: number[] = [];
    for (const part of [old, anew]) {
      const product = untiled(decodeOnGpu(w.gpu, part));
      losses.push(await lossBetween(target, product, statistics));
      product.release();
    }
    return losses[1] < losses[0] ? anew : old;
  } finally {
    target.release();
  }
}

async function lossBetween(a: Tensor, b: Tensor, statistics: InputStatistics): Promise<number> {
  const delta = subtract(a, b);
  try {
    return await lossOf(delta, statistics);
  } finally {
    delta.release();
  }
}
