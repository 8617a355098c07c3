/**
 * AWQ's search of clips (Lin et al. 2024, arXiv:2306.00978): of κ = 1, 1 − 1/n, … each group of each row takes the first of those by which its
 * own part of the outputs loses least when it is rounded,
 *
 *   Σ_t (Σ_{j in G} x_tj·(w_j − Q(clamp(w_j, ±κ·max|w_G|))))² = δ·H_GG·δᵀ,
 *
 * as the release has it, which takes no account of how groups go together. The clipped weight is what the row's method then quantizes.
 */
import { StudioError } from '../../base/errors';
import type { Options } from '../../method/parameters';
import { multiply, subtract } from '../../tensor/elementwise';
import { matmul, matmulSquare } from '../../tensor/matmul';
import type { Square } from '../../tensor/panels';
import { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import type { SplitStep, UnsolvedLayer } from '../step';

export const clipSearch: SplitStep = {
  async split({ linear, weight: whole, statistics, rounded, grid }, options) {
    if (!statistics) throw new Error('bug: clips are searched by the statistics of the layer’s inputs');
    const weight = untiled(whole);
    const levels = levelsOf(options);
    const among = options.queries !== true && ['q', 'k', 'qkv'].includes(linear.role);
    if (among || levels.length === 1) return { rest: weight.clone('rest'), parts: [] };
    const { gpu, rows, cols } = weight;
    const size = typeof grid.groupSize === 'number' ? Math.min(grid.groupSize, cols) : cols;
    const values = Float32Array.from(await weight.read());
    const peaks = peaksOf(values, cols, size);
    const errors = await errorsBy(levels, { weight, values, peaks, size, hessian: statistics.hessian, rounded });
    const best = peaks.map((_, at) => {
      return levels[errors.reduce((least, of, i) => (of[at] < errors[least][at] ? i : least), 0)];
    });
    const clipped = clamped(
      values,
      peaks.map((peak, at) => peak * best[at]),
      cols,
      size,
    );
    return { rest: Tensor.from(gpu, rows, cols, clipped, 'rest'), parts: [] };
  },
};

/** 1 first. */
export function levelsOf({ steps, shrink }: Options): number[] {
  const count = Math.max(1, Math.ceil(Number(steps) * Number(shrink) - 1e-9));
  return Array.from({ length: count }, (_, i) => 1 - i / Number(steps));
}

/** The largest magnitude of each group: rows × groups. */
function peaksOf(values: Float32Array, cols: number, size: number): Float64Array {
  const groups = Math.ceil(cols / size);
  const peaks = new Float64Array((values.length / cols) * groups);
  values.forEach((value, i) => {
    const at = placeOf(i, cols, size);
    peaks[at] = Math.max(peaks[at], Math.abs(value));
  });
  return peaks;
}

/** The group of the weight number i, row by row. */
function placeOf(i: number, cols: number, size: number): number {
  return Math.floor(i / cols) * Math.ceil(cols / size) + Math.floor((i % cols) / size);
}

function clamped(values: Float32Array, limits: Float64Array, cols: number, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (value, i) => {
    const limit = limits[placeOf(i, cols, size)];
    return Math.max(-limit, Math.min(limit, value));
  });
}

interface Searched {
  readonly weight: Tensor;
  readonly values: Float32Array;
  readonly peaks: Float64Array;
  readonly size: number;
  readonly hessian: Square;
  readonly rounded: UnsolvedLayer['rounded'];
}

/** δ·H_GG·δᵀ by level, rows × groups each. */
async function errorsBy(
  levels: readonly number[],
  { weight, values, peaks, size, hessian, rounded }: Searched,
): Promise<Float32Array[]> {
  const { gpu, rows, cols } = weight;
  const groups = Math.ceil(cols / size);
  // Columns × groups: which inputs a group has.
  const members = new Float32Array(cols * groups);
  for (let c = 0; c < cols; c++) members[c * groups + Math.floor(c / size)] = 1;
  const indicator = Tensor.from(gpu, cols, groups, members, 'groups');
  const errors: Float32Array[] = [];
  let within: Square = hessian;
  try {
    within = withinGroups(hessian, indicator);
    for (const level of levels) {
      const limits = peaks.map((peak) => peak * level);
      const given = Tensor.from(gpu, rows, cols, clamped(values, limits, cols, size), 'clipped weight');
      const q = await rounded(given);
      const delta = subtract(q, weight);
      for (const used of [given, q]) used.release();
      const sums = sumsByGroup(delta, within, indicator);
      delta.release();
      errors.push(Float32Array.from(await sums.read()));
      sums.release();
    }
    return errors;
  } finally {
    indicator.release();
    if (within !== hessian) within.release();
  }
}

/** H within groups, zero between them; H itself where there is one group. */
function withinGroups(hessian: Square, indicator: Tensor): Square {
  if (indicator.cols === 1) return hessian;
  if (!(hessian instanceof Tensor)) {
    throw new StudioError(
      'QS-NUM-02',
      `the Hessian of its ${hessian.rows} inputs is in several buffers, and a search by groups wants it in one.`,
    );
  }
  const mask = matmul('nt', indicator, indicator);
  const within = multiply(hessian, mask);
  mask.release();
  return within;
}

/** rows × groups. */
function sumsByGroup(delta: Tensor, within: Square, indicator: Tensor): Tensor {
  const turned = matmulSquare('nn', delta, within);
  const products = multiply(turned, delta);
  const sums = matmul('nn', products, indicator);
  for (const used of [turned, products]) used.release();
  return sums;
}
