/**
 * A Hessian whose tokens count differently: H = beta·H + alpha·Xᵀ diag(ρ) X, by scaling rows with √ρ (Sung et al. 2025, RSQ, arXiv 2503.01820;
 * weights: numerics/token-weights.ts). With ρ = 1 the sums are those of accumulateGram, to the bit.
 */
import type { Gpu } from '../gpu/gpu';
import { scaleRows } from './elementwise';
import { accumulateGram } from './gram';
import type { Square } from './panels';
import { Tensor } from './tensor';

/** √ρ as the accumulation wants it, 1 × tokens. Throws on what is no weight. */
export function tokenRoots(gpu: Gpu, weights: ArrayLike<number>): Tensor {
  const roots = Float32Array.from(weights, (weight) => Math.sqrt(weight));
  const bad = roots.findIndex((root) => !Number.isFinite(root));
  if (bad >= 0) throw new Error(`bug: token ${bad} weighs ${weights[bad]}`);
  return Tensor.from(gpu, 1, roots.length, roots, 'roots of tokens’ weights');
}

/** As accumulateGram, with tokenRoots' √ρ of the rows of x. */
export function accumulateWeightedGram(h: Square, x: Tensor, roots: Tensor, alpha: number, beta: number): void {
  const scaled = x.clone('weighted activations');
  scaleRows(scaled, roots);
  accumulateGram(h, scaled, alpha, beta);
  scaled.release();
}
