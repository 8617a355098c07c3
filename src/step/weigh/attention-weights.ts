/**
 * RSQ (Sung et al. 2025, arXiv:2503.01820): a_t is the attention that token t receives of all queries and heads of its window, brought
 * linearly to w_t in 1 … m; ρ_t = w_t·T/Σw, so that a window of T tokens counts as it did (numerics/token-weights.ts).
 */
import { normalizedAttention, tokenWeights, type Visibility } from '../../numerics/token-weights';
import type { WeighStep } from '../step';

export const attentionWeights: WeighStep = {
  weights(received, { most, visibility }) {
    const weights = tokenWeights(normalizedAttention(received, visibility as Visibility), Number(most));
    const mean = weights.length / weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight * mean);
  },
};
