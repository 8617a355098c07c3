/**
 * Float64 twin of the compensation loop, written straight from the right-looking form of the GPTQ, GPTAQ and ResComp releases with P and
 * R as full matrices, so that it checks the kernels' collapsed left-looking form and the identity behind it.
 *
 * Shapes: W rows × cols; H, D cols × cols; result Q rows × cols. Per-row or dynamic-group grids, no act-order.
 */
import { fitGrid, roundToGrid, type Grid } from '../quantizer/affine-reference';
import { invertedFactor } from '../tensor/reference/linalg';
import { matmul, matrix, type Matrix } from '../tensor/reference/matrix';
import type { Outer } from '../tensor/compensation';
import type { ScalarOptions } from './parameters';

export interface ReferenceUpdate {
  readonly alpha: number;
  readonly alpha2: number;
  readonly outer: Outer;
}

export function compensateReference(
  w0: Matrix,
  hessian: Matrix,
  drift: Matrix | null,
  options: ScalarOptions,
  update: ReferenceUpdate,
): Matrix {
  const { rows, cols } = w0;
  const h = matrix(cols, cols, hessian.data);
  const original = matrix(rows, cols, w0.data);
  const perRow = Array.from({ length: rows }, (_, r) => fitGrid(w0.data.subarray(r * cols, (r + 1) * cols), options));
  for (let c = 0; c < cols; c++) {
    if (h.data[c * cols + c] !== 0) continue;
    h.data[c * cols + c] = 1;
    for (let r = 0; r < rows; r++) original.data[r * cols + c] = 0;
  }
  const { factor: u, failedPivot } = invertedFactor(h, options.damping);
  if (!u) throw new Error(`the Hessian is not positive definite at pivot ${failedPivot}`);
  const d = drift ?? matrix(cols, cols);
  const xh = matrix(
    cols,
    cols,
    hessian.data.map((value, i) => value + d.data[i]),
  );
  const p = scaled(spread(d, u), update.alpha);
  const r = scaled(spread(xh, u), update.alpha2);

  const w = matrix(rows, cols, original.data);
  const q = matrix(rows, cols);
  const size = options.groupSize ?? cols;
  const groups = Math.ceil(cols / size);
  const grids: Grid[][] = perRow.map((grid) => Array.from({ length: groups }, () => grid));
  for (let first = 0; first < cols; first += options.blockSize) {
    const end = Math.min(cols, first + options.blockSize);
    for (let row = 0; row < rows; row++) {
      const at = row * cols;
      const stale = w.data.slice(at, at + cols);
      const current = w.data.slice(at, at + cols);
      const error: number[] = [];
      for (let c = first; c < end; c++) {
        const group = Math.floor(c / size);
        if (options.groupSize !== null && c % size === 0) {
          grids[row][group] = fitGrid(stale.subarray(c, Math.min(c + size, cols)), options);
        }
        const value = current[c];
        const level = roundToGrid(value, grids[row][group], options.bits);
        q.data[at + c] = level.value;
        const e = (value - level.value) / u.data[c * cols + c];
        error.push(e);
        for (let j = c + 1; j < end; j++) {
          current[j] -=
            e * u.data[c * cols + j] -
            value * p.data[c * cols + j] -
            (original.data[at + c] - value) * r.data[c * cols + j];
        }
      }
      const last = grids[row][Math.floor((end - 1) / size)];
      for (let c = first; c < end; c++) {
        const z = outerWeight(update.outer, current[c], q.data[at + c], last, options.bits);
        for (let j = end; j < cols; j++) {
          current[j] -=
            error[c - first] * u.data[c * cols + j] -
            z * p.data[c * cols + j] -
            (original.data[at + c] - z) * r.data[c * cols + j];
        }
      }
      w.data.set(current, at);
    }
  }
  return q;
}

function outerWeight(outer: Outer, w: number, q: number, grid: Grid, bits: number): number {
  if (outer === 'current') return w;
  if (outer === 'quantized') return q;
  return Math.min(Math.max(w, grid.scale * (0 - grid.zero)), grid.scale * (2 ** bits - 1 - grid.zero));
}

/** triu₁(A Uᵀ) U. */
function spread(a: Matrix, u: Matrix): Matrix {
  const product = matmul('nt', a, u);
  for (let i = 0; i < product.rows; i++) {
    for (let j = 0; j <= i; j++) product.data[i * product.cols + j] = 0;
  }
  return matmul('nn', product, u);
}

function scaled(a: Matrix, factor: number): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value) => factor * value),
  );
}
