/**
 * Whether the floats of a file are numbers: every tensor that weights can be read from, by its bits and a piece at a time, so that a file
 * of any size takes the same memory. Infinity counts as much as NaN, and so does an F64 that no F32 can hold, because F32 is what the
 * studio computes with.
 *
 * A float is not finite where all bits of its exponent are set. Bits are looked at as integers two or one at a time: decoding costs more.
 */
import { readExactly } from './bytes';
import type { Checkpoint } from './checkpoint';
import { dtypeBits, isWeightDtype, type Dtype } from './dtype';
import { readTensorRaw, type TensorInfo } from './tensors';
import { quoted } from './wording';

/** A tensor with values that are not finite. */
export interface NotFinite {
  readonly tensor: string;
  readonly dtype: Dtype;
  readonly nan: number;
  /** Infinite, or (F64) beyond F32. */
  readonly infinite: number;
  /** Row-major index of the first of them, and what it is. */
  readonly first: number;
  readonly value: number;
  readonly shape: readonly number[];
}

/** Looked at between two chances for others to work. A multiple of every width. */
const PIECE_BYTES = 8 * 2 ** 20;
/** Tensors that are read at once: small ones are mostly waiting. */
const AT_ONCE = 4;

const found = new WeakMap<Checkpoint, Promise<readonly NotFinite[]>>();

/** The tensors of a checkpoint that hold NaN or infinity, in the order of the file; read once for each opened checkpoint. */
export function notFiniteTensors(checkpoint: Checkpoint): Promise<readonly NotFinite[]> {
  const known = found.get(checkpoint);
  if (known) return known;
  const scan = scanAll([...checkpoint.tensors.values()]);
  found.set(checkpoint, scan);
  // What could not be read now may be readable later.
  scan.catch(() => found.delete(checkpoint));
  return scan;
}

async function scanAll(tensors: readonly TensorInfo[]): Promise<NotFinite[]> {
  const floats = tensors.filter(({ dtype }) => isWeightDtype(dtype));
  const results: (NotFinite | null)[] = new Array<NotFinite | null>(floats.length).fill(null);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < floats.length; i = next++) results[i] = await scanTensor(floats[i]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results.filter((result) => result !== null);
}

/** One tensor's; null where all is well. */
export async function scanTensor(info: TensorInfo): Promise<NotFinite | null> {
  const { name: tensor, dtype, shape, begin, end, source } = info;
  const width = dtypeBits(dtype) / 8;
  const count = { nan: 0, infinite: 0, first: -1, value: 0 };
  if (info.verify && end - begin <= PIECE_BYTES) scanBytes(dtype, await readTensorRaw(info), 0, count);
  else {
    for (let at = begin; at < end; at += PIECE_BYTES) {
      const bytes = await readExactly(source, at, Math.min(at + PIECE_BYTES, end));
      scanBytes(dtype, bytes, (at - begin) / width, count);
    }
  }
  return count.first < 0 ? null : { tensor, dtype, shape, ...count };
}

interface Count {
  nan: number;
  infinite: number;
  first: number;
  value: number;
}

/** Adds what is not finite in little-endian `bytes`, whose first element is number `from` of the tensor. */
export function scanBytes(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>, from: number, count: Count): void {
  const width = dtypeBits(dtype) / 8;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const note = (i: number, value: number) => {
    if (count.first < 0) [count.first, count.value] = [from + i, value];
    if (Number.isNaN(value)) count.nan++;
    else count.infinite++;
  };
  const { mask, value } = LOOKS[dtype as keyof typeof LOOKS];
  // A word that holds two elements of 16 bits is looked at as one; which of them it is is asked only where one is bad.
  const words = wordsOf(bytes);
  const each = width === 8 ? 2 : 1;
  const within = width === 2 ? 2 : 1;
  for (let w = each - 1; w < words.length; w += each) {
    if (!mask(words[w])) continue;
    for (let k = 0; k < within; k++) {
      const i = ((w - (each - 1)) / each) * within + k;
      const x = value(view, i * width);
      if (!Number.isFinite(x)) note(i, x);
    }
  }
  // The odd element of 16 bits at the end.
  if (width === 2 && bytes.length % 4 === 2) {
    const i = bytes.length / 2 - 1;
    const x = value(view, i * 2);
    if (!Number.isFinite(x)) note(i, x);
  }
}

/** By dtype: whether a little-endian word of 32 bits may hold a bad element (F64: the upper word), and the element at an offset as F32. */
const LOOKS = {
  F32: {
    mask: (word: number) => (word & 0x7f800000) === 0x7f800000,
    value: (view: DataView, at: number) => view.getFloat32(at, true),
  },
  F16: {
    mask: (word: number) => (word & 0x7c00) === 0x7c00 || (word & 0x7c000000) === 0x7c000000,
    value: (view: DataView, at: number) => halfOrNot(view.getUint16(at, true)),
  },
  BF16: {
    mask: (word: number) => (word & 0x7f80) === 0x7f80 || (word & 0x7f800000) === 0x7f800000,
    value: (view: DataView, at: number) => brainOrNot(view.getUint16(at, true)),
  },
  F64: {
    // 2^127 and up: near enough to the largest F32 that only rounding can tell.
    mask: (word: number) => (word & 0x7ff00000) >= 0x47e00000,
    value: (view: DataView, at: number) => Math.fround(view.getFloat64(at, true)),
  },
} as const;

function halfOrNot(code: number): number {
  if ((code & 0x7c00) !== 0x7c00) return 0;
  return (code & 0x3ff) !== 0 ? NaN : (code & 0x8000) !== 0 ? -Infinity : Infinity;
}

function brainOrNot(code: number): number {
  if ((code & 0x7f80) !== 0x7f80) return 0;
  return (code & 0x7f) !== 0 ? NaN : (code & 0x8000) !== 0 ? -Infinity : Infinity;
}

/** The whole little-endian words of 32 bits in some bytes: in place where they are aligned. */
function wordsOf(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  const whole = Math.floor(bytes.length / 4);
  if (LITTLE_ENDIAN && bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, whole);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: whole }, (_, i) => view.getUint32(4 * i, true));
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** `tensor "x" holds 2 NaN and 1 infinite value, the first, NaN, at [3, 5]`: the beginning of a sentence. */
export function notFiniteWords({ tensor, dtype, nan, infinite, first, value, shape }: NotFinite): string {
  const beyond = dtype === 'F64' ? ' (or beyond the largest F32, 3.4e38)' : '';
  const counts = [
    ...(nan > 0 ? [`${nan} NaN`] : []),
    ...(infinite > 0 ? [`${infinite} infinite value${infinite === 1 ? '' : 's'}${beyond}`] : []),
  ].join(' and ');
  return `tensor ${quoted(tensor)} holds ${counts}, the first, ${value}, at [${placeOf(first, shape).join(', ')}]`;
}

/** A row-major index as one index a dimension. */
function placeOf(index: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}
