/**
 * Rearrangements: columns by an index (act-order and back), transposition, the strictly upper triangle.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Indices } from './indices';
import { emptySquare, Panels, panelsOf, requireSquare, type Square } from './panels';
import { Tensor } from './tensor';

const GATHER_PARAMS = {
  rows: 'u32',
  out_cols: 'u32',
  a_stride: 'u32',
  out_stride: 'u32',
  count: 'u32',
  above: 'u32',
  held: 'u32',
  out_above: 'u32',
} as const;
const gatherKernel = (entry: 'columns' | 'both' | 'panel') =>
  defineKernel({ shader: 'linalg/gather', entry, buffers: ['read', 'read', 'write'], params: GATHER_PARAMS });
const GATHER = { columns: gatherKernel('columns'), both: gatherKernel('both'), panel: gatherKernel('panel') };
const TRANSPOSE = defineKernel({
  shader: 'linalg/transpose',
  entry: 'transposed',
  buffers: ['read', 'write'],
  params: { row_tiles: 'u32', col_tiles: 'u32' },
});
const triangleKernel = (entry: 'strict_upper' | 'lower') =>
  defineKernel({
    shader: 'linalg/strict-upper',
    entry,
    buffers: ['write'],
    params: { stride: 'u32', count: 'u32', above: 'u32' },
  });
const STRICT_UPPER = triangleKernel('strict_upper');
const LOWER = triangleKernel('lower');

/** Column c of the result is column index[c] of t. Indices may repeat or be missing. */
export function gatherColumns(t: Tensor, index: Uint32Array<ArrayBuffer> | Indices): Tensor {
  return gather('columns', t, index);
}

/** Entry (r, c) of the result is h[index[r], index[c]]. */
export function permuteSymmetric(h: Tensor, index: Uint32Array<ArrayBuffer> | Indices): Tensor;
export function permuteSymmetric(h: Square, index: Uint32Array<ArrayBuffer> | Indices): Square;
export function permuteSymmetric(h: Square, index: Uint32Array<ArrayBuffer> | Indices): Square {
  requireSquare(h, 'permuteSymmetric');
  if (index.length !== h.cols) throw new Error(`bug: ${index.length} indices for ${h.cols} columns`);
  return h instanceof Panels ? permutePanels(h, index) : gather('both', h, index);
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
export function strictUpper(t: Square): void {
  for (const { first, tensor } of panelsOf(t)) cutTriangle(STRICT_UPPER, tensor, first);
}

/** Zeroes everything above the diagonal, in place. */
export function lowerTriangle(t: Tensor): void {
  cutTriangle(LOWER, t, 0);
}

function cutTriangle(kernel: typeof LOWER, t: Tensor, above: number): void {
  const count = t.bytes / 16;
  t.gpu.launch(kernel, {
    buffers: [t.buffer],
    params: { stride: t.stride / 4, count, above },
    grid: linearGrid(count, 64),
    work: t.bytes / 4,
  });
}

/** A row of the result may come out of any panel: every panel gives those that it has. */
function permutePanels(h: Panels, index: Uint32Array<ArrayBuffer> | Indices): Square {
  const held = index instanceof Uint32Array ? checkedUpload(h, index) : index;
  const out = emptySquare(h.gpu, h.cols, 'gathered columns');
  for (const to of panelsOf(out)) {
    for (const from of h.panels) {
      const count = to.tensor.bytes / 16;
      h.gpu.launch(GATHER.panel, {
        buffers: [from.tensor.buffer, held.buffer, to.tensor.buffer],
        params: {
          ...{ rows: h.rows, out_cols: h.cols, a_stride: h.stride, out_stride: h.stride / 4, count },
          ...{ above: from.first, held: from.tensor.rows, out_above: to.first },
        },
        grid: linearGrid(count, 64),
        work: to.tensor.bytes / 4,
      });
    }
  }
  if (held !== index) held.release();
  return out;
}

function gather(form: keyof typeof GATHER, t: Tensor, index: Uint32Array<ArrayBuffer> | Indices): Tensor {
  const held = index instanceof Uint32Array ? checkedUpload(t, index) : index;
  const out = Tensor.empty(t.gpu, t.rows, held.length, 'gathered columns');
  const count = out.bytes / 16;
  t.gpu.launch(GATHER[form], {
    buffers: [t.buffer, held.buffer, out.buffer],
    params: {
      ...{ rows: t.rows, out_cols: out.cols, a_stride: t.stride, out_stride: out.stride / 4, count },
      ...{ above: 0, held: t.rows, out_above: 0 },
    },
    grid: linearGrid(count, 64),
    work: out.bytes / 4,
  });
  if (held !== index) held.release();
  return out;
}

function checkedUpload(t: Square, index: Uint32Array<ArrayBuffer>): Indices {
  const wrong = index.find((column) => column >= t.cols);
  if (wrong !== undefined) throw new Error(`bug: index ${wrong} into ${t.cols} columns`);
  return Indices.from(t.gpu, index, 'column index');
}
