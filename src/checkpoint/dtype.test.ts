import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteCount,
  decodeFloat32,
  dtypeBits,
  elementCount,
  encodeFloat32,
  floatToHalf,
  halfToFloat,
  type Dtype,
} from './dtype';

const everyCode = () => new Uint8Array(Uint16Array.from({ length: 65536 }, (_, code) => code).buffer);
const bitsOf = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length);
const codesOf = (bytes: Uint8Array) => new Uint16Array(bytes.slice().buffer);

/** IEEE 754 by its definition, with `mantissaBits` of mantissa and the exponent bias 2^(exponentBits−1) − 1. */
function valueOf(code: number, exponentBits: number, mantissaBits: number): number {
  const sign = code >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (code >> mantissaBits) & (2 ** exponentBits - 1);
  const fraction = (code & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe.each([
  { dtype: 'F16' as const, exponentBits: 5, mantissaBits: 10 },
  { dtype: 'BF16' as const, exponentBits: 8, mantissaBits: 7 },
])('$dtype', ({ dtype, exponentBits, mantissaBits }) => {
  it('decodes each of the 65,536 codes to its value by the definition', () => {
    const values = decodeFloat32(dtype, everyCode());
    const wrong = values.findIndex((value, code) => !Object.is(value, valueOf(code, exponentBits, mantissaBits)));
    expect(wrong).toBe(-1);
  });

  it('encodes each of them back to the same bits, NaN payloads included', () => {
    expect(encodeFloat32(dtype, decodeFloat32(dtype, everyCode()))).toEqual(everyCode());
  });

  it('rounds the midpoint of any two neighbours to the even code, and a hair beside it to the nearer', () => {
    const largest = (2 ** exponentBits - 1) * 2 ** mantissaBits - 1;
    const codes = Array.from({ length: largest }, (_, code) => code);
    const middles = codes.map((code) => {
      const [low, high] = [code, code + 1].map((each) => valueOf(each, exponentBits, mantissaBits));
      return low / 2 + high / 2;
    });
    const exact = Float32Array.from(middles);
    const above = new Float32Array(exact);
    const below = new Float32Array(exact);
    bitsOf(above).forEach((bits, i, all) => (all[i] = bits + 1));
    bitsOf(below).forEach((bits, i, all) => (all[i] = bits - 1));
    expect([...exact]).toEqual(middles);
    expect([...codesOf(encodeFloat32(dtype, exact))]).toEqual(codes.map((code) => code + (code & 1)));
    expect([...codesOf(encodeFloat32(dtype, above))]).toEqual(codes.map((code) => code + 1));
    expect([...codesOf(encodeFloat32(dtype, below))]).toEqual(codes);
  });

  it('decodes from an odd address', () => {
    const bytes = new Uint8Array(9);
    bytes.set(encodeFloat32(dtype, Float32Array.of(1, -2, 0.5, 0)), 1);
    expect([...decodeFloat32(dtype, bytes.subarray(1))]).toEqual([1, -2, 0.5, 0]);
  });
});

describe('F16', () => {
  it('reaches infinity from 65520 on, and zero at half of the smallest denormal', () => {
    expect([65504, 65519.996, 65520, -1e9].map(floatToHalf)).toEqual([0x7bff, 0x7bff, 0x7c00, 0xfc00]);
    expect([2 ** -24, 2 ** -25, 2 ** -25 * 1.001, -0].map(floatToHalf)).toEqual([1, 0, 1, 0x8000]);
  });

  it('gives single values as it gives arrays', () => {
    expect([0x3c00, 0xc000, 0x0001, 0x7c00].map(halfToFloat)).toEqual([1, -2, 2 ** -24, Infinity]);
    expect(halfToFloat(0x7e00)).toBeNaN();
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const [code] = codesOf(encodeFloat32('F16', Float32Array.of(value)));
        expect(floatToHalf(value)).toBe(code);
      }),
    );
  });
});

describe('the other dtypes', () => {
  it.each<{ dtype: Dtype; bytes: ArrayBuffer; values: number[] }>([
    { dtype: 'F32', bytes: Float32Array.of(1.5, -3e38, 1e-45).buffer, values: [1.5, Math.fround(-3e38), 2 ** -149] },
    { dtype: 'F64', bytes: Float64Array.of(0.1, 1e300).buffer, values: [Math.fround(0.1), Infinity] },
    { dtype: 'I8', bytes: Int8Array.of(-128, 127).buffer, values: [-128, 127] },
    { dtype: 'U8', bytes: Uint8Array.of(0, 255).buffer, values: [0, 255] },
    { dtype: 'BOOL', bytes: Uint8Array.of(0, 1).buffer, values: [0, 1] },
    { dtype: 'I16', bytes: Int16Array.of(-32768).buffer, values: [-32768] },
    { dtype: 'U16', bytes: Uint16Array.of(65535).buffer, values: [65535] },
    { dtype: 'I32', bytes: Int32Array.of(-(2 ** 31)).buffer, values: [-(2 ** 31)] },
    { dtype: 'U32', bytes: Uint32Array.of(2 ** 32 - 1).buffer, values: [2 ** 32] },
  ])('$dtype decodes, aligned or not', ({ dtype, bytes, values }) => {
    expect([...decodeFloat32(dtype, new Uint8Array(bytes))]).toEqual(values);
    const shifted = new Uint8Array(bytes.byteLength + 1);
    shifted.set(new Uint8Array(bytes), 1);
    expect([...decodeFloat32(dtype, shifted.subarray(1))]).toEqual(values);
  });

  it('F32 keeps the bits of a signalling NaN', () => {
    const bits = Uint32Array.of(0x7f800001, 0xffbfffff);
    expect([...bitsOf(decodeFloat32('F32', new Uint8Array(bits.buffer)))]).toEqual([...bits]);
    expect(encodeFloat32('F32', new Float32Array(bits.buffer))).toEqual(new Uint8Array(bits.buffer));
  });

  it('never shares memory with the bytes it decoded', () => {
    const bytes = new Uint8Array(Float32Array.of(1).buffer);
    const values = decodeFloat32('F32', bytes);
    bytes.fill(0);
    expect(values[0]).toBe(1);
  });

  it('refuses a dtype without a decoder and a wrong number of bytes as bugs', () => {
    expect(() => decodeFloat32('I64', new Uint8Array(8))).toThrow('bug: dtype I64');
    expect(() => decodeFloat32('F16', new Uint8Array(3))).toThrow('bug: ');
  });
});

describe('sizes', () => {
  it('counts elements, and gives null past 2⁵³', () => {
    expect([[], [0, 4], [3, 5]].map(elementCount)).toEqual([1, 0, 15]);
    expect([[2 ** 53], [2 ** 32, 2 ** 32, 0]].map(elementCount)).toEqual([null, null]);
  });

  it('counts bytes, and gives null inside a byte or past 2⁵³ bits', () => {
    expect(dtypeBits('F6_E2M3')).toBe(6);
    expect([byteCount('F4', 6), byteCount('F6_E2M3', 4), byteCount('F64', 3)]).toEqual([3, 3, 24]);
    expect([byteCount('F4', 3), byteCount('F64', 2 ** 50)]).toEqual([null, null]);
  });
});
