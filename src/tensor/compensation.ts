/**
 * The compensation loop's three kernels (shaders/compensation), on working copies of shape cols × rows.
 * Mathematics: GPTQ, GPTAQ and ResComp (arXiv:2210.17323, 2504.02692, 2604.07955) in the collapsed form that columns.wgsl states. Twin: src/method/reference.ts.
 */
import { defineKernel, rowGrid } from '../gpu/kernel';
import type { Indices } from './indices';
import type { Rows } from './panels';
import { padded, Tensor } from './tensor';

const ARRANGE = defineKernel({
  shader: 'compensation/arrange',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { rows: 'u32', cols: 'u32', w_stride: 'u32', out_stride: 'u32', padded_cols: 'u32', fold: 'u32' },
  overrides: ['LANES'],
});

const CLEAR_DEAD = defineKernel({
  shader: 'compensation/clear-dead',
  entry: 'main',
  buffers: ['write', 'read', 'read'],
  params: { cols: 'u32', stride: 'u32', fold: 'u32' },
  overrides: ['LANES'],
});

const COLUMNS = defineKernel({
  shader: 'compensation/columns',
  entry: 'main',
  buffers: ['write', 'read', 'read', 'read', 'write', 'write', 'read', 'read'],
  params: {
    first_row: 'u32',
    past_row: 'u32',
    stride: 'u32',
    first: 'u32',
    count: 'u32',
    u_stride: 'u32',
    u_above: 'u32',
    groups: 'u32',
    grid_stride: 'u32',
    z: 'u32',
    top: 'f32',
    alpha: 'f32',
    alpha2: 'f32',
  },
  overrides: ['LANES', 'HAS_P', 'HAS_ORIGINAL'],
});

const PROPAGATE = defineKernel({
  shader: 'compensation/propagate',
  entry: 'main',
  buffers: ['write', 'read', 'read', 'read'],
  params: {
    stride: 'u32',
    u_stride: 'u32',
    u_above: 'u32',
    first: 'u32',
    count: 'u32',
    first_tile: 'u32',
    row_tiles: 'u32',
    col_tiles: 'u32',
  },
  overrides: ['HAS_P'],
});

/** Which weight the update beyond the block takes for w: see columns.wgsl. */
export const OUTER = { current: 0, quantized: 1, clamped: 2 } as const;
export type Outer = keyof typeof OUTER;

/** The state of one layer's loop; all tensors in working column order. */
export interface ColumnLoop {
  /** cols × rows; compensated in place. */
  readonly weights: Tensor;
  /** w0, cols × rows; null where α2 = 0. */
  readonly original: Tensor | null;
  /** cols × cols, upper: the rows of the block's columns at least. */
  readonly u: Rows;
  /** cols × cols, strictly upper, the same rows; null where the inputs' drift is not compensated. */
  readonly p: Rows | null;
  readonly codes: Tensor;
  readonly grid: Tensor;
  readonly groupOf: Indices;
  /** (2·block) × rows, zero in its padding. */
  readonly history: Tensor;
  readonly bits: number;
  readonly alpha: number;
  readonly alpha2: number;
  readonly outer: Outer;
}

/** W transposed into working order. W: rows × cols; result: cols × rows. */
export function arrangeWeights(w: Tensor, order: Indices): Tensor {
  const { gpu } = w;
  const out = Tensor.empty(gpu, w.cols, w.rows, 'working weights');
  const { grid, fold } = rowGrid(out.stride, gpu.lanes, out.paddedRows);
  gpu.launch(ARRANGE, {
    buffers: [w.buffer, order.buffer, out.buffer],
    params: {
      rows: w.rows,
      cols: w.cols,
      w_stride: w.stride,
      out_stride: out.stride,
      padded_cols: out.paddedRows,
      fold,
    },
    grid,
    overrides: { LANES: gpu.lanes },
    work: w.rows * w.cols,
  });
  return out;
}

/** Zeroes the working columns whose input is always zero. `diagonal`: 1 × cols, of the Hessian in original order. */
export function clearDead(weights: Tensor, order: Indices, diagonal: Tensor): void {
  const { gpu } = weights;
  const { grid, fold } = rowGrid(weights.stride, gpu.lanes, weights.rows);
  gpu.launch(CLEAR_DEAD, {
    buffers: [weights.buffer, order.buffer, diagonal.buffer],
    params: { cols: weights.rows, stride: weights.stride, fold },
    grid,
    overrides: { LANES: gpu.lanes },
    work: weights.rows * weights.cols,
  });
}

/** Quantizes columns first … first + count − 1 and leaves their coefficients in `history`. */
export function quantizeColumns(loop: ColumnLoop, first: number, count: number): void {
  const { weights, u } = loop;
  const { gpu } = weights;
  const workPerRow = count * count * (loop.p ? 4 : 2);
  const rowsAtOnce = Math.max(gpu.lanes, Math.min(weights.cols, Math.floor(gpu.workBudget / workPerRow)));
  for (let row = 0; row < weights.cols; row += rowsAtOnce) {
    const past = Math.min(row + rowsAtOnce, weights.cols);
    gpu.launch(COLUMNS, {
      buffers: [
        weights.buffer,
        (loop.original ?? u.tensor).buffer, // bound but not read without HAS_ORIGINAL
        u.tensor.buffer,
        (loop.p ?? u).tensor.buffer, // bound but not read without HAS_P
        loop.history.buffer,
        loop.codes.buffer,
        loop.grid.buffer,
        loop.groupOf.buffer,
      ],
      params: {
        first_row: row,
        past_row: past,
        stride: weights.stride,
        first,
        count,
        u_stride: u.tensor.stride,
        u_above: u.above,
        groups: loop.grid.rows / 2,
        grid_stride: loop.grid.stride,
        z: OUTER[loop.outer],
        top: 2 ** loop.bits - 1,
        alpha: loop.alpha,
        alpha2: loop.alpha2,
      },
      grid: [Math.ceil((past - row) / gpu.lanes)],
      overrides: { LANES: gpu.lanes, HAS_P: loop.p ? 1 : 0, HAS_ORIGINAL: loop.original ? 1 : 0 },
      work: workPerRow * (past - row),
    });
  }
}

/** Carries the block's coefficients to all columns from first + count on. */
export function propagate(
  loop: Pick<ColumnLoop, 'weights' | 'u' | 'p' | 'history'>,
  first: number,
  count: number,
): void {
  const { weights, u } = loop;
  const next = first + count;
  if (next >= weights.rows) return;
  const firstTile = Math.floor(next / 8);
  const tiles = padded(weights.rows) / 8 - firstTile;
  const rowTiles = weights.stride / 8;
  const workPerTile = weights.stride * 8 * count * (loop.p ? 4 : 2);
  const panel = Math.max(1, Math.min(tiles, Math.floor(weights.gpu.workBudget / workPerTile)));
  for (let tile = 0; tile < tiles; tile += panel) {
    const width = Math.min(panel, tiles - tile);
    weights.gpu.launch(PROPAGATE, {
      buffers: [weights.buffer, loop.history.buffer, u.tensor.buffer, (loop.p ?? u).tensor.buffer],
      params: {
        stride: weights.stride / 4,
        u_stride: u.tensor.stride / 4,
        u_above: u.above,
        first,
        count,
        first_tile: firstTile + tile,
        row_tiles: rowTiles,
        col_tiles: width,
      },
      grid: [Math.ceil(rowTiles / 8), Math.ceil(width / 8)],
      overrides: { HAS_P: loop.p ? 1 : 0 },
      work: workPerTile * width,
    });
  }
}
