/**
 * Matrix products on the GPU (shaders/linalg/matmul.wgsl). Shapes: C is M × N, K is the inner dimension.
 * A product too large for one dispatch's work budget is cut into runs of rows of C. Square matrices may be in panels (panels.ts); sums run
 * in the same order then, to the same bits.
 */
import { defineKernel } from '../gpu/kernel';
import { emptySquare, Panels, panelsOf, stripsOf, type Square } from './panels';
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
  const [m, n] = shapeOf(form, a, b);
  const c = options.into ?? Tensor.empty(a.gpu, m, n, options.label ?? 'product');
  requireShape(c, m, n);
  launch(form, a, b, c, WHOLE, options);
  return c;
}

/** A·Bᵀ into columns first … of a wider matrix; `first` is a multiple of 8, and B's rows end with C's columns or on a multiple of 8. */
export function matmulIntoColumns(a: Tensor, b: Tensor, into: Tensor, first: number): void {
  const [m, n] = shapeOf('nt', a, b);
  if (m !== into.rows || first % 8 !== 0 || first + padded(n) > into.stride) {
    throw new Error(`bug: a ${m} × ${n} product into columns ${first} … of ${into.rows} × ${into.cols}`);
  }
  launch('nt', a, b, into, { ...WHOLE, cCol: first }, {});
}

/** The product of a matrix and one that may be in panels, with the bits of matmul. Of two in panels the product is in panels too. */
export function matmulSquare(form: Form, a: Square, b: Tensor, options?: MatmulOptions): Tensor;
export function matmulSquare(form: Form, a: Tensor, b: Square, options?: MatmulOptions): Tensor;
export function matmulSquare(form: Form, a: Tensor | Square, b: Tensor | Square, options: MatmulOptions = {}): Tensor {
  const [m, n] = shapeOf(form, a, b);
  const c = options.into ?? Tensor.empty(a.gpu, m, n, options.label ?? 'product');
  requireShape(c, m, n);
  if (a instanceof Panels && !(b instanceof Panels)) {
    if (form !== 'tn')
      for (const panel of a.panels) launch(form, panel.tensor, b, c, { ...WHOLE, cRow: panel.first }, options);
    else for (const strip of stripsOf(a)) launch(form, strip.tensor, b, c, { ...WHOLE, cRow: strip.first }, options);
  } else if (b instanceof Panels && !(a instanceof Panels)) {
    const parts = form === 'nt' ? b.panels : stripsOf(b);
    for (const part of parts) launch(form, a, part.tensor, c, { ...WHOLE, cCol: part.first }, options);
  } else if (!(a instanceof Panels) && !(b instanceof Panels)) {
    launch(form, a, b, c, WHOLE, options);
  }
  return c;
}

/** The product of two square matrices, in panels where they are. */
export function multiplySquares(form: 'nn' | 'nt', a: Square, b: Square, label: string): Square {
  const c = emptySquare(a.gpu, a.rows, label);
  const targets = panelsOf(c);
  const parts = !(b instanceof Panels) ? panelsOf(b) : form === 'nt' ? b.panels : stripsOf(b);
  for (const part of parts) {
    for (const [p, { tensor }] of panelsOf(a).entries()) {
      launch(form, tensor, part.tensor, targets[p].tensor, { ...WHOLE, cCol: part.first }, {});
    }
  }
  return c;
}

/** alpha·AᵀB + beta·C into a square C, for tall A and B in one piece each. */
export function accumulateSquare(
  a: Tensor,
  b: Tensor,
  into: Square,
  options: Pick<MatmulOptions, 'alpha' | 'beta' | 'lowerOnly'>,
): void {
  requireShape(into, a.cols, b.cols);
  for (const { first, tensor } of panelsOf(into)) launch('tn', a, b, tensor, { ...WHOLE, above: first }, options);
}

