/**
 * Plain values with typed arrays as one self-checking run of bytes: what a kept layer or training state is on disk. A file that was cut
 * off, or of which any bit changed, does not decode.
 *
 *   magic (8) · header length u32 · arrays' length f64 · header, JSON (UTF-8) · arrays, each at a multiple of 8 · SHA-256 of all before (32)
 *
 * In the header a typed array is {"$array": [type, begin, length]}, and a number that JSON cannot hold {"$number": "NaN"}: a resumed run
 * must see the same bits. Numbers are little-endian.
 */
import { createHash } from 'node:crypto';
import { bug } from '../../base/errors';

const MAGIC = 'QLYKEPT1';
const HEAD = 20;
const DIGEST = 32;
const ALIGN = 8;

const ARRAYS = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
type ArrayName = keyof typeof ARRAYS;

export function encodeRecord(value: unknown): Uint8Array {
  const arrays: Uint8Array[] = [];
  let at = 0;
  const plain = (inner: unknown): unknown => {
    if (ArrayBuffer.isView(inner)) {
      const name = inner.constructor.name;
      if (!Object.hasOwn(ARRAYS, name)) bug(`a ${name} cannot be kept`);
      const begin = at;
      arrays.push(new Uint8Array(inner.buffer, inner.byteOffset, inner.byteLength));
      at = aligned(at + inner.byteLength);
      return { $array: [name, begin, (inner as Uint8Array).length] };
    }
    if (typeof inner === 'number' && (!Number.isFinite(inner) || Object.is(inner, -0))) {
      return { $number: Object.is(inner, -0) ? '-0' : String(inner) };
    }
    if (Array.isArray(inner)) return inner.map(plain);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, plain(one)]));
  };
  const header = new TextEncoder().encode(JSON.stringify(plain(value)));
  const bytes = new Uint8Array(HEAD + aligned(header.length) + at + DIGEST);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  view.setUint32(8, header.length, true);
  view.setFloat64(12, at, true);
  bytes.set(header, HEAD);
  let place = HEAD + aligned(header.length);
  for (const array of arrays) {
    bytes.set(array, place);
    place += aligned(array.length);
  }
  bytes.set(digest(bytes.subarray(0, -DIGEST)), bytes.length - DIGEST);
  return bytes;
}

/** The value again, or null where the bytes are not a whole record. */
export function decodeRecord(bytes: Uint8Array): { readonly value: unknown } | null {
  if (bytes.length < HEAD + DIGEST) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 8)) !== MAGIC) return null;
  const headerLength = view.getUint32(8, true);
  const arraysLength = view.getFloat64(12, true);
  const first = HEAD + aligned(headerLength);
  if (first + arraysLength + DIGEST !== bytes.length) return null;
  const said = bytes.subarray(-DIGEST);
  const found = digest(bytes.subarray(0, -DIGEST));
  if (!said.every((byte, i) => byte === found[i])) return null;
  try {
    const header = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(HEAD, HEAD + headerLength));
    return { value: restored(JSON.parse(header), bytes.subarray(first, first + arraysLength)) };
  } catch {
    // A right checksum over something else than this module writes.
    return null;
  }
}

function restored(value: unknown, arrays: Uint8Array): unknown {
  if (Array.isArray(value)) return value.map((inner) => restored(inner, arrays));
  if (typeof value !== 'object' || value === null) return value;
  if ('$array' in value) return arrayOf(value.$array, arrays);
  if ('$number' in value) return Number(value.$number);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, restored(inner, arrays)]));
}

function arrayOf(described: unknown, arrays: Uint8Array): unknown {
  const [name, begin, length] = described as [ArrayName, number, number];
  if (!Object.hasOwn(ARRAYS, name) || !isPlace(begin) || !isPlace(length)) throw new RangeError('no array');
  const Type = ARRAYS[name];
  const end = begin + length * Type.BYTES_PER_ELEMENT;
  if (end > arrays.length) throw new RangeError('the array leaves the record');
  // A copy of its own: aligned, and the record need not stay in memory. Not slice(): that of Node's Buffer shares memory.
  return new Type(new Uint8Array(arrays.subarray(begin, end)).buffer);
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGN) * ALIGN;
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
