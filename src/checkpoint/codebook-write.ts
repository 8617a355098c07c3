/**
 * One codebook layer as the tensors of the studio's own format (codebook-format.ts, docs/codebook-format.md). Indices, signs and 4-bit
 * scales are bit streams, so that the file is as small as the ledger says, but for steps and levels kept in F32 so that it decodes to
 * the run's very bits.
 */
import { bug } from '../base/errors';
import { encodeFloat32, littleEndianBytes } from './dtype';
import { SCALE_LEVELS, type CodebookEntry } from './codebook-format';
import { encodeHalf } from './half';
import type { TensorToWrite } from './safetensors-write';
import { quoted } from './wording';

/** What any quantizer with codebooks can say of its layer; it must not know this format. */
export interface CodebookLayer {
  /** Module path without `.weight`. */
  readonly name: string;
  readonly entry: CodebookEntry;
  readonly books: Books;
  /** rows × ⌈cols / dim⌉. */
  readonly assignments: Uint16Array;
  /** rows × ⌈cols / block⌉. */
  readonly scales: Float32Array | null;
  /** One bit a weight, low bit first. */
  readonly signs: Uint8Array | null;
}

/** books × codewords × dim: integers and each book's step, or values. */
export type Books =
  | { readonly integers: Int8Array; readonly steps: Float32Array; readonly values: null }
  | { readonly values: Float32Array; readonly integers: null };

/** The layer's tensors. A book that several layers share is written by the caller, once (`bookTensors`). */
export function codebookTensors(layer: CodebookLayer): TensorToWrite[] {
  const { name, entry, assignments, scales, signs } = layer;
  const own = entry.codebook === `${name}.codebook`;
  const indices = packBits(assignments, entry.index_bits);
  return [
    ...(own ? bookTensors(layer) : []),
    { name: `${name}.assignments`, dtype: 'U8', shape: [indices.length], bytes: indices },
    ...(scales === null ? [] : scaleTensors(name, entry, scales)),
    ...(signs === null
      ? []
      : [{ name: `${name}.signs`, dtype: 'U8' as const, shape: [signs.length], bytes: new Uint8Array(signs) }]),
  ];
}

/** The tensor that `entry.codebook` names and, for 8-bit books, its steps. */
export function bookTensors({ name, entry, books }: Pick<CodebookLayer, 'name' | 'entry' | 'books'>): TensorToWrite[] {
  const { codebook, codebook_bits: bits, codewords, dim } = entry;
  const length = books.integers === null ? books.values.length : books.integers.length;
  const count = length / (codewords * dim);
  const shape = [count, codewords, dim];
  if (books.integers !== null) {
    if (bits !== 8 || books.steps.length !== count) bug(`the 8-bit books of ${name} do not have a step each`);
    return [
      { name: codebook, dtype: 'I8', shape, bytes: new Uint8Array(Int8Array.from(books.integers).buffer) },
      { name: `${codebook}_step`, dtype: 'F32', shape: [count], bytes: encodeFloat32('F32', books.steps) },
    ];
  }
  const bytes =
    bits === 32
      ? encodeFloat32('F32', books.values)
      : encodeHalf(books.values, `a codeword of layer ${quoted(name)}`, 'this format at 16 bits');
  return [{ name: codebook, dtype: bits === 32 ? 'F32' : 'F16', shape, bytes }];
}

function scaleTensors(name: string, { rows, scales: kind }: CodebookEntry, scales: Float32Array): TensorToWrite[] {
  const blocks = scales.length / rows;
  const shape = [rows, blocks];
  if (kind?.bits === 32) return [{ name: `${name}.scales`, dtype: 'F32', shape, bytes: encodeFloat32('F32', scales) }];
  if (kind?.bits === 16) {
    const bytes = encodeHalf(scales, `a scale of layer ${quoted(name)}`, 'this format at 16 bits');
    return [{ name: `${name}.scales`, dtype: 'F16', shape, bytes }];
  }
  // Whatever the grid of the 4-bit scales, a column of blocks has at most 16 of them.
  const levels = new Float32Array(blocks * SCALE_LEVELS);
  const codes = new Uint16Array(scales.length);
  for (let b = 0; b < blocks; b++) {
    const column = Float32Array.from({ length: rows }, (_, r) => scales[r * blocks + b]);
    const distinct = [...new Set(column)].sort((x, y) => x - y);
    if (distinct.length > SCALE_LEVELS) bug(`the 4-bit scales of ${name} take ${distinct.length} values in a column`);
    levels.set(distinct, b * SCALE_LEVELS);
    column.forEach((scale, r) => (codes[r * blocks + b] = distinct.indexOf(scale)));
  }
  const packed = packBits(codes, 4);
  return [
    { name: `${name}.scales`, dtype: 'U8', shape: [packed.length], bytes: packed },
    { name: `${name}.scale_levels`, dtype: 'F32', shape: [blocks, SCALE_LEVELS], bytes: littleEndianBytes(levels) },
  ];
}

/** Numbers of `bits` bits each as one stream, low bit first; the last byte is filled up with zero bits. */
function packBits(values: Uint16Array, bits: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((values.length * bits) / 8));
  let held = 0;
  let count = 0;
  let at = 0;
  for (const value of values) {
    held |= value << count;
    count += bits;
    while (count >= 8) {
      bytes[at++] = held & 255;
      held >>>= 8;
      count -= 8;
    }
  }
  if (count > 0) bytes[at] = held;
  return bytes;
}
