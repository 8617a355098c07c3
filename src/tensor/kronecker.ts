/**
 * x·(A ⊗ B) on rows, without the product matrix: with a row read as X, rows(A) × rows(B), it is Aᵀ·X·B. Rows of cols(A)·cols(B) come out;
 * a token costs rows(A)·rows(B)·cols(B) + rows(A)·cols(A)·cols(B) multiplications instead of the product of both orders.
 *
 * For B each of the rows(A) parts of all rows is a block of rows of its own (heads.ts). For A each block is one row: both are the same
 * floats in the same order, so that nothing is turned round.
 */
import { mergeHeads, splitHeads, type Geometry } from './heads';
import { matmul } from './matmul';
import { padded, Tensor } from './tensor';

/** What is kept for going back. */
export interface KroneckerProduct {
  readonly y: Tensor;
  /** X·B of all rows, one of A's indices a row. */
  readonly middle: Tensor;
}

export function kroneckerRows(x: Tensor, a: Tensor, b: Tensor): KroneckerProduct {
  if (x.cols !== a.rows * b.rows) {
    throw new Error(`bug: rows of ${x.cols} times (${a.rows} × ${a.cols}) ⊗ (${b.rows} × ${b.cols})`);
  }
  const blocks = split(x, a.rows);
  const right = matmul('nn', blocks, b, { label: 'right factor' });
  blocks.release();
  const middle = blocksToRows(right, a.rows);
  right.release();
  const both = matmul('tn', a, middle, { label: 'both factors' });
  const y = merge(both, x.rows, b.cols);
  both.release();
  return { y, middle };
}

/** From g = ∂L/∂y to the gradients that are `wanted`. */
export function kroneckerBack(
  x: Tensor,
  a: Tensor,
  b: Tensor,
  middle: Tensor,
  g: Tensor,
  wanted: { readonly x: boolean; readonly a: boolean; readonly b: boolean },
): { x: Tensor | null; a: Tensor | null; b: Tensor | null } {
  const blocks = split(g, a.cols);
  const gradient = blocksToRows(blocks, a.cols);
  blocks.release();
  const made = {
    x: null as Tensor | null,
    a: wanted.a ? matmul('nt', middle, gradient, { label: 'gradient of a factor' }) : null,
    b: null as Tensor | null,
  };
  if (wanted.x || wanted.b) {
    const right = matmul('nn', a, gradient);
    const back = rowsToBlocks(right, x.rows, b.cols);
    right.release();
    if (wanted.b) {
      const inputs = split(x, a.rows);
      made.b = matmul('tn', inputs, back, { label: 'gradient of a factor' });
      inputs.release();
    }
    if (wanted.x) {
      const product = matmul('nt', back, b);
      made.x = mergeHeads(product, oneWindow(x.rows), a.rows);
      product.release();
    }
    back.release();
  }
  gradient.release();
  return made;
}

const oneWindow = (rows: number): Geometry => ({ windows: 1, length: rows });

/** rows × (count · width) → (count · padded rows) × width. */
function split(x: Tensor, count: number): Tensor {
  return splitHeads(x, oneWindow(x.rows), { first: 0, heads: count, dim: x.cols / count });
}

/** count × (padded rows · padded width) → rows × (count · width). */
function merge(t: Tensor, rows: number, width: number): Tensor {
  const blocks = rowsToBlocks(t, rows, width);
  const y = mergeHeads(blocks, oneWindow(rows), t.rows);
  blocks.release();
  return y;
}

/** The same floats: (count · padded rows) × width as count × (padded rows · padded width), zeros below. */
function blocksToRows(blocks: Tensor, count: number): Tensor {
  const out = Tensor.empty(blocks.gpu, count, (blocks.rows / count) * blocks.stride, 'blocks as rows');
  blocks.gpu.copy(blocks.buffer, 0, out.buffer, 0, blocks.bytes);
  if (out.bytes > blocks.bytes) out.gpu.clear(out.buffer, blocks.bytes, out.bytes - blocks.bytes);
  return out;
}

/** And back. */
function rowsToBlocks(t: Tensor, rows: number, width: number): Tensor {
  const out = Tensor.empty(t.gpu, t.rows * padded(rows), width, 'rows as blocks');
  t.gpu.copy(t.buffer, 0, out.buffer, 0, out.bytes);
  return out;
}
