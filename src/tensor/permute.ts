/**
 * Rearrangements: columns by an index (act-order and back), transposition, the strictly upper triangle.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { requireSquare } from './gram';
import { Indices } from './indices';
import { Tensor } from './tensor';

const GATHER_PARAMS = { rows: 'u32', out_cols: 'u32', a_stride: 'u32', out_stride: 'u32', count: 'u32' } as const;
const gatherKernel = (entry: 'columns' | 'both') =>
  defineKernel({ shader: 'linalg/gather', entry, buffers: ['read', 'read', 'write'], params: GATHER_PARAMS });
const GATHER = { columns: gatherKernel('columns'), both: gatherKernel('both') };
const TRANSPOSE = defineKernel({
  shader: 'linalg/transpose',
  entry: 'transposed',
  buffers: ['read', 'write'],
  params: { row_tiles: 'u32', col_tiles: 'u32' },
});
const STRICT_UPPER = defineKernel({
  shader: 'linalg/strict-upper',
  entry: 'strict_upper',
  buffers: ['write'],
  params: { stride: 'u32', count: 'u32' },
});

/** Column c of the result is column index[c] of t. Indices may repeat or be missing. */
export function gatherColumns(t: Tensor, index: Uint32Array<ArrayBuffer> | Indices): Tensor {
  return gather('columns', t, index);
}

/** Entry (r, c) of the result is h[index[r], index[c]]. */
export function permuteSymmetric(h: Tensor, index: Uint32Array<ArrayBuffer> | Indices): Tensor {
  requireSquare(h, 'permuteSymmetric');
  if (index.length !== h.cols) throw new Error(`bug: ${index.length} indices for ${h.cols} columns`);
  return gather('both', h, index);
}

/** tᵀ as a new tensor. */
export function transpose(t: Tensor): Tensor {
  const out = Tensor.empty(t.gpu, t.cols, t.rows, 'transpose');
  const [rowTiles, colTiles] = [t.paddedRows / 4, t.stride / 4];
  t.gpu.launch(TRANSPOSE, {
    buffers: [t.buffer, out.buffer],
    params: { row_tiles: rowTiles, col_tiles: colTiles },
    grid: [Math.ceil(colTiles / 8), Math.ceil(rowTiles / 8)],
    work: t.bytes / 4,
  });
  return out;
}

/** Zeroes the diagonal and everything below it, in place. */
export function strictUpper(t: Tensor): void {
  const count = t.bytes / 16;
  t.gpu.launch(STRICT_UPPER, {
    buffers: [t.buffer],
    params: { stride: t.stride / 4, count },
    grid: linearGrid(count, 64),
    work: t.bytes / 4,
  });
}

function gather(form: keyof typeof GATHER, t: Tensor, index: Uint32Array<ArrayBuffer> | Indices): Tensor {
  const held = index instanceof Uint32Array ? checkedUpload(t, index) : index;
  const out = Tensor.empty(t.gpu, t.rows, held.length, 'gathered columns');
  const count = out.bytes / 16;
  t.gpu.launch(GATHER[form], {
    buffers: [t.buffer, held.buffer, out.buffer],
    params: { rows: t.rows, out_cols: out.cols, a_stride: t.stride, out_stride: out.stride / 4, count },
    grid: linearGrid(count, 64),
    work: out.bytes / 4,
  });
  if (held !== index) held.release();
  return out;
}

function checkedUpload(t: Tensor, index: Uint32Array<ArrayBuffer>): Indices {
  const wrong = index.find((column) => column >= t.cols);
  if (wrong !== undefined) throw new Error(`bug: index ${wrong} into ${t.cols} columns`);
  return Indices.from(t.gpu, index, 'column index');
}
