/**
 * Matrix products on the GPU (shaders/linalg/matmul.wgsl). Shapes: C is M × N, K is the inner dimension.
 * A product too large for one dispatch's work budget is cut into panels of rows of C.
 */
import { defineKernel } from '../gpu/kernel';
import { padded, Tensor } from './tensor';

const PARAMS = {
  inner: 'u32',
  row_tiles: 'u32',
  col_tiles: 'u32',
  first_row_tile: 'u32',
  a_stride: 'u32',
  b_stride: 'u32',
  c_stride: 'u32',
  a_offset: 'u32',
  b_offset: 'u32',
  c_offset: 'u32',
  lower_only: 'u32',
  alpha: 'f32',
  beta: 'f32',
} as const;

const kernel = (entry: Form) =>
  defineKernel({ shader: 'linalg/matmul', entry, buffers: ['read', 'read', 'write'], params: PARAMS });

/** nn: A·B, nt: A·Bᵀ, tn: Aᵀ·B. */
export type Form = 'nn' | 'nt' | 'tn';
const KERNELS = { nn: kernel('nn'), nt: kernel('nt'), tn: kernel('tn') };

export interface MatmulOptions {
  /** Factor of the product; default 1. */
  readonly alpha?: number;
  /** Factor of what `into` held; default 0, which does not read it. */
  readonly beta?: number;
  /** Written instead of a new tensor. Must not be A or B. */
  readonly into?: Tensor;
  /** Only tiles on or below the diagonal are computed; for symmetric products (see gram.ts). */
  readonly lowerOnly?: boolean;
  readonly label?: string;
}

/** op(A)·op(B) as a new tensor, or into `options.into`. Throws on shapes that do not fit. */
export function matmul(form: Form, a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const [m, ka] = form === 'tn' ? [a.cols, a.rows] : [a.rows, a.cols];
  const [n, kb] = form === 'nt' ? [b.rows, b.cols] : [b.cols, b.rows];
  if (ka !== kb) throw new Error(`bug: ${form} of ${a.rows} × ${a.cols} and ${b.rows} × ${b.cols}`);
  const c = options.into ?? Tensor.empty(a.gpu, m, n, options.label ?? 'product');
  if (c.rows !== m || c.cols !== n) throw new Error(`bug: a ${m} × ${n} product into ${c.rows} × ${c.cols}`);

  const rowTiles = padded(m) / 8;
  const colTiles = padded(n) / 8;
  const workPerTileRow = 2 * 8 * padded(n) * padded(ka) * (options.lowerOnly ? 0.5 : 1);
  const panel = Math.max(1, Math.min(rowTiles, Math.floor(a.gpu.workBudget / workPerTileRow)));
  for (let first = 0; first < rowTiles; first += panel) {
    const tiles = Math.min(panel, rowTiles - first);
    a.gpu.launch(KERNELS[form], {
      buffers: [a.buffer, b.buffer, c.buffer],
      params: {
        inner: form === 'tn' ? padded(ka) : padded(ka) / 4,
        row_tiles: tiles,
        col_tiles: colTiles,
        first_row_tile: first,
        a_stride: a.stride / 4,
        b_stride: b.stride / 4,
        c_stride: c.stride / 4,
        a_offset: 0,
        b_offset: 0,
        c_offset: 0,
        lower_only: options.lowerOnly ? 1 : 0,
        alpha: options.alpha ?? 1,
        beta: options.beta ?? 0,
      },
      grid: [Math.ceil(colTiles / 8), Math.ceil(tiles / 8)],
      work: workPerTileRow * tiles,
    });
  }
  return c;
}
