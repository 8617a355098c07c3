/**
 * The column loop that GPTQ, GPTAQ, GPTQ+R, GPTAQ+R and Shift share (arXiv:2210.17323, 2504.02692, 2604.07955): blocks of columns are
 * quantized, each followed by one update of all later columns. A method is its two coefficients and its choice of Z.
 *
 * `released` follows the published code: group scales are fitted to weights as they stood at the start of the block, and the
 * update beyond a block may use the quantized or clamped weight, so results depend on the block size.
 * `exact` follows the derivation: blocks also end at group starts, so that every scale sees current weights, and Z is the weight itself.
 */
import { joined, type Readable } from '../gpu/readback';
import { groupCount, type AffineTensor } from '../quantizer/affine';
import { emptyGrid, fitGroups, fitUnits, groupsOf, RELEASED_FLOOR, type GridSpec } from '../tensor/affine-grid';
import {
  arrangeWeights,
  clearDead,
  propagate,
  quantizeColumns,
  type ColumnLoop,
  type Outer,
} from '../tensor/compensation';
import type { Factor } from '../tensor/factor';
import { Indices } from '../tensor/indices';
import { matmulSquare } from '../tensor/matmul';
import { rowsOf } from '../tensor/panels';
import { Tensor } from '../tensor/tensor';
import { joinNotes } from './codebook-notes';
import { finish, finishRows, type WorkingResult } from './finish';
import { deadNote, floorNote, healthOf, type Health } from './health';
import type { Layer } from './layer';
import type { QuantizedLayer } from './quantized-layer';
import type { ScalarOptions } from './parameters';
import type { WorkingFactor } from './working-factor';

export interface Update {
  /** Share of the input deviation (the P term); 0 leaves P out. */
  readonly alpha: number;
  /** Share of the compensation-aware error w0 − w; 0 leaves it out. */
  readonly alpha2: number;
  /** Z of the released variant; the exact one always takes the current weight. */
  readonly releasedOuter: Outer;
  /** Share of the least-squares shift W D Hd⁻¹ that is added to W before anything else. */
  readonly shift?: number;
}

/**
 * Runs the loop. Throws QS-NUM-01 when no damping makes the Hessian positive definite, QS-NUM-02 when a weight is no number by the time
 * it is rounded or the inputs say too little.
 */
export async function compensate(
  layer: Layer,
  options: ScalarOptions,
  update: Update,
): Promise<QuantizedLayer<AffineTensor>> {
  const { statistics, weight } = layer;
  if (!statistics) throw new Error('bug: compensation needs the statistics of the layer’s inputs');
  const working = statistics.working(options.damping, options.actOrder);
  await working.ready();
  const beside = weight instanceof Tensor ? layer.beside : undefined;
  const factors: Factor[] = [];
  const { tensor, q, status } = await finishRows(weight, async (tile) => {
    for (;;) {
      const { work, health } = walk(tile, working, statistics.diagonal, options, update);
      const done = await finish(work, joined(working.status, health), beside);
      const [pivots, seen] = done.status;
      const factor = working.accept(pivots);
      if (factor) {
        factors.push(factor);
        return { ...done, status: seen };
      }
      done.q.release();
      await working.recover(pivots, layer.announce);
    }
  });
  const [factor] = factors;
  const retries = factor.attempts.length - 1;
  const floored = floorOf(options) > 0 ? floorNote(tensor.scales, tensor.bits, tensor.symmetric) : null;
  const note = joinNotes(noteOn(factor, options.damping), deadNote(status), floored);
  return { tensor, q, damping: factor.damping, retries, note };
}

/** The published code's least range, for the variant that follows it. */
function floorOf({ variant }: ScalarOptions): number {
  return variant === 'released' ? RELEASED_FLOOR : 0;
}

