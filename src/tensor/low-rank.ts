/**
 * The best approximation of rank r to a matrix Δ (R × C), plain or in the metric of a layer's inputs:
 *
 *   min over rank r of tr((Δ − P) H (Δ − P)ᵀ)   has   P = U_r·U_rᵀ·Δ,   U_r the leading eigenvectors of Δ·H·Δᵀ,
 *
 * for with S·Sᵀ = H they are the left singular vectors of Δ·S. No inverse and no root of H is needed, so that H may be singular and of any
 * size. (EoRA, arXiv:2410.21271, writes it as SVD_r(Δ·S)·S⁻¹, the same product.) B = U_r (orthonormal columns), A = U_rᵀ·Δ;
 * what is left of the loss is Σ_{i>r} σ_i². With H = I this is the truncated singular value decomposition.
 *
 * The basis comes out of the GPU by subspace iteration (subspace.ts), the small eigenproblem is solved in float64 on the host: one readback
 * where all goes well. Where the basis would have as many columns as Δ has rows, it is the identity and nothing is approximated. The same
 * seed gives the same bits on one adapter.
 */
import { StudioError } from '../base/errors';
import { joined, readTogether } from '../gpu/readback';
import { matrix, multiply, productOfRows, rowOf, transpose, type Matrix } from '../numerics/matrix';
import { symmetricEigen } from '../numerics/eigen';
import { svd, SVD_LIMIT } from '../numerics/svd';
import { add, scaleColumns, scaleRows } from './elementwise';
import { matmul, matmulSquare } from './matmul';
import type { Square } from './panels';
import { Scalars } from './reduce';
import { leadingSubspace } from './subspace';
import { Tensor } from './tensor';

/** How columns are weighted: not at all, each by itself (1 × C, not negative), or by a whole H (C × C, mirrored). */
export type Metric =
  | null
  | { readonly kind: 'diagonal'; readonly weights: Tensor }
  | { readonly kind: 'full'; readonly hessian: Square };

export interface LowRankOptions {
  /** r; more than min(R, C) is taken as that. */
  readonly rank: number;
  /** Columns of the basis beyond r; default 10. */
  readonly oversampling?: number;
  /** Rounds of subspace iteration; default 2. */
  readonly iterations?: number;
  readonly seed?: number;
  /** No random basis: all singular values in float64 on the host, for a shorter side (with a metric: rows) up to 512. */
  readonly exact?: boolean;
  /** 1 × R, not negative: the loss counts row r so often (FWSVD's Fisher information). Floored at 1e-6 of the largest. */
  readonly rowWeights?: Float32Array | null;
}

export interface LowRank {
  readonly rows: number;
  readonly cols: number;
  readonly rank: number;
  /** R × r and r × C: P = B·A. Columns of B are orthonormal unless rows are weighted. Ranks are nested: the first s are the fit of rank s. */
  readonly b: Float32Array<ArrayBuffer>;
  readonly a: Float32Array<ArrayBuffer>;
  /** r, falling: singular values of Δ·H^½. */
  readonly sigma: Float64Array;
  /** tr(Δ·H·Δᵀ), and what of it P leaves: total − Σσ². */
  readonly total: number;
  readonly left: number;
}

const DEFAULTS = { oversampling: 10, iterations: 2, seed: 0, exact: false, rowWeights: null };
/** Of the largest weight of a row: what a smaller one is taken as, since P is divided by its root. */
const ROW_FLOOR = 1e-6;

