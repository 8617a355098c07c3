/**
 * From codewords and their indices to weights on the GPU: hard (one codeword a sub-vector), soft (a mixture of candidates), with
 * scales that a block of columns shares, and with signs kept apart. Hard decoding gives the bits that the host's decodeCodebook
 * (src/quantizer/codebook.ts) gives, since scale · (±codeword) rounds once.
 */
import { defineKernel, rowGrid } from '../gpu/kernel';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { codewordsOf } from './assign';
import type { Tiles } from './tiles';

const DECODE = defineKernel({
  shader: 'codebook/decode',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write'],
  params: {
    rows: 'u32',
    cols: 'u32',
    subs: 'u32',
    book_rows: 'u32',
    book_subs: 'u32',
    books_across: 'u32',
    cb_stride: 'u32',
    ratio_stride: 'u32',
    scale_stride: 'u32',
    scale_block: 'u32',
    sign_stride: 'u32',
    stride: 'u32',
    padded_rows: 'u32',
    fold: 'u32',
  },
  overrides: ['D', 'LANES', 'CANDIDATES', 'SCALED', 'SIGNS'],
});

export interface DecodeOptions {
  /** rows × (subs · n), where `codes` names n candidates a sub-vector. */
  readonly ratios?: Tensor | null;
  /** rows × ⌈cols / block⌉. */
  readonly scales?: { readonly values: Tensor; readonly block: number } | null;
  /** One bit a weight, as CodebookTensor has them, or latent weights (rows × cols) whose signs count. */
  readonly signs?: Indices | Tensor | null;
}

/** The weights, rows × cols. `codebooks`: books × (codewords · dim). */
export function decode(tiles: Tiles, codebooks: Tensor, codes: Indices, options: DecodeOptions = {}): Tensor {
  const { gpu } = codebooks;
  const { rows, cols, subs } = tiles;
  const { ratios, scales, signs } = options;
  codewordsOf(tiles, codebooks);
  const candidates = codes.length / (rows * subs);
  if (!Number.isInteger(candidates) || candidates > 1 !== Boolean(ratios)) {
    throw new Error(`bug: ${codes.length} codes for ${rows * subs} sub-vectors`);
  }
  const out = Tensor.empty(gpu, rows, cols, 'decoded weights');
  const { grid, fold } = rowGrid(out.stride, gpu.lanes, out.paddedRows);
  const latent = signs instanceof Tensor;
  gpu.launch(DECODE, {
    buffers: [
      codebooks.buffer,
      codes.buffer,
      (ratios ?? codebooks).buffer, // bound but not read, as the next two
      (scales?.values ?? codebooks).buffer,
      (signs ?? codes).buffer,
      out.buffer,
    ],
    params: {
      rows,
      cols,
      subs,
      book_rows: tiles.bookRows,
      book_subs: tiles.bookSubs,
      books_across: tiles.booksAcross,
      cb_stride: codebooks.stride,
      ratio_stride: ratios?.stride ?? 0,
      scale_stride: scales?.values.stride ?? 0,
      scale_block: scales?.block ?? 1,
      sign_stride: latent ? signs.stride : 0,
      stride: out.stride,
      padded_rows: out.paddedRows,
      fold,
    },
    grid,
    overrides: {
      D: tiles.dim,
      LANES: gpu.lanes,
      CANDIDATES: candidates,
      SCALED: scales ? 1 : 0,
      SIGNS: signs ? (latent ? 2 : 1) : 0,
    },
    work: rows * cols * (2 * candidates + 4),
  });
  return out;
}
