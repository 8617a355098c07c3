/**
 * The named errors of one layer, kept apart (src/run/events.ts, LayerErrors). A probe asks for sums while chunks pass; all probes of
 * a stage are read back at once.
 *
 *   weight   ‖Q − W‖² / ‖W‖²
 *   hessian  tr(ΔHΔᵀ) / tr(WHWᵀ), Δ = Q − W
 *   output   ‖X_q Qᵀ − X_fp Wᵀ‖² / ‖X_fp Wᵀ‖², without the bias, over calibration or held-out tokens
 */
import { subtract } from '../tensor/elementwise';
import { matmul } from '../tensor/matmul';
import type { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';

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

/** Starts a probe with the errors that need no activations. W, Q: rows × cols; H: cols × cols. */
export function probeLayer(scalars: Scalars, w: Tensor, q: Tensor, hessian: Tensor | null): LayerProbe {
  return {
    weight: { errors: [scalars.sumOfSquaredDifferences(q, w)], sizes: [scalars.sumOfSquares(w)] },
    hessian: hessian && weighted(scalars, w, q, hessian),
    output: { errors: [], sizes: [] },
    heldOutOutput: { errors: [], sizes: [] },
  };
}

/** The value of a share, or null when nothing was asked for. */
export function shareOf(share: Share, sums: readonly number[]): number | null {
  if (share.errors.length === 0) return null;
  const total = (places: readonly number[]) => places.reduce((sum, place) => sum + sums[place], 0);
  return ratio(total(share.errors), total(share.sizes));
}

/** A share of nothing is no error when nothing differs; a share of what is not finite is not a number. */
export function ratio(error: number, size: number): number {
  if (!Number.isFinite(error) || !Number.isFinite(size)) return NaN;
  return size > 0 ? error / size : error > 0 ? Infinity : 0;
}

function weighted(scalars: Scalars, w: Tensor, q: Tensor, h: Tensor): Share {
  const delta = subtract(q, w);
  const share = { errors: [quadratic(scalars, delta, h)], sizes: [quadratic(scalars, w, h)] };
  delta.release();
  return share;
}

/** tr(A H Aᵀ). */
function quadratic(scalars: Scalars, a: Tensor, h: Tensor): number {
  const product = matmul('nn', a, h);
  const place = scalars.innerProduct(product, a);
  product.release();
  return place;
}
