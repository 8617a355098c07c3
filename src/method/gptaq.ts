/**
 * GPTAQ: GPTQ plus α times each weight's share of the inputs' drift, w · P (Li et al. 2025, arXiv:2504.02692, theorem 4.2).
 * The released update beyond a block takes the quantized weight in the P term, the paper's the current one.
 */
import { faceOf } from './catalogue';
import { compensate } from './compensate';
import type { Method } from './layer';
import { scalarOptions } from './parameters';

export const gptaq: Method = {
  face: faceOf('gptaq'),
  quantize(layer, given) {
    const options = scalarOptions(given);
    return compensate(layer, options, { alpha: options.alpha, alpha2: 0, releasedOuter: 'quantized' });
  },
};
