/**
 * Sums and products of matrices, scaling by numbers and vectors. `combine`, `add`, `subtract`, `multiply`, `scale` and `scaleBy` make a
 * new tensor; the others work in place.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

const COMBINE = defineKernel({
  shader: 'linalg/combine',
  entry: 'combine',
  buffers: ['read', 'read', 'write'],
  params: { count: 'u32', alpha: 'f32', beta: 'f32' },
});
const PRODUCT = defineKernel({
  shader: 'linalg/product',
  entry: 'product',
  buffers: ['read', 'read', 'write'],
  params: { count: 'u32' },
});
const SCALE_PARAMS = { count: 'u32', alpha: 'f32' } as const;
const SCALE = defineKernel({
  shader: 'linalg/scale',
  entry: 'scale',
  buffers: ['read', 'write'],
  params: SCALE_PARAMS,
});
const SCALE_BY = defineKernel({
  shader: 'linalg/scale',
  entry: 'scale_by',
  buffers: ['read', 'write', 'read'],
  params: SCALE_PARAMS,
});
const updateKernel = (entry: 'axpy' | 'scale_rows' | 'scale_columns') =>
  defineKernel({
    shader: 'linalg/update',
    entry,
    buffers: ['read', 'write'],
    params: { stride: 'u32', count: 'u32', alpha: 'f32' },
  });
const AXPY = updateKernel('axpy');
const SCALE_ROWS = updateKernel('scale_rows');
const SCALE_COLUMNS = updateKernel('scale_columns');

/** alpha·A + beta·B. */
export function combine(alpha: number, a: Tensor, beta: number, b: Tensor): Tensor {
  requireSameShape(a, b);
  const out = Tensor.empty(a.gpu, a.rows, a.cols, 'sum');
  const count = a.bytes / 16;
  a.gpu.launch(COMBINE, {
    buffers: [a.buffer, b.buffer, out.buffer],
    params: { count, alpha, beta },
    grid: linearGrid(count, 64),
    work: 12 * count,
  });
  return out;
}

/** A + B. */
export function add(a: Tensor, b: Tensor): Tensor {
  return combine(1, a, 1, b);
}

/** A − B. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  return combine(1, a, -1, b);
}

/** A ⊙ B. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  requireSameShape(a, b);
  const out = Tensor.empty(a.gpu, a.rows, a.cols, 'product');
  const count = a.bytes / 16;
  a.gpu.launch(PRODUCT, {
    buffers: [a.buffer, b.buffer, out.buffer],
    params: { count },
    grid: linearGrid(count, 64),
    work: 8 * count,
  });
  return out;
}

/** alpha·X. */
export function scale(alpha: number, x: Tensor): Tensor {
  const out = Tensor.empty(x.gpu, x.rows, x.cols, 'multiple');
  const count = x.bytes / 16;
  x.gpu.launch(SCALE, {
    buffers: [x.buffer, out.buffer],
    params: { count, alpha },
    grid: linearGrid(count, 64),
    work: 8 * count,
  });
  return out;
}

/** alpha·s·X with s a 1 × 1 tensor. */
export function scaleBy(s: Tensor, alpha: number, x: Tensor): Tensor {
  requireVector(s, 1);
  const out = Tensor.empty(x.gpu, x.rows, x.cols, 'multiple');
  const count = x.bytes / 16;
  x.gpu.launch(SCALE_BY, {
    buffers: [x.buffer, out.buffer, s.buffer],
    params: { count, alpha },
    grid: linearGrid(count, 64),
    work: 8 * count,
  });
  return out;
}

/** Y += alpha·X, in place. */
export function axpy(alpha: number, x: Tensor, y: Tensor): void {
  requireSameShape(x, y);
  update(AXPY, x, y, alpha);
}

/** Multiplies row r by scale[r], in place; `scale` is 1 × rows. */
export function scaleRows(t: Tensor, scale: Tensor): void {
  requireVector(scale, t.rows);
  update(SCALE_ROWS, scale, t);
}

/** Multiplies column c by scale[c], in place; `scale` is 1 × columns. */
export function scaleColumns(t: Tensor, scale: Tensor): void {
  requireVector(scale, t.cols);
  update(SCALE_COLUMNS, scale, t);
}

function update(kernel: typeof AXPY, x: Tensor, y: Tensor, alpha = 1): void {
  if (x.buffer === y.buffer) throw new Error('bug: a tensor cannot be updated from itself');
  const count = y.bytes / 16;
  y.gpu.launch(kernel, {
    buffers: [x.buffer, y.buffer],
    params: { stride: y.stride / 4, count, alpha },
    grid: linearGrid(count, 64),
    work: 8 * count,
  });
}

function requireSameShape(a: Tensor, b: Tensor): void {
  if (a.rows !== b.rows || a.cols !== b.cols) {
    throw new Error(`bug: ${a.rows} × ${a.cols} with ${b.rows} × ${b.cols}`);
  }
}

function requireVector(scale: Tensor, length: number): void {
  if (scale.rows !== 1 || scale.cols !== length) {
    throw new Error(`bug: a ${scale.rows} × ${scale.cols} scale for a length of ${length}`);
  }
}
