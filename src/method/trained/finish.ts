/** The end of a trained layer: what was learnt on the GPU becomes a codebook tensor on the host and its decoded weight on the GPU. */
import { StudioError } from '../../base/errors';
import type { Tiles } from '../../codebook/tiles';
import type { Gpu } from '../../gpu/gpu';
import type { BlockScales, CodebookBits, CodebookTensor } from '../../quantizer/codebook';
import { storeCodebooks } from '../codebook-finish';
import { decodeCodebookOnGpu } from '../finish';
import type { QuantizedLayer } from '../quantized-layer';

export interface Learnt {
  readonly tiles: Tiles;
  /** books × (codewords · dim). */
  readonly codebooks: Float32Array<ArrayBuffer>;
  readonly codebookBits: CodebookBits;
  /** One a sub-vector. */
  readonly codes: Uint32Array;
  readonly scales?: BlockScales | null;
  /** Whose signs each weight takes, rows × cols. */
  readonly latent?: Float32Array | null;
  readonly sharedBy?: number | null;
  readonly note: string | null;
}

/** Throws QS-NUM-02 where a codeword is not a finite number. */
export function finishLayer(gpu: Gpu, learnt: Learnt): QuantizedLayer<CodebookTensor> {
  const { tiles, codebookBits, scales = null, latent = null, sharedBy = null, note } = learnt;
  const { rows, cols, dim, bookRows, bookSubs, books } = tiles;
  const bad = learnt.codebooks.find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new StudioError('QS-NUM-02', `a codeword came out as ${bad}.`);
  const codebooks = atLeastTwo(storeCodebooks(learnt.codebooks, books, codebookBits), books, dim);
  const tensor: CodebookTensor = {
    kind: 'codebook',
    rows,
    cols,
    dim,
    codewords: codebooks.length / (books * dim),
    bookRows,
    bookCols: bookSubs * dim,
    codebooks,
    codebookBits,
    assignments: Uint16Array.from(learnt.codes),
    scales,
    signs: latent && signBits(latent),
    sharedBy,
  };
  return { tensor, q: decodeCodebookOnGpu(gpu, tensor), damping: null, retries: 0, note };
}

/** The format has at least two codewords a book: a single one gets a second that nothing uses. */
function atLeastTwo(codebooks: Float32Array<ArrayBuffer>, books: number, dim: number): Float32Array<ArrayBuffer> {
  if (codebooks.length > books * dim) return codebooks;
  const padded = new Float32Array(2 * codebooks.length);
  for (let book = 0; book < books; book++) padded.set(codebooks.subarray(book * dim, (book + 1) * dim), 2 * book * dim);
  return padded;
}

/** One bit a value, low bit first, set for what is below zero. */
function signBits(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (value < 0) bits[i >> 3] |= 1 << (i & 7);
  });
  return bits;
}
