/**
 * The element types of safetensors: their sizes, and their bytes to and from Float32Array.
 * All bytes are little-endian on disk. Data on an odd address is copied before it is viewed; on a big-endian machine it is
 * swapped. 16-bit floats convert bit by bit, so denormals, infinities and NaN payloads survive; encoding rounds half to even.
 */
import { bug } from '../base/errors';
import { HALF_TO_SINGLE, halfCode } from '../base/half';

export { floatToHalf, halfToFloat } from '../base/half';

type Decode = (bytes: Uint8Array, out: Float32Array) => void;

interface DtypeFacts {
  readonly bits: number;
  /** True for the dtypes weights are computed from; the others are codes, indices or flags. */
  readonly float: boolean;
  /** Null where no Float32Array can stand for the values (64-bit integers, complex) or the format is opaque to us. */
  readonly decode: Decode | null;
}

/** Every dtype of safetensors, in the order of its reference implementation (which is also the writer's sorting order). */
const DTYPES = {
  BOOL: { bits: 8, float: false, decode: (bytes, out) => out.set(bytes) },
  F4: { bits: 4, float: false, decode: null },
  F6_E2M3: { bits: 6, float: false, decode: null },
  F6_E3M2: { bits: 6, float: false, decode: null },
  U8: { bits: 8, float: false, decode: (bytes, out) => out.set(bytes) },
  I8: { bits: 8, float: false, decode: (bytes, out) => out.set(view(Int8Array, bytes)) },
  F8_E5M2: { bits: 8, float: false, decode: null },
  F8_E4M3: { bits: 8, float: false, decode: null },
  F8_E8M0: { bits: 8, float: false, decode: null },
  F8_E4M3FNUZ: { bits: 8, float: false, decode: null },
  F8_E5M2FNUZ: { bits: 8, float: false, decode: null },
  I16: { bits: 16, float: false, decode: (bytes, out) => out.set(view(Int16Array, bytes)) },
  U16: { bits: 16, float: false, decode: (bytes, out) => out.set(view(Uint16Array, bytes)) },
  F16: { bits: 16, float: true, decode: decodeHalf },
  BF16: { bits: 16, float: true, decode: decodeBrain },
  I32: { bits: 32, float: false, decode: (bytes, out) => out.set(view(Int32Array, bytes)) },
  U32: { bits: 32, float: false, decode: (bytes, out) => out.set(view(Uint32Array, bytes)) },
  F32: { bits: 32, float: true, decode: (bytes, out) => bitsOf(out).set(view(Uint32Array, bytes)) },
  C64: { bits: 64, float: false, decode: null },
  F64: { bits: 64, float: true, decode: (bytes, out) => out.set(view(Float64Array, bytes)) },
  I64: { bits: 64, float: false, decode: null },
  U64: { bits: 64, float: false, decode: null },
} satisfies Record<string, DtypeFacts>;

export type Dtype = keyof typeof DTYPES;

/** The dtypes weights can be written in. */
export type WeightDtype = 'F32' | 'F16' | 'BF16';

const RANK = new Map(Object.keys(DTYPES).map((name, rank) => [name, rank]));

export function isDtype(name: string): name is Dtype {
  return RANK.has(name);
}

/** Position in the reference implementation's order: alignment first. */
export function dtypeRank(dtype: Dtype): number {
  return RANK.get(dtype) ?? bug(`dtype ${dtype} has no rank`);
}

/** Bits an element takes on disk. */
export function dtypeBits(dtype: Dtype): number {
  return DTYPES[dtype].bits;
}

/** True for F16, BF16, F32 and F64: the dtypes the studio computes with. */
export function isWeightDtype(dtype: Dtype): boolean {
  return DTYPES[dtype].float;
}

/** Product of the dimensions (1 for a scalar), or null when it passes 2⁵³−1 on the way. */
export function elementCount(shape: readonly number[]): number | null {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return null;
  }
  return count;
}

/** Bytes of `elements` elements, or null when that passes 2⁵³−1 bits or a sub-byte dtype ends inside a byte. */
export function byteCount(dtype: Dtype, elements: number): number | null {
  const bits = elements * DTYPES[dtype].bits;
  return Number.isSafeInteger(bits) && bits % 8 === 0 ? bits / 8 : null;
}

/**
 * Decodes `out.length` elements. F64 and wide integers round to the nearest F32.
 * The bytes must be exactly that many elements of a dtype that has a decoder (a bug otherwise).
 */
export function decodeInto(dtype: Dtype, bytes: Uint8Array, out: Float32Array): void {
  const { bits, decode }: DtypeFacts = DTYPES[dtype];
  if (decode === null) bug(`dtype ${dtype} cannot become Float32`);
  if (bytes.length * 8 !== out.length * bits) bug(`${bytes.length} bytes are not ${out.length} elements of ${dtype}`);
  decode(bytes, out);
}

