/**
 * Weights on learned grids, on the tape (tensor/learned-grid.ts): roundings that are learned beside fixed scales (AdaRound, AutoRound), scales
 * and zeros that are learned with the weights (LSQ, Block-AP), clips of ranges (OmniQuant), and scales under codes that stay
 * (EfficientQAT's second phase: `form: 'codes'`, the codes given as the weight). Straight through roundings, as a clamp at the grid's ends:
 *   ∂w = g [inside],   ∂s = Σ g (inside ? c − z − w / s : c − z),   ∂z = Σ g (inside ? 0 : −s),   ∂V = g s h′(V) [inside] or g s [inside].
 */
import * as kernels from '../tensor/learned-grid';
import type { ClipSpec, RoundingSpec } from '../tensor/learned-grid';
import type { Tensor } from '../tensor/tensor';
import type { Tape, Variable } from './tape';

export interface GridWeights {
  /** rows × cols. Gets a gradient in the form nearest alone. */
  readonly weight: Variable;
  /** rows × (2·groups): scales, then zeros as real numbers. */
  readonly grid: Variable;
  /** V, rows × cols; null in the forms nearest and codes. */
  readonly latent: Variable | null;
}

/** ŵ. The form hard has no gradient but the grid's. */
export function roundedWeights(tape: Tape, { weight, grid, latent }: GridWeights, spec: RoundingSpec): Variable {
  const of = { weight: weight.value, grid: grid.value, latent: latent?.value ?? null };
  const learned = spec.form === 'nearest' ? weight : spec.form === 'soft' || spec.form === 'added' ? latent : null;
  const inputs = learned ? [learned, grid] : [grid];
  return tape.record(kernels.roundedWeights(of, spec), inputs, (g) => {
    const wanted = { values: learned?.needsGrad === true, grid: grid.needsGrad };
    const back = kernels.roundedBack(of, spec, g, wanted);
    return learned ? [back.values, back.grid] : [back.grid];
  });
}

/** The grid of ranges that are clipped by learned factors; `reach` is not trained. All rows × (2·groups). */
export function clippedGrid(tape: Tape, reach: Tensor, factors: Variable, spec: ClipSpec): Variable {
  return tape.record(kernels.clippedGrid(reach, factors.value, spec), [factors], (g) => [
    kernels.clippedGridBack(reach, factors.value, g, spec),
  ]);
}

/** weight · Σ (1 − |2 h(V) − 1|^β), 1 × 1: what draws soft roundings to 0 or 1 (AdaRound, equation 24). */
export function undecided(tape: Tape, latent: Variable, beta: number, weight: number): Variable {
  return tape.record(kernels.undecided(latent.value, beta, weight), [latent], (g) => [
    kernels.undecidedBack(latent.value, g, beta, weight),
  ]);
}