/** Launches the whole loop; nothing is waited for. */
function walk(
  weight: Tensor,
  working: WorkingFactor,
  diagonal: Tensor,
  options: ScalarOptions,
  update: Update,
): { readonly work: WorkingResult; readonly health: Readable<Health> } {
  const { gpu } = weight;
  const { order, position } = working.places;
  const weights = arrangeWeights(weight, order);
  if (update.shift) applyShift(weights, working, update.shift);

  const size = options.groupSize ?? weight.cols;
  const spec: GridSpec = {
    bits: options.bits,
    symmetric: options.symmetric,
    clip: options.clip,
    groups: groupCount(weight.cols, options.groupSize),
    size,
    floor: floorOf(options),
    // Of the weights as they are given, as a scale a row is.
    units: options.progressive ? fitUnits(weights, { bits: options.bits, floor: floorOf(options) }) : undefined,
  };
  const fixedGrid = options.groupSize === null || options.staticGroups;
  const natural = Indices.natural(gpu, weight.cols);
  // Fixed groups are runs of original columns; dynamic ones are runs of the working order.
  const place = fixedGrid ? position : natural;
  const grid = emptyGrid(gpu, weight.rows, spec.groups);
  // A scale a row is fitted before dead columns are zeroed, group scales after: as the reference does.
  if (options.groupSize === null) fitGroups(weights, place, grid, spec);
  clearDead(weights, order, diagonal);
  if (options.groupSize !== null && fixedGrid) fitGroups(weights, place, grid, spec);

  const groupOf = groupsOf(fixedGrid ? order : natural, size);
  const deviation = update.alpha === 0 ? null : working.deviation;
  const loop: Omit<ColumnLoop, 'u' | 'p'> = {
    weights,
    original: update.alpha2 === 0 ? null : weights.clone('original weights'),
    codes: Tensor.zeros(gpu, weight.cols, weight.rows, 'codes'),
    grid,
    groupOf,
    history: Tensor.zeros(gpu, 2 * Math.min(options.blockSize, weight.cols), weight.rows, 'history'),
    bits: options.bits,
    alpha: update.alpha,
    alpha2: update.alpha2,
    outer: options.variant === 'exact' ? 'current' : update.releasedOuter,
  };
  const split = fixedGrid || options.variant === 'released' ? null : size;
  for (const { first, count } of blocks(weight.cols, options.blockSize, split)) {
    if (!fixedGrid) {
      const firstGroup = Math.ceil(first / size);
      const pastGroup = Math.ceil((first + count) / size);
      if (pastGroup > firstGroup) fitGroups(weights, place, grid, spec, firstGroup, pastGroup - firstGroup);
    }
    const u = rowsOf(working.u, first, count);
    const p = deviation && rowsOf(deviation, first, count);
    quantizeColumns({ ...loop, u, p }, first, count);
    propagate({ ...loop, u, p }, first, count);
    u.release();
    p?.release();
  }
  const originalGroup = groupsOf(fixedGrid ? natural : position, size);
  const health = healthOf(weights, diagonal);
  for (const used of [weights, loop.original, loop.history, groupOf, natural]) used?.release();
  const { bits, symmetric } = options;
  const { units } = spec;
  return { work: { codes: loop.codes, grid, position, groupOf: originalGroup, units, bits, symmetric }, health };
}

/** W* = W + α · W D Hd⁻¹ on the working copy (cols × rows): adds α · Uᵀ U Dᵀ Wᵀ (shift.ts). */
function applyShift(weights: Tensor, { drift, u }: WorkingFactor, share: number): void {
  const product = matmulSquare('tn', drift, weights);
  const half = matmulSquare('nn', u, product);
  matmulSquare('tn', u, half, { alpha: share, beta: 1, into: weights });
  product.release();
  half.release();
}

/** Column blocks: multiples of `blockSize`, also cut at multiples of `split`. */
export function* blocks(
  cols: number,
  blockSize: number,
  split: number | null,
): Generator<{ first: number; count: number }> {
  for (let first = 0; first < cols;) {
    let end = Math.min(cols, (Math.floor(first / blockSize) + 1) * blockSize);
    if (split !== null) end = Math.min(end, (Math.floor(first / split) + 1) * split);
    yield { first, count: end - first };
    first = end;
  }
}

/** What is said about a factorization that needed more than it was asked for; null otherwise. */
export function noteOn(factor: Factor, asked: number): string | null {
  if (factor.device === 'gpu' && factor.damping === asked) return null;
  const percent = (share: number) => `${Number((share * 100).toPrecision(3))} %`;
  const where = factor.device === 'gpu' ? '' : ' in float64 on the CPU';
  return factor.damping === asked
    ? `The Hessian was factored${where}: in f32 it was not positive definite at ${percent(asked)} damping.`
    : `The Hessian was not positive definite at ${percent(asked)} damping; it was factored${where} at ${percent(factor.damping)}.`;
}