/** As `decodeInto`, into a new array. */
export function decodeFloat32(dtype: Dtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array((bytes.length * 8) / DTYPES[dtype].bits);
  decodeInto(dtype, bytes, out);
  return out;
}

/**
 * Elements as plain numbers: integers in their own type, floats as F32, 64-bit integers as I32. Null when one of those does not fit;
 * the other dtypes are a bug.
 */
export function decodeNumbers(dtype: Dtype, bytes: Uint8Array): NumberArray | null {
  const decode = NUMBERS.get(dtype);
  return decode === undefined ? decodeFloat32(dtype, bytes) : decode(bytes);
}

/** Values as little-endian bytes; F16 and BF16 round half to even, and past the largest finite value to infinity. */
export function encodeFloat32(dtype: WeightDtype, values: Float32Array): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') return littleEndianBytes(values);
  const bits = bitsOf(values);
  return littleEndianBytes(dtype === 'F16' ? halfCodes(bits) : brainCodes(bits));
}

/** A copy of a typed array's bytes in little-endian order. */
export function littleEndianBytes(array: NumberArray): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(array.byteLength);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  if (!LITTLE_ENDIAN) swapBytes(bytes, array.BYTES_PER_ELEMENT);
  return bytes;
}

export type NumberArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Uint32Array | Float32Array;

interface NumberArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Little-endian bytes as numbers: in place when they are aligned (and the machine is little-endian), else from a copy. */
function view<T>(Type: NumberArrayConstructor<T>, bytes: Uint8Array): T {
  const width = Type.BYTES_PER_ELEMENT;
  if (LITTLE_ENDIAN && bytes.byteOffset % width === 0) {
    return new Type(bytes.buffer, bytes.byteOffset, bytes.length / width);
  }
  const copy = bytes.slice();
  if (!LITTLE_ENDIAN) swapBytes(copy, width);
  return new Type(copy.buffer, 0, copy.length / width);
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let begin = 0; begin < bytes.length; begin += width) bytes.subarray(begin, begin + width).reverse();
}

const NUMBERS = new Map<Dtype, (bytes: Uint8Array) => NumberArray | null>([
  ['BOOL', (bytes) => bytes.slice()],
  ['U8', (bytes) => bytes.slice()],
  ['I8', (bytes) => view(Int8Array, bytes).slice()],
  ['I16', (bytes) => view(Int16Array, bytes).slice()],
  ['U16', (bytes) => view(Uint16Array, bytes).slice()],
  ['I32', (bytes) => view(Int32Array, bytes).slice()],
  ['U32', (bytes) => view(Uint32Array, bytes).slice()],
  ['I64', (bytes) => narrowed(bytes, true)],
  ['U64', (bytes) => narrowed(bytes, false)],
]);

/** 64-bit integers as I32, or null when one is too large. */
function narrowed(bytes: Uint8Array, signed: boolean): Int32Array | null {
  const words = view(Int32Array, bytes);
  const numbers = new Int32Array(words.length / 2);
  for (let i = 0; i < numbers.length; i++) {
    const value = words[i * 2];
    const expected = signed && value < 0 ? -1 : 0;
    if (words[i * 2 + 1] !== expected || (!signed && value < 0)) return null;
    numbers[i] = value;
  }
  return numbers;
}

/** The bit patterns of floats, in place: copying through numbers may turn a signalling NaN into a quiet one. */
function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}

function decodeHalf(bytes: Uint8Array, out: Float32Array): void {
  const codes = view(Uint16Array, bytes);
  const bits = bitsOf(out);
  for (let i = 0; i < bits.length; i++) bits[i] = HALF_TO_SINGLE[codes[i]];
}

/** BF16 is the upper half of F32. */
function decodeBrain(bytes: Uint8Array, out: Float32Array): void {
  const codes = view(Uint16Array, bytes);
  const bits = bitsOf(out);
  for (let i = 0; i < bits.length; i++) bits[i] = codes[i] << 16;
}

// One loop a format: a loop that calls the conversion through a variable is slower.

function halfCodes(bits: Uint32Array): Uint16Array {
  const codes = new Uint16Array(bits.length);
  for (let i = 0; i < codes.length; i++) codes[i] = halfCode(bits[i]);
  return codes;
}

function brainCodes(bits: Uint32Array): Uint16Array {
  const codes = new Uint16Array(bits.length);
  for (let i = 0; i < codes.length; i++) codes[i] = brainCode(bits[i]);
  return codes;
}

/** F32 bits → BF16 code. */
function brainCode(bits: number): number {
  const upper = bits >>> 16;
  if ((bits & 0x7fffffff) > 0x7f800000) return (upper & 0x7f) === 0 ? upper | 0x40 : upper;
  return (bits + 0x7fff + (upper & 1)) >>> 16;
}