/** Δ is not changed. Throws QS-NUM-02 where Δ or H hold NaN or infinity, QS-RECIPE-01 where `exact` is asked of too much. */
export async function lowRank(delta: Tensor, metric: Metric, given: LowRankOptions): Promise<LowRank> {
  const options = { ...DEFAULTS, ...given };
  const { rows, cols } = delta;
  if (!Number.isInteger(options.rank) || options.rank < 1) throw new Error(`bug: a fit of rank ${options.rank}`);
  requireMetric(delta, metric);
  const rank = Math.min(options.rank, rows, cols);
  if (options.rowWeights) return withRowWeights(delta, metric, { ...options, rank }, options.rowWeights);

  const total = await energy(delta, metric);
  if (!Number.isFinite(total)) throw notFinite(rows, cols, total);
  if (total <= 0) return nothing(rows, cols, rank);
  if (options.exact) {
    const side = metric === null ? Math.min(rows, cols) : rows;
    if (side > SVD_LIMIT) throw tooLargeForExact(rows, cols, side);
    if (metric === null) return exactly(matrix(rows, cols, await delta.read()), rank);
  }
  const width = Math.min(8 * Math.ceil((rank + options.oversampling) / 8), rows, cols);
  if (width === rows || options.exact) {
    const weighted = inMetric(delta, metric);
    const [all, under] = await readTogether(delta.gpu, delta.readable, weighted.readable);
    weighted.release();
    const t = matrix(rows, cols, all);
    return ritz(null, t, productOfRows(t, matrix(rows, cols, under)), rank, null);
  }
  const { gpu } = delta;
  const operator = {
    forth: (z: Tensor) => matmul('nn', delta, z),
    back: (y: Tensor) => {
      const z = matmul('tn', delta, y);
      return metric === null ? z : weightedRows(z, metric);
    },
  };
  const found = { gpu, rows, cols, width, iterations: options.iterations, seed: options.seed };
  const { y, t, under } = await leadingSubspace(operator, found, (basis) => {
    const across = matmul('tn', basis, delta);
    const weighted = inMetric(across, metric);
    const parts = joined(basis.readable, across.readable, weighted.readable);
    return {
      ranges: parts.ranges,
      decode(bytes) {
        const [ofBasis, ofAcross, ofWeighted] = parts.decode(bytes);
        for (const used of [across, weighted]) used.release();
        return {
          y: matrix(rows, width, ofBasis),
          t: matrix(width, cols, ofAcross),
          under: matrix(width, cols, ofWeighted),
        };
      },
    };
  });
  return ritz(y, t, productOfRows(t, under), rank, total);
}

/** B·A on the GPU. */
export function lowRankProduct(gpu: Tensor['gpu'], { rows, cols, rank, b, a }: LowRank): Tensor {
  const left = Tensor.from(gpu, rows, rank, b, 'left factor');
  const right = Tensor.from(gpu, rank, cols, a, 'right factor');
  const out = matmul('nn', left, right);
  for (const used of [left, right]) used.release();
  return out;
}

/** The fit's first ranks, which are the fit of that rank. */
export function truncated(fit: LowRank, rank: number): LowRank {
  const { rows, cols, total } = fit;
  if (rank > fit.rank) throw new Error(`bug: rank ${rank} out of a fit of rank ${fit.rank}`);
  const b = new Float32Array(rows * rank);
  for (let r = 0; r < rows; r++) b.set(fit.b.subarray(r * fit.rank, r * fit.rank + rank), r * rank);
  const left = errorsByRank(fit)[rank];
  return { rows, cols, rank, b, a: fit.a.slice(0, rank * cols), sigma: fit.sigma.slice(0, rank), total, left };
}

/** What every rank 0 … r leaves of the loss. */
export function errorsByRank({ total, left, sigma, rank }: LowRank): Float64Array {
  const errors = new Float64Array(rank + 1);
  // From the end: the small differences are known better than those of large sums.
  errors[rank] = left;
  for (let i = rank; i > 0; i--) errors[i - 1] = Math.min(total, errors[i] + sigma[i - 1] ** 2);
  return errors;
}

/**
 * The target whose symmetric fit is the asymmetric one: min ‖W·X̃ − (Ŵ + P)·X‖ (what GPTAQ is to GPTQ) is the fit of
 * Δ + W·D·Hd⁻¹, with the drift D = (X̃ − X)·Xᵀ and Hd⁻¹ = UᵀU. Its loss lacks what no P reaches.
 */
