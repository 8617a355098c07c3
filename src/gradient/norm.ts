/**
 * RMSNorm and LayerNorm with gradients to x, weight and bias (tensor/norm.ts). x: rows × cols; weight and bias: 1 × cols, or null for
 * a norm without (DiT's). With n the normed x, s = 1/√(variance + eps) and d = g ⊙ weight:
 *   ∂L/∂x = s · (d − mean(d) − n · mean(d ⊙ n)) by rows, without mean(d) for RMSNorm;  ∂L/∂weight = Σ_r g ⊙ n;  ∂L/∂bias = Σ_r g.
 * Nothing is kept for the way back: means and scales are worked out again from x.
 */
import { columnSums } from '../tensor/column-sums';
import * as kernels from '../tensor/norm';
import type { RowOptions } from '../tensor/row-lanes';
import type { Tape, Variable } from './tape';

/** x / √(mean(x²) + eps) · weight. */
export function rmsNorm(
  tape: Tape,
  x: Variable,
  weight: Variable | null,
  eps: number,
  options: RowOptions = {},
): Variable {
  const w = weight?.value ?? null;
  return tape.record(kernels.rmsNorm(x.value, w, eps, options), present(x, weight), (g) => {
    const weightToo = weight?.needsGrad ?? false;
    const gradient = kernels.normGradient(x.value, w, g, { centred: false, eps, weightToo }, options);
    return weight ? [gradient.x, gradient.weight] : [gradient.x];
  });
}

/** (x − mean) / √(variance + eps) · weight + bias. */
export function layerNorm(
  tape: Tape,
  x: Variable,
  weight: Variable | null,
  bias: Variable | null,
  eps: number,
  options: RowOptions = {},
): Variable {
  const w = weight?.value ?? null;
  const y = kernels.layerNorm(x.value, w, bias?.value ?? null, eps, options);
  return tape.record(y, present(x, weight, bias), (g) => {
    const weightToo = weight?.needsGrad ?? false;
    const gradient = kernels.normGradient(x.value, w, g, { centred: true, eps, weightToo }, options);
    return [gradient.x, ...(weight ? [gradient.weight] : []), ...(bias ? [bias.needsGrad ? columnSums(g) : null] : [])];
  });
}

function present(...inputs: readonly (Variable | null)[]): Variable[] {
  return inputs.filter((input) => input !== null);
}
