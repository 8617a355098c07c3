/**
 * The end that codebook methods share: codewords rounded to what they are stored in, and codes, codewords and scales to a quantized
 * tensor on the host and its decoded weight on the GPU.
 */
import { StudioError } from '../base/errors';
import { decode } from '../codebook/decode';
import type { Tiles } from '../codebook/tiles';
import type { BlockScales, CodebookBits, CodebookTensor } from '../quantizer/codebook';
import type { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';

export interface CodebookResult {
  readonly tiles: Tiles;
  /** books × (codewords · dim), as they are used: of storeCodebooks. */
  readonly codebooks: Float32Array<ArrayBuffer>;
  readonly codebookBits: CodebookBits;
  /** One a sub-vector; released here. */
  readonly codes: Indices;
  readonly scales: BlockScales | null;
}

/** Reads back and decodes. Throws QS-NUM-02 where a codeword or scale is not a finite number. */
export async function finishCodebook(work: CodebookResult): Promise<{ tensor: CodebookTensor; q: Tensor }> {
  const { tiles, codes, scales, codebookBits } = work;
  const { gpu } = codes;
  const { rows, cols, dim, books, bookRows, bookSubs } = tiles;
  const assignments = Uint16Array.from(await codes.read());
  const bad = [...(scales?.values ?? []), ...badCodeword(work.codebooks)].find((value) => !Number.isFinite(value));
  if (bad !== undefined) {
    codes.release();
    throw new StudioError('QS-NUM-02', `a codeword or scale came out as ${bad}.`);
  }
  // The format has at least two codewords a book; a layer of one sub-vector gets a second one that nothing uses.
  const codebooks = atLeastTwo(work.codebooks, books, dim);
  const codewords = codebooks.length / (books * dim);
  const onGpu = Tensor.from(gpu, books, codewords * dim, codebooks, 'codebooks');
  const scalesOnGpu = scales
    ? { values: Tensor.from(gpu, rows, Math.ceil(cols / scales.block), scales.values), block: scales.block }
    : null;
  const q = decode(tiles, onGpu, codes, { scales: scalesOnGpu });
  for (const used of [onGpu, scalesOnGpu?.values, codes]) used?.release();
  const tensor: CodebookTensor = {
    kind: 'codebook',
    rows,
    cols,
    dim,
    codewords,
    bookRows,
    bookCols: bookSubs * dim,
    codebooks,
    codebookBits,
    assignments,
    scales,
    signs: null,
    sharedBy: null,
  };
  return { tensor, q };
}

/** The first codeword component that is not finite, or nothing. */
function badCodeword(values: Float32Array): number[] {
  const at = values.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? [] : [values[at]];
}

function atLeastTwo(codebooks: Float32Array<ArrayBuffer>, books: number, dim: number): Float32Array<ArrayBuffer> {
  if (codebooks.length >= 2 * books * dim) return codebooks;
  const padded = new Float32Array(2 * books * dim);
  for (let book = 0; book < books; book++) padded.set(codebooks.subarray(book * dim, (book + 1) * dim), 2 * book * dim);
  return padded;
}

/**
 * Codewords as they are stored, given back as the values they will be used as. 8 bits: integers times one step a book,
 * max |c| / 127 (as the GPTVQ release); 16: the nearest f16, no larger than it can hold; 32: as they are.
 */
export function storeCodebooks(codebooks: Float32Array, books: number, bits: CodebookBits): Float32Array<ArrayBuffer> {
  if (bits === 32) return Float32Array.from(codebooks);
  if (bits === 16) return Float32Array.from(codebooks, toHalf);
  const stored = new Float32Array(codebooks.length);
  const size = codebooks.length / books;
  for (let first = 0; first < stored.length; first += size) {
    const book = codebooks.subarray(first, first + size);
    const largest = book.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    const step = Math.fround(largest / 127);
    if (step === 0) continue; // all zero, or so small that nothing but zero is left
    book.forEach((value, i) => {
      stored[first + i] = step * Math.min(Math.max(roundHalfEven(Math.fround(value / step)), -128), 127);
    });
  }
  return stored;
}

const HALF_MAX = 65504;

/** The nearest f16 of a number (halves to even), as a number; beyond the largest f16 that one. */
export function toHalf(value: number): number {
  if (!Number.isFinite(value)) return value;
  const size = Math.abs(value);
  if (size >= HALF_MAX) return Math.sign(value) * HALF_MAX;
  // f16 has 11 significant bits, and below 2⁻¹⁴ a fixed step of 2⁻²⁴.
  const exponent = Math.max(Math.floor(Math.log2(size)), -14);
  const step = 2 ** (exponent - 10);
  return Math.sign(value) * roundHalfEven(size / step) * step;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
