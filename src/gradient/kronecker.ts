/**
 * x ↦ x·(A ⊗ B) on rows, with gradients into x, A and B (tensor/kronecker.ts). With a row of x read as X and one of g as G:
 *   Y = Aᵀ·X·B:  ∂L/∂X = A·G·Bᵀ,  ∂L/∂A = Σ X·B·Gᵀ,  ∂L/∂B = Σ Xᵀ·A·G, the sums over rows.
 * The learned transforms of Sun et al. 2025, arXiv 2410.09426 (FlatQuant), section 3.
 */
import { kroneckerBack, kroneckerRows } from '../tensor/kronecker';
import type { Tape, Variable } from './tape';

export function kronecker(tape: Tape, x: Variable, a: Variable, b: Variable): Variable {
  const { y, middle } = kroneckerRows(x.value, a.value, b.value);
  const keeps = tape.needs(a);
  if (keeps) tape.keep(middle);
  else middle.release();
  return tape.record(y, [x, a, b], (g) => {
    const wanted = { x: x.needsGrad, a: a.needsGrad, b: b.needsGrad };
    const made = kroneckerBack(x.value, a.value, b.value, middle, g, wanted);
    return [made.x, made.a, made.b];
  });
}
