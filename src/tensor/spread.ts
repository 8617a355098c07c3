/**
 * A few rows v spread over the many of x, and the sums that go the other way (shaders/model/spread.wgsl, modulate.wgsl;
 * shaders/gradient/fold-rows.wgsl): a bias, positions, one row of scales a window, the mean of a window's tokens.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { columnSums } from './column-sums';
import { multiply } from './elementwise';
import { Tensor } from './tensor';

/** Row r of x takes row ⌊r / divisor⌋ mod period of v. */
export interface Spread {
  readonly divisor: number;
  readonly period: number;
}

/** v again every `period` rows. */
export function cyclic(period: number): Spread {
  return { divisor: 1, period };
}

/** Each window of `length` rows its own row of v. Throws where `rows` is no whole number of windows. */
export function byWindow(rows: number, length: number): Spread {
  if (rows % length !== 0) throw new Error(`bug: ${rows} rows in windows of ${length}`);
  return { divisor: length, period: rows / length };
}

const PARAMS = { vectors: 'u32', rows: 'u32', stride: 'u32', divisor: 'u32', period: 'u32', alpha: 'f32' } as const;

const SPREAD = defineKernel({
  shader: 'model/spread',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ['OP'],
});

const FOLD = defineKernel({
  shader: 'gradient/fold-rows',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ['PRODUCT'],
});

const MODULATE = defineKernel({
  shader: 'model/modulate',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: { vectors: 'u32', rows: 'u32', stride: 'u32', length: 'u32' },
});

/** x + v, spread. */
export function spreadAdd(x: Tensor, v: Tensor, spread: Spread): Tensor {
  return spreadTo(x.rows, 0, x, v, spread, 1);
}

/** x ⊙ v, spread. */
export function spreadMultiply(x: Tensor, v: Tensor, spread: Spread): Tensor {
  return spreadTo(x.rows, 1, x, v, spread, 1);
}

/** x ⊙ (1 + v), spread. */
export function spreadMagnify(x: Tensor, v: Tensor, spread: Spread): Tensor {
  return spreadTo(x.rows, 2, x, v, spread, 1);
}

/** alpha · v over `rows` rows. */
export function spreadRows(rows: number, v: Tensor, spread: Spread, alpha = 1): Tensor {
  return spreadTo(rows, 3, v, v, spread, alpha);
}

/** x ⊙ (1 + scale) + shift, each window of `length` rows with its own row of both. */
export function modulate(x: Tensor, shift: Tensor, scale: Tensor, length: number): Tensor {
  const { period } = byWindow(x.rows, length);
  for (const v of [shift, scale]) {
    if (v.rows !== period || v.cols !== x.cols) {
      throw new Error(`bug: ${period} windows of ${x.cols} columns modulated by ${v.rows} × ${v.cols}`);
    }
  }
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'modulated');
  const vectors = y.bytes / 16;
  y.gpu.launch(MODULATE, {
    buffers: [x.buffer, shift.buffer, scale.buffer, y.buffer],
    params: { vectors, rows: x.rows, stride: x.stride / 4, length },
    grid: linearGrid(vectors, 64),
    work: 12 * vectors,
  });
  return y;
}

/**
 * alpha · Σ a[r, :], or alpha · Σ a[r, :] ⊙ b[r, :], over the rows that share a row of v. `rows` × cols, by default as many rows as the
 * period; zero beyond it.
 */
export function foldRows(
  a: Tensor,
  b: Tensor | null,
  spread: Spread,
  { alpha = 1, rows = spread.period }: { alpha?: number; rows?: number } = {},
): Tensor {
  if (b && (b.rows !== a.rows || b.cols !== a.cols)) {
    throw new Error(`bug: rows of ${a.rows} × ${a.cols} and ${b.rows} × ${b.cols} folded together`);
  }
  // One row from many: panels keep the GPU busy and the rounding error low.
  if (rows === 1 && alpha === 1) {
    if (!b) return columnSums(a);
    const products = multiply(a, b);
    const sums = columnSums(products);
    products.release();
    return sums;
  }
  const y = Tensor.empty(a.gpu, rows, a.cols, 'folded');
  const vectors = y.bytes / 16;
  y.gpu.launch(FOLD, {
    buffers: [a.buffer, (b ?? a).buffer, y.buffer],
    params: { vectors, rows: a.rows, stride: a.stride / 4, ...spread, alpha },
    grid: linearGrid(vectors, 64),
    overrides: { PRODUCT: b ? 1 : 0 },
    work: (a.bytes / 16) * 8,
  });
  return y;
}

function spreadTo(rows: number, op: number, x: Tensor, v: Tensor, spread: Spread, alpha: number): Tensor {
  if (x.cols !== v.cols || v.rows < spread.period || (op !== 3 && x.rows !== rows)) {
    throw new Error(`bug: ${v.rows} × ${v.cols} spread over ${rows} × ${x.cols} with a period of ${spread.period}`);
  }
  const y = Tensor.empty(v.gpu, rows, v.cols, 'spread');
  const vectors = y.bytes / 16;
  y.gpu.launch(SPREAD, {
    buffers: [x.buffer, v.buffer, y.buffer],
    params: { vectors, rows, stride: y.stride / 4, ...spread, alpha },
    grid: linearGrid(vectors, 64),
    overrides: { OP: op },
    work: 12 * vectors,
  });
  return y;
}
