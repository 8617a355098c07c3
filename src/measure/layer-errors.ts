/**
 * The named errors of one layer, kept apart (src/run/events.ts, LayerErrors). A probe asks for sums while chunks pass; all probes of
 * a stage are read back at once.
 *
 *   weight   ‖Q − W‖² / ‖W‖²
 *   hessian  tr(ΔHΔᵀ) / tr(WHWᵀ), Δ = Q − W; with H = XᵀX, up to a factor that cancels, also ‖XΔᵀ‖² / ‖XWᵀ‖²
 *   output   ‖X_q Qᵀ − X_fp Wᵀ‖² / ‖X_fp Wᵀ‖², without the bias, over calibration or held-out tokens
 */
import { subtract } from '../tensor/elementwise';
import { matmul } from '../tensor/matmul';
import type { Square } from '../tensor/panels';
import { quadratic } from '../tensor/quadratic';
import type { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import { tilesOfWeight, type Weight } from '../tensor/weight';

/** A numerator and a denominator as places in a Scalars readback; chunks add places. */
export interface Share {
  readonly errors: number[];
  readonly sizes: number[];
}

export interface LayerProbe {
  readonly weight: Share;
  readonly hessian: Share | null;
  readonly output: Share;
  readonly heldOutOutput: Share;
}

/** Calls `body` with each chunk of X, tokens × cols: the inputs that H is made of. */
export type EachInput = (body: (x: Tensor) => void) => void;

/** Columns below which H is quickly multiplied with, however few the tokens. */
const WIDE_COLUMNS = 1024;

/** Whether the inputs themselves take less work than the Hessian that is made of them: 2TRC a product, not 2RC². */
export function weighedByInputs(tokens: number, cols: number): boolean {
  return cols >= WIDE_COLUMNS && tokens < cols;
}

/**
 * Starts a probe with all but the output errors. W, Q: rows × cols, in the same tiles if in any; `second`: H, cols × cols, or the inputs
 * (weighedByInputs).
 */
export function probeLayer(scalars: Scalars, w: Weight, q: Weight, second: Square | EachInput | null): LayerProbe {
  const [exact, quantized] = [tilesOfWeight(w), tilesOfWeight(q)];
  const each = (share: (w: Tensor, q: Tensor) => Share): Share => {
    const shares = exact.map((tile, t) => share(tile, quantized[t]));
    return { errors: shares.flatMap(({ errors }) => errors), sizes: shares.flatMap(({ sizes }) => sizes) };
  };
  return {
    weight: each((a, b) => ({ errors: [scalars.sumOfSquaredDifferences(b, a)], sizes: [scalars.sumOfSquares(a)] })),
    hessian: second && each((a, b) => weighted(scalars, a, b, second)),
    output: { errors: [], sizes: [] },
    heldOutOutput: { errors: [], sizes: [] },
  };
}

/** A layer's errors out of a readback (src/run/events.ts, LayerErrors). */
export function errorsOf({ weight, hessian, output, heldOutOutput }: LayerProbe, sums: readonly number[]) {
  return {
    weight: shareOf(weight, sums),
    hessian: hessian && shareOf(hessian, sums),
    output: shareOf(output, sums),
    heldOutOutput: shareOf(heldOutOutput, sums),
  };
}

/**
 * Says which errors there are not although they were asked for, and why; null where all are there. `errors`: of errorsOf.
 */
export function unavailableNote(errors: ReturnType<typeof errorsOf>, probe: LayerProbe): string | null {
  const asked = (share: Share | null) => share !== null && share.errors.length > 0;
  if (errors.weight === null) return 'All weights are zero in full precision: there is no weight error to speak of.';
  const missing = [
    ...(errors.output === null && asked(probe.output) ? ['calibration'] : []),
    ...(errors.heldOutOutput === null && asked(probe.heldOutOutput) ? ['held-out'] : []),
  ];
  if (missing.length === 0) return null;
  return `In full precision its output is zero for every ${missing.join(' and ')} token: there is no output error to speak of.`;
}

/** The value of a share, or null when nothing was asked for, or it would be 0 / 0. */
export function shareOf(share: Share, sums: readonly number[]): number | null {
  if (share.errors.length === 0) return null;
  const total = (places: readonly number[]) => places.reduce((sum, place) => sum + sums[place], 0);
  return ratio(total(share.errors), total(share.sizes));
}

/** No share of nothing is known where nothing differs; a share of what is not finite is not a number. */
export function ratio(error: number, size: number): number | null {
  if (!Number.isFinite(error) || !Number.isFinite(size)) return NaN;
  return size > 0 ? error / size : error > 0 ? Infinity : null;
}

function weighted(scalars: Scalars, w: Tensor, q: Tensor, second: Square | EachInput): Share {
  const delta = subtract(q, w);
  const places = (a: Tensor) =>
    typeof second === 'function' ? outputs(scalars, a, second) : [quadratic(scalars, a, second)];
  const share = { errors: places(delta), sizes: places(w) };
  delta.release();
  return share;
}

/** ‖X Aᵀ‖², a place a chunk. */
function outputs(scalars: Scalars, a: Tensor, each: EachInput): number[] {
  const places: number[] = [];
  each((x) => {
    const product = matmul('nt', x, a);
    places.push(scalars.sumOfSquares(product));
    product.release();
  });
  return places;
}
