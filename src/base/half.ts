/** F16 on the host, bit for bit: denormals, infinities and NaN payloads survive; encoding rounds half to even. */

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** F32 bits of each of the 65,536 F16 codes. */
export const HALF_TO_SINGLE = Uint32Array.from({ length: 65536 }, (_, code) => {
  const sign = (code & 0x8000) << 16;
  const exponent = (code >>> 10) & 31;
  const mantissa = code & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  // Denormal: mantissa · 2⁻²⁴ is exact in F32, whose own exponent reaches 2⁻¹²⁶.
  scratch[0] = mantissa * 2 ** -24;
  return sign | scratchBits[0];
});

/** The value of one F16 code (0 … 65535). */
export function halfToFloat(code: number): number {
  scratchBits[0] = HALF_TO_SINGLE[code];
  return scratch[0];
}

/** The F16 code nearest to a value (first rounded to F32), ties to even. */
export function floatToHalf(value: number): number {
  scratch[0] = value;
  return halfCode(scratchBits[0]);
}

/** F32 bits → F16 code. */
export function halfCode(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7c00 | ((magnitude >>> 13) & 0x3ff || 0x200); // a NaN must keep a set bit
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 2¹⁶ and up, infinity
  if (magnitude >= 0x38800000) {
    // 2⁻¹⁴ and up, normal in F16: rebias the exponent by 112; a carry out of the mantissa correctly reaches the exponent.
    return sign | (((magnitude + 0xfff + ((magnitude >>> 13) & 1)) >>> 13) - (112 << 10));
  }
  if (magnitude <= 0x33000000) return sign; // up to 2⁻²⁵, half of the smallest denormal: rounds to zero
  // Denormal in F16: count units of 2⁻²⁴.
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - (magnitude >>> 23);
  const units = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (units + (rest > half || (rest === half && (units & 1) === 1) ? 1 : 0));
}
