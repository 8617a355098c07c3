/**
 * Floats of 8 bits as numbers: codes are looked up in a table of 256. Layouts after OCP's "8-bit floating point specification" (E4M3, E5M2), "microscaling
 * formats" (E8M0), and Micikevicius et al. 2022, arXiv 2209.05433; the FNUZ ones have no −0 and no infinity, one NaN, and a bias one larger.
 */
import type { Dtype } from '../checkpoint/dtype';

interface Layout {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** What the largest exponent and the code of −0 stand for. */
  readonly special: 'infinities' | 'one nan' | 'nan for minus zero';
}

const LAYOUTS: Readonly<Partial<Record<Dtype, Layout>>> = {
  F8_E4M3: { exponent: 4, mantissa: 3, bias: 7, special: 'one nan' },
  F8_E5M2: { exponent: 5, mantissa: 2, bias: 15, special: 'infinities' },
  F8_E4M3FNUZ: { exponent: 4, mantissa: 3, bias: 8, special: 'nan for minus zero' },
  F8_E5M2FNUZ: { exponent: 5, mantissa: 2, bias: 16, special: 'nan for minus zero' },
};

/** The values of all 256 codes, exact in F32; null where the dtype is no float of 8 bits. */
export function narrowValues(dtype: Dtype): Float32Array | null {
  if (dtype === 'F8_E8M0')
    return Float32Array.from({ length: 256 }, (_, code) => (code === 255 ? NaN : 2 ** (code - 127)));
  const layout = LAYOUTS[dtype];
  return layout ? Float32Array.from({ length: 256 }, (_, code) => valueOf(code, layout)) : null;
}

function valueOf(code: number, { exponent: bits, mantissa, bias, special }: Layout): number {
  const sign = code & 0x80 ? -1 : 1;
  const magnitude = code & 0x7f;
  const exponent = magnitude >> mantissa;
  const fraction = (magnitude & ((1 << mantissa) - 1)) / (1 << mantissa);
  if (special === 'nan for minus zero' && code === 0x80) return NaN;
  if (special === 'one nan' && magnitude === 0x7f) return NaN;
  if (special === 'infinities' && exponent === (1 << bits) - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}