export function asymmetricTarget(delta: Tensor, w: Tensor, drift: Square, u: Square): Tensor {
  const moved = matmulSquare('nn', w, drift);
  const half = matmulSquare('nt', moved, u);
  const solved = matmulSquare('nn', half, u);
  const target = add(delta, solved);
  for (const used of [moved, half, solved]) used.release();
  return target;
}

/** Matrices of equal width one upon another: siblings that read the same input share one A. */
export function stacked(parts: readonly Tensor[]): Tensor {
  const [{ gpu, cols, stride }] = parts;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const out = Tensor.empty(gpu, rows, cols, 'siblings');
  let first = 0;
  for (const part of parts) {
    if (part.cols !== cols) throw new Error(`bug: siblings of ${cols} and ${part.cols} columns`);
    gpu.copy(part.buffer, 0, out.buffer, first * stride * 4, part.rows * stride * 4);
    first += part.rows;
  }
  if (out.paddedRows > rows) gpu.clear(out.buffer, rows * stride * 4, (out.paddedRows - rows) * stride * 4);
  return out;
}

/** A sibling's rows of B, with the A that all share. `left` and `total` stay those of all together. */
export function sibling(fit: LowRank, first: number, rows: number): LowRank {
  return { ...fit, rows, b: fit.b.slice(first * fit.rank, (first + rows) * fit.rank) };
}

/**
 * The same product with each rank's two sides of like size: exactly, by powers of two. What stores factors in few bits wants this, for B
 * alone has entries below one, and A all of Δ's size.
 */
export function balanced(fit: LowRank): LowRank {
  const [b, a] = [fit.b.slice(), fit.a.slice()];
  for (let i = 0; i < fit.rank; i++) {
    let [left, right] = [0, 0];
    for (let r = 0; r < fit.rows; r++) left = Math.max(left, Math.abs(b[r * fit.rank + i]));
    for (let c = 0; c < fit.cols; c++) right = Math.max(right, Math.abs(a[i * fit.cols + c]));
    if (left === 0 || right === 0) continue;
    const factor = 2 ** Math.round(Math.log2(right / left) / 2);
    for (let r = 0; r < fit.rows; r++) b[r * fit.rank + i] *= factor;
    for (let c = 0; c < fit.cols; c++) a[i * fit.cols + c] /= factor;
  }
  return { ...fit, b, a };
}

/** Rayleigh and Ritz: of a basis Y (null: the identity) with T = Yᵀ·Δ and G = T·H·Tᵀ. `total` null: G is all there is. */
function ritz(y: Matrix | null, t: Matrix, g: Matrix, rank: number, total: number | null): LowRank {
  const { values, vectors } = symmetricEigen(g);
  const leading = matrix(rank, vectors.cols, vectors.data.subarray(0, rank * vectors.cols));
  const bt = y === null ? leading : productOfRows(leading, y);
  const sigma = Float64Array.from(values.subarray(0, rank), (value) => Math.sqrt(Math.max(0, value)));
  const kept = sigma.reduceRight((sum, value) => sum + value ** 2, 0);
  const tail = values.subarray(rank).reduceRight((sum, value) => sum + Math.max(0, value), 0);
  const whole = total ?? kept + tail;
  return {
    ...{ rows: bt.cols, cols: t.cols, rank },
    b: Float32Array.from(transpose(bt).data),
    a: Float32Array.from(multiply(leading, t).data),
    ...{ sigma, total: whole, left: total === null ? tail : Math.max(0, whole - kept) },
  };
}