/** Where a launch's operands lie in what is bound. */
export interface ProductWindow {
  /** Where op(A)'s first row goes: a row of C, a multiple of 8. */
  readonly cRow: number;
  /** Where op(B)'s first column goes: a column of C, a multiple of 8. */
  readonly cCol: number;
  /** tn: C's row 0 is this row of AᵀB. */
  readonly above: number;
}

const WHOLE: ProductWindow = { cRow: 0, cCol: 0, above: 0 };

function shapeOf(form: Form, a: Shape, b: Shape): [number, number] {
  const [m, ka] = form === 'tn' ? [a.cols, a.rows] : [a.rows, a.cols];
  const [n, kb] = form === 'nt' ? [b.rows, b.cols] : [b.cols, b.rows];
  if (ka !== kb) throw new Error(`bug: ${form} of ${a.rows} × ${a.cols} and ${b.rows} × ${b.cols}`);
  return [m, n];
}

function requireShape(c: Shape, m: number, n: number): void {
  if (c.rows !== m || c.cols !== n) throw new Error(`bug: a ${m} × ${n} product into ${c.rows} × ${c.cols}`);
}

interface Shape {
  readonly rows: number;
  readonly cols: number;
}

function launch(form: Form, a: Tensor, b: Tensor, c: Tensor, window: ProductWindow, options: MatmulOptions): void {
  const [m, n] = shapeOf(form, a, b);
  const { cRow, cCol, above } = window;
  // Rows of AᵀB are counted from its first one, so that `lowerOnly` sees where the diagonal is.
  const rows = Math.min(m - above, c.rows);
  launchProduct(form, a, b, c, {
    ...{ rows, cols: n, inner: form === 'tn' ? a.rows : a.cols, firstRow: above },
    ...{ aOffset: 0, bOffset: 0, cOffset: ((cRow - above) * c.stride + cCol) / 4 },
    ...{ lowerOnly: options.lowerOnly ?? false, alpha: options.alpha ?? 1, beta: options.beta ?? 0 },
  });
}

/** One product of parts of matrices. Offsets in vec4; they may be negative where firstRow makes up for it. */
export interface Product {
  readonly rows: number;
  readonly cols: number;
  readonly inner: number;
  /** The row, a multiple of 8, that is counted as the first one of A (tn: column) and C; lowerOnly compares it with columns. */
  readonly firstRow: number;
  readonly aOffset: number;
  readonly bOffset: number;
  readonly cOffset: number;
  readonly lowerOnly: boolean;
  readonly alpha: number;
  readonly beta: number;
}

export function launchProduct(form: Form, a: Tensor, b: Tensor, c: Tensor, product: Product): void {
  const { rows, cols, inner, lowerOnly } = product;
  const rowTiles = padded(rows) / 8;
  const colTiles = padded(cols) / 8;
  const start = product.firstRow / 8;
  const workPerTileRow = 2 * 8 * padded(cols) * padded(inner) * (lowerOnly ? 0.5 : 1);
  const panel = Math.max(1, Math.min(rowTiles, Math.floor(a.gpu.workBudget / workPerTileRow)));
  for (let first = 0; first < rowTiles; first += panel) {
    const tiles = Math.min(panel, rowTiles - first);
    a.gpu.launch(KERNELS[form], {
      buffers: [a.buffer, b.buffer, c.buffer],
      params: {
        inner: form === 'tn' ? padded(inner) : padded(inner) / 4,
        row_tiles: tiles,
        col_tiles: colTiles,
        first_row_tile: start + first,
        a_stride: a.stride / 4,
        b_stride: b.stride / 4,
        c_stride: c.stride / 4,
        a_offset: product.aOffset,
        b_offset: product.bOffset,
        c_offset: product.cOffset,
        lower_only: lowerOnly ? 1 : 0,
        alpha: product.alpha,
        beta: product.beta,
      },
      grid: [Math.ceil(colTiles / 8), Math.ceil(tiles / 8)],
      work: workPerTileRow * tiles,
    });
  }
}
