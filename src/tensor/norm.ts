/**
 * Norms over rows: RMSNorm and LayerNorm (shaders/model), and their gradients (shaders/gradient). x: rows × cols; weight and bias:
 * 1 × cols, or null for a norm without.
 */
import { defineKernel } from '../gpu/kernel';
import { columnSums } from './column-sums';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { Tensor } from './tensor';

const PARAMS = { rows: 'u32', padded_rows: 'u32', cols: 'u32', stride: 'u32', eps: 'f32' } as const;

const RMS_NORM = defineKernel({
  shader: 'model/rms-norm',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: [...ROW_OVERRIDES, 'WEIGHTED'],
});

const LAYER_NORM = defineKernel({
  shader: 'model/layer-norm',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: PARAMS,
  overrides: [...ROW_OVERRIDES, 'WEIGHTED', 'BIASED'],
});

const NORM_GRADIENT = defineKernel({
  shader: 'gradient/norm',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: PARAMS,
  overrides: [...ROW_OVERRIDES, 'CENTRED', 'WEIGHTED'],
});

const WEIGHT_GRADIENT = defineKernel({
  shader: 'gradient/norm-weight',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: { rows: 'u32', out_rows: 'u32', stride: 'u32', panel: 'u32' },
});

/** Rows that one thread adds up for the gradient of a weight. */
const PANEL = 64;

/** x / √(mean(x²) + eps) · weight, row by row. */
export function rmsNorm(x: Tensor, weight: Tensor | null, eps: number, options: RowOptions = {}): Tensor {
  expectVector(x, weight, 'weight');
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'RMSNorm');
  const { grid, overrides } = rowLaunch(x.gpu, x.paddedRows, options);
  x.gpu.launch(RMS_NORM, {
    buffers: [x.buffer, (weight ?? x).buffer, y.buffer],
    params: paramsOf(x, eps),
    grid,
    overrides: { ...overrides, WEIGHTED: weight ? 1 : 0 },
  });
  return y;
}

/** (x − mean) / √(variance + eps) · weight + bias, row by row. */
export function layerNorm(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  eps: number,
  options: RowOptions = {},
): Tensor {
  expectVector(x, weight, 'weight');
  expectVector(x, bias, 'bias');
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'LayerNorm');
  const { grid, overrides } = rowLaunch(x.gpu, x.paddedRows, options);
  x.gpu.launch(LAYER_NORM, {
    buffers: [x.buffer, (weight ?? x).buffer, (bias ?? x).buffer, y.buffer],
    params: paramsOf(x, eps),
    grid,
    overrides: { ...overrides, WEIGHTED: weight ? 1 : 0, BIASED: bias ? 1 : 0 },
  });
  return y;
}

/**
 * From g = ∂L/∂y of a norm to ∂L/∂x and, where there is a weight and `weightToo`, ∂L/∂weight. `centred` tells LayerNorm from RMSNorm;
 * the gradient of a bias is columnSums(g).
 */
export function normGradient(
  x: Tensor,
  weight: Tensor | null,
  g: Tensor,
  { centred, eps, weightToo = true }: { centred: boolean; eps: number; weightToo?: boolean },
  options: RowOptions = {},
): { x: Tensor; weight: Tensor | null } {
  expectVector(x, weight, 'weight');
  const gx = Tensor.empty(x.gpu, x.rows, x.cols, 'gradient of a norm');
  const stats = Tensor.empty(x.gpu, x.rows, 2, 'means and scales');
  const { grid, overrides } = rowLaunch(x.gpu, x.paddedRows, options);
  x.gpu.launch(NORM_GRADIENT, {
    buffers: [x.buffer, (weight ?? x).buffer, g.buffer, gx.buffer, stats.buffer],
    params: paramsOf(x, eps),
    grid,
    overrides: { ...overrides, CENTRED: centred ? 1 : 0, WEIGHTED: weight ? 1 : 0 },
    work: 4 * x.paddedRows * x.stride,
  });
  const gw = weight && weightToo ? weightGradient(x, g, stats) : null;
  stats.release();
  return { x: gx, weight: gw };
}

function weightGradient(x: Tensor, g: Tensor, stats: Tensor): Tensor {
  const rows = Math.ceil(x.rows / PANEL);
  const panels = Tensor.empty(x.gpu, rows, x.cols, 'gradient of a weight, by panels');
  const vectors = x.stride / 4;
  x.gpu.launch(WEIGHT_GRADIENT, {
    buffers: [x.buffer, g.buffer, stats.buffer, panels.buffer],
    params: { rows: x.rows, out_rows: rows, stride: vectors, panel: PANEL },
    grid: [Math.ceil(vectors / 8), Math.min(panels.paddedRows / 8, 65535)],
    work: 4 * x.rows * x.stride,
  });
  if (rows === 1) return panels;
  const sums = columnSums(panels);
  panels.release();
  return sums;
}

function paramsOf(x: Tensor, eps: number) {
  return { rows: x.rows, padded_rows: x.paddedRows, cols: x.cols, stride: x.stride / 4, eps };
}

function expectVector(x: Tensor, vector: Tensor | null, what: string): void {
  if (vector && (vector.rows !== 1 || vector.cols !== x.cols)) {
    throw new Error(`bug: a norm of ${x.rows} × ${x.cols} with a ${what} of ${vector.rows} × ${vector.cols}`);
  }
}
