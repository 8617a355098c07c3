/** Norms over rows: RMSNorm and LayerNorm (shaders/model). x: rows × cols; weight and bias: 1 × cols. */
import { defineKernel } from '../gpu/kernel';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { Tensor } from './tensor';

const PARAMS = { rows: 'u32', padded_rows: 'u32', cols: 'u32', stride: 'u32', eps: 'f32' } as const;

const RMS_NORM = defineKernel({
  shader: 'model/rms-norm',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
  overrides: ROW_OVERRIDES,
});

const LAYER_NORM = defineKernel({
  shader: 'model/layer-norm',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: PARAMS,
  overrides: ROW_OVERRIDES,
});

/** x / √(mean(x²) + eps) · weight, row by row. */
export function rmsNorm(x: Tensor, weight: Tensor, eps: number, options: RowOptions = {}): Tensor {
  expectVector(x, weight, 'weight');
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'RMSNorm');
  x.gpu.launch(RMS_NORM, {
    buffers: [x.buffer, weight.buffer, y.buffer],
    params: paramsOf(x, eps),
    ...rowLaunch(x.gpu, x.paddedRows, options),
  });
  return y;
}

/** (x − mean) / √(variance + eps) · weight + bias, row by row. */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps: number, options: RowOptions = {}): Tensor {
  expectVector(x, weight, 'weight');
  expectVector(x, bias, 'bias');
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'LayerNorm');
  x.gpu.launch(LAYER_NORM, {
    buffers: [x.buffer, weight.buffer, bias.buffer, y.buffer],
    params: paramsOf(x, eps),
    ...rowLaunch(x.gpu, x.paddedRows, options),
  });
  return y;
}

function paramsOf(x: Tensor, eps: number) {
  return { rows: x.rows, padded_rows: x.paddedRows, cols: x.cols, stride: x.stride / 4, eps };
}

function expectVector(x: Tensor, vector: Tensor, what: string): void {
  if (vector.rows !== 1 || vector.cols !== x.cols) {
    throw new Error(`bug: a norm of ${x.rows} × ${x.cols} with a ${what} of ${vector.rows} × ${vector.cols}`);
  }
}
