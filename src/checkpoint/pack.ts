/**
 * Codes of b bits as one bit stream: code i takes bits i·b … i·b+b−1 of a little-endian bit string cut into uint32 words, so a
 * code may straddle two words (b = 3, 5, 6, 7). The layout of GPTQ and, for b = 2, 4, 8, of nearly everyone else.
 * Rows and columns are those of the weight, N outputs × K inputs.
 */
import { bug } from '../base/errors';

/** Words that `count` codes of `bits` bits take; the last is filled up with zero bits. */
export function wordsFor(count: number, bits: number): number {
  return Math.ceil((count * bits) / 32);
}

/** qweight: codes [rows, cols] row-major → words [cols·bits/32, rows], column n the stream of output n over its inputs. */
export function packAlongInput(codes: Uint8Array, rows: number, cols: number, bits: number): Uint32Array<ArrayBuffer> {
  checkSizes(codes.length, rows * cols, bits);
  const words = new Uint32Array(wordsFor(cols, bits) * rows);
  for (let n = 0; n < rows; n++) {
    packRun({ array: codes, begin: n * cols, stride: 1 }, { array: words, begin: n, stride: rows }, cols, bits);
  }
  return words;
}

/** The inverse of `packAlongInput`. */
export function unpackAlongInput(
  words: Uint32Array,
  rows: number,
  cols: number,
  bits: number,
): Uint8Array<ArrayBuffer> {
  checkSizes(words.length, wordsFor(cols, bits) * rows, bits);
  const codes = new Uint8Array(rows * cols);
  for (let n = 0; n < rows; n++) {
    unpackRun({ array: words, begin: n, stride: rows }, { array: codes, begin: n * cols, stride: 1 }, cols, bits);
  }
  return codes;
}

/** qzeros: zeros [rows, groups] row-major → words [groups, rows·bits/32], row j the stream of group j over the outputs. */
export function packAlongOutput(
  zeros: Uint8Array,
  rows: number,
  groups: number,
  bits: number,
): Uint32Array<ArrayBuffer> {
  checkSizes(zeros.length, rows * groups, bits);
  const width = wordsFor(rows, bits);
  const words = new Uint32Array(groups * width);
  for (let j = 0; j < groups; j++) {
    packRun({ array: zeros, begin: j, stride: groups }, { array: words, begin: j * width, stride: 1 }, rows, bits);
  }
  return words;
}

/** The inverse of `packAlongOutput`. */
export function unpackAlongOutput(
  words: Uint32Array,
  rows: number,
  groups: number,
  bits: number,
): Uint8Array<ArrayBuffer> {
  const width = wordsFor(rows, bits);
  checkSizes(words.length, groups * width, bits);
  const zeros = new Uint8Array(rows * groups);
  for (let j = 0; j < groups; j++) {
    unpackRun({ array: words, begin: j * width, stride: 1 }, { array: zeros, begin: j, stride: groups }, rows, bits);
  }
  return zeros;
}

/** Every `stride`-th element of an array from `begin` on. */
interface Run<T> {
  readonly array: T;
  readonly begin: number;
  readonly stride: number;
}

function packRun(from: Run<Uint8Array>, to: Run<Uint32Array>, count: number, bits: number): void {
  let word = 0; // the word being filled
  let filled = 0; // its bits in use
  let at = to.begin;
  let seen = 0;
  for (let i = 0; i < count; i++) {
    const code = from.array[from.begin + i * from.stride];
    seen |= code;
    word |= code << filled;
    filled += bits;
    if (filled >= 32) {
      to.array[at] = word;
      at += to.stride;
      filled -= 32;
      word = code >>> (bits - filled); // what did not fit; 0 when all did
    }
  }
  if (filled > 0) to.array[at] = word;
  if (seen >>> bits !== 0) bug(`a code does not fit ${bits} bits and would overwrite its neighbour`);
}

function unpackRun(from: Run<Uint32Array>, to: Run<Uint8Array>, count: number, bits: number): void {
  const mask = 2 ** bits - 1;
  let word = 0; // bits read and not yet handed out, the next code lowest
  let held = 0; // how many
  let at = from.begin;
  for (let i = 0; i < count; i++) {
    let code = word & mask;
    if (held < bits) {
      const next = from.array[at];
      at += from.stride;
      code = (word | (next << held)) & mask;
      word = next >>> (bits - held);
      held += 32 - bits;
    } else {
      word >>>= bits;
      held -= bits;
    }
    to.array[to.begin + i * to.stride] = code;
  }
}

function checkSizes(length: number, expected: number, bits: number): void {
  if (!(Number.isInteger(bits) && bits >= 1 && bits <= 8)) bug(`codes of ${bits} bits cannot be packed, only 1 to 8`);
  if (length !== expected) bug(`${length} elements were given to pack or unpack, ${expected} expected`);
}