function exactly(m: Matrix, rank: number): LowRank {
  const { u, sigma, v } = svd(m);
  const squares = sigma.map((value) => value ** 2);
  const sum = (part: Float64Array) => part.reduceRight((all, value) => all + value, 0);
  const leading = (vectors: Matrix) => matrix(rank, vectors.cols, vectors.data.subarray(0, rank * vectors.cols));
  const a = leading(v);
  for (let i = 0; i < rank; i++) rowOf(a, i).forEach((value, c, row) => (row[c] = sigma[i] * value));
  return {
    ...{ rows: m.rows, cols: m.cols, rank },
    b: Float32Array.from(transpose(leading(u)).data),
    a: Float32Array.from(a.data),
    ...{ sigma: sigma.slice(0, rank), total: sum(squares), left: sum(squares.subarray(rank)) },
  };
}

async function withRowWeights(
  delta: Tensor,
  metric: Metric,
  options: LowRankOptions,
  weights: Float32Array,
): Promise<LowRank> {
  const { gpu, rows } = delta;
  if (weights.length !== rows) throw new Error(`bug: ${weights.length} weights for ${rows} rows`);
  const least = ROW_FLOOR * weights.reduce((most, weight) => Math.max(most, weight), 0);
  const roots = weights.map((weight) => Math.sqrt(Math.max(weight, least)));
  const [scaled, scale] = [delta.clone(), Tensor.from(gpu, 1, rows, roots, 'row weights')];
  scaleRows(scaled, scale);
  scale.release();
  try {
    const fit = await lowRank(scaled, metric, { ...options, rowWeights: null });
    const b = fit.b.map((value, at) => (value === 0 ? 0 : value / roots[Math.floor(at / fit.rank)]));
    return { ...fit, b };
  } finally {
    scaled.release();
  }
}

/** tr(Δ·H·Δᵀ). */
async function energy(delta: Tensor, metric: Metric): Promise<number> {
  const scalars = new Scalars(delta.gpu);
  if (metric === null) scalars.sumOfSquares(delta);
  else {
    const weighted = inMetric(delta, metric);
    scalars.innerProduct(weighted, delta);
    weighted.release();
  }
  const [total] = await scalars.read();
  return total;
}

/** T·H for any T with Δ's columns, as a new tensor. */
function inMetric(t: Tensor, metric: Metric): Tensor {
  if (metric?.kind === 'full') return matmulSquare('nn', t, metric.hessian);
  const weighted = t.clone();
  if (metric !== null) scaleColumns(weighted, metric.weights);
  return weighted;
}

/** H·Z in place of Z. */
function weightedRows(z: Tensor, metric: NonNullable<Metric>): Tensor {
  if (metric.kind === 'diagonal') {
    scaleRows(z, metric.weights);
    return z;
  }
  const weighted = matmulSquare('nn', metric.hessian, z);
  z.release();
  return weighted;
}

function requireMetric({ rows, cols }: Tensor, metric: Metric): void {
  if (metric === null) return;
  const { rows: height, cols: width } = metric.kind === 'full' ? metric.hessian : metric.weights;
  if (width === cols && height === (metric.kind === 'full' ? cols : 1)) return;
  throw new Error(`bug: a ${metric.kind} metric of ${height} × ${width} for a matrix of ${rows} × ${cols}`);
}

/** The fit of what is zero in its metric. */
function nothing(rows: number, cols: number, rank: number): LowRank {
  const [b, a] = [new Float32Array(rows * rank), new Float32Array(rank * cols)];
  return { rows, cols, rank, b, a, sigma: new Float64Array(rank), total: 0, left: 0 };
}

function notFinite(rows: number, cols: number, total: number): StudioError {
  return new StudioError(
    'QS-NUM-02',
    `The loss of a ${rows} × ${cols} matrix that is to be approximated is ${total}: a value of it or of its Hessian is NaN or infinite, or they overflowed.`,
    { rows, cols },
  );
}

function tooLargeForExact(rows: number, cols: number, side: number): StudioError {
  return new StudioError(
    'QS-RECIPE-01',
    `An exact decomposition of a ${rows} × ${cols} matrix works on ${side} vectors, and at most ${SVD_LIMIT} are taken: leave exact out.`,
    { rows, cols, limit: SVD_LIMIT },
  );
}
