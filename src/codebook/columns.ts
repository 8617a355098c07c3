/**
 * The codebook column loop's kernels (GPTVQ; shaders/compensation), on a working copy of shape cols × rows: blocks of U's diagonal, and
 * the walk over columns. What carries a block to later columns is propagate of src/tensor/compensation.ts.
 */
import { defineKernel } from '../gpu/kernel';
import type { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { linear } from './linear';

const BLOCKS = defineKernel({
  shader: 'compensation/diagonal-blocks',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { cols: 'u32', subs: 'u32', u_stride: 'u32', first_group: 'u32', past_group: 'u32' },
  overrides: ['D', 'LANES', 'METRIC', 'CARRY'],
});

const COLUMNS = defineKernel({
  shader: 'compensation/codebook-columns',
  entry: 'main',
  buffers: ['write', 'read', 'write', 'write', 'read', 'read', 'read'],
  params: {
    first_row: 'u32',
    past_row: 'u32',
    stride: 'u32',
    cols: 'u32',
    subs: 'u32',
    first: 'u32',
    from_column: 'u32',
    past_column: 'u32',
    u_stride: 'u32',
    book_rows: 'u32',
    codewords: 'u32',
    cb_stride: 'u32',
    scale_block: 'u32',
    scale_stride: 'u32',
  },
  overrides: ['D', 'LANES', 'SCALED', 'STALE', 'FEEDBACK'],
});

/** How codewords are chosen: by distance alone, by 1 / U_jj (as released), or by the error that U_PP⁻¹ makes of it (exact). */
export const LOOKUP_METRIC = { plain: 0, diagonal: 1, conditional: 2 } as const;
/** How a sub-vector's error is carried on: by U's diagonal alone (as released), or by U_PP⁻¹ (exact). */
export const CARRY = { diagonal: 0, conditional: 1 } as const;

/** (16 · subs) × 8: the metric and the carry of every sub-column, d × d each in rows of 8. */
export function diagonalBlocks(
  u: Tensor,
  dim: number,
  metric: keyof typeof LOOKUP_METRIC,
  carry: keyof typeof CARRY,
): Tensor {
  const subs = Math.ceil(u.cols / dim);
  const blocks = Tensor.zeros(u.gpu, 16 * subs, 8, 'diagonal blocks');
  linear(
    u.gpu,
    BLOCKS,
    [u.buffer, blocks.buffer],
    subs,
    dim ** 3,
    { cols: u.cols, subs, u_stride: u.stride },
    { D: dim, METRIC: LOOKUP_METRIC[metric], CARRY: CARRY[carry] },
  );
  return blocks;
}

/** The state of one layer's loop, and the books of the column group that is being walked. */
export interface CodebookLoop {
  /** cols × rows; compensated in place. */
  readonly weights: Tensor;
  /** cols × cols, upper. */
  readonly u: Tensor;
  /** One a sub-vector, rows × subs. */
  readonly codes: Indices;
  /** block × rows: coefficients of the block's columns. */
  readonly history: Tensor;
  readonly blocks: Tensor;
  readonly dim: number;
  /** Rows that share a book. */
  readonly bookRows: number;
  /** False: nothing is carried on, each sub-vector is only assigned. */
  readonly feedback: boolean;
}

export interface Walk {
  /** The first column of the block, and the columns of it to walk: whole sub-vectors. */
  readonly first: number;
  readonly from: number;
  readonly past: number;
  /** (runs of bookRows rows) × (codewords · dim). */
  readonly codebooks: Tensor;
  readonly scales: { readonly values: Tensor; readonly block: number } | null;
  /** Chooses by the weights of the block's start. */
  readonly stale: boolean;
}

/** Quantizes columns from … past − 1 and leaves their coefficients in the history. */
export function quantizeWithCodebooks(loop: CodebookLoop, walk: Walk): void {
  const { weights, u, dim } = loop;
  const { gpu } = weights;
  const [cols, rows] = [weights.rows, weights.cols];
  const codewords = walk.codebooks.cols / dim;
  const flops = dim > 4 ? 120 : 48;
  const workPerSub = codewords * flops + 2 * dim * (walk.past - walk.first);
  // As many sub-vectors at a time as a few rows have within the budget, then as many rows.
  const subs = Math.max(1, Math.floor(gpu.workBudget / (gpu.lanes * workPerSub)));
  for (let from = walk.from; from < walk.past; from += subs * dim) {
    const past = Math.min(walk.past, from + subs * dim);
    const workPerRow = Math.ceil((past - from) / dim) * workPerSub;
    const rowsAtOnce = Math.max(1, Math.floor(gpu.workBudget / (gpu.lanes * workPerRow))) * gpu.lanes;
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const pastRow = Math.min(rows, row + rowsAtOnce);
      gpu.launch(COLUMNS, {
        buffers: [
          weights.buffer,
          u.buffer,
          loop.history.buffer,
          loop.codes.buffer,
          walk.codebooks.buffer,
          loop.blocks.buffer,
          (walk.scales?.values ?? u).buffer, // bound but not read without SCALED
        ],
        params: {
          first_row: row,
          past_row: pastRow,
          stride: weights.stride,
          cols,
          subs: Math.ceil(cols / dim),
          first: walk.first,
          from_column: from,
          past_column: past,
          u_stride: u.stride,
          book_rows: loop.bookRows,
          codewords,
          cb_stride: walk.codebooks.stride,
          scale_block: walk.scales?.block ?? 1,
          scale_stride: walk.scales?.values.stride ?? 0,
        },
        grid: [Math.ceil((pastRow - row) / gpu.lanes)],
        overrides: {
          D: dim,
          LANES: gpu.lanes,
          SCALED: walk.scales ? 1 : 0,
          STALE: walk.stale ? 1 : 0,
          FEEDBACK: loop.feedback ? 1 : 0,
        },
        work: workPerRow * (pastRow - row),
      });
    }
  }
}
