/**
 * Shift: W* = W + α · W D Hd⁻¹, the least-squares start for the target W X̃, then plain GPTQ on W*. The quantizer's ranges are fitted to W* as well. Not a published method; related to Qronos.
 */
import { faceOf } from './catalogue';
import { compensate } from './compensate';
import type { Method } from './layer';
import { scalarOptions } from './parameters';

export const shift: Method = {
  face: faceOf('shift'),
  quantize(layer, given) {
    const options = scalarOptions(given);
    return compensate(layer, options, { alpha: 0, alpha2: 0, releasedOuter: 'current', shift: options.alpha });
  },
};
