/** GPTQ: each column's rounding error moves onto the later columns by the inverse Hessian (Frantar et al. 2023, arXiv:2210.17323). */
import { faceOf } from './catalogue';
import { compensate } from './compensate';
import type { Method } from './layer';
import { scalarOptions } from './parameters';

export const gptq: Method = {
  face: faceOf('gptq'),
  quantize: (layer, options) =>
    compensate(layer, scalarOptions(options), { alpha: 0, alpha2: 0, releasedOuter: 'current' }),
};
