/**
 * ResComp (arXiv:2604.07955): GPTQ+R and GPTAQ+R. The compensation-aware error w0 − w is spread by R = P + I − diag(U)⁻¹U,
 * an identity that spares the second matrix product; with it the update collapses to the two coefficients of columns.wgsl.
 *
 * Beyond a block the release takes the quantized weight at 2 bits ('org') and otherwise the weight clamped to the range of the
 * block's last group ('allw').
 */
import type { Outer } from '../tensor/compensation';
import { faceOf } from './catalogue';
import { compensate } from './compensate';
import type { Method } from './layer';
import { scalarOptions } from './parameters';

/** GPTAQ+R. */
export const rescomp: Method = {
  face: faceOf('rescomp'),
  quantize(layer, given) {
    const options = scalarOptions(given);
    const releasedOuter = outerOf(options.bits);
    return compensate(layer, options, { alpha: options.alpha, alpha2: options.alpha2, releasedOuter });
  },
};

/** GPTQ+R: the same with X̃ = X, hence without P. */
export const gptqR: Method = {
  face: faceOf('gptq_r'),
  quantize(layer, given) {
    const options = scalarOptions(given);
    return compensate(layer, options, { alpha: 0, alpha2: options.alpha2, releasedOuter: outerOf(options.bits) });
  },
};

function outerOf(bits: number): Outer {
  return bits === 2 ? 'quantized' : 'clamped';
}
