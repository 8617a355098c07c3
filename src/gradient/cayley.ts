/**
 * A rotation out of any square parameter, with its gradient (tensor/cayley.ts): Q = (I − A)(I + A)⁻¹, A = ½(P − Pᵀ). P = 0 gives I, so a
 * learned rotation that starts at Q₀ is Q₀·Q (matmul.ts). Only P's skew part counts, and only that gets a gradient.
 *   With M = (I + A)⁻¹, Q = 2M − I and dM = −M·dA·M:  ∂L/∂A = −2·X, X = Mᵀ·G·Mᵀ, and ∂L/∂P = ½(∂L/∂A − its transpose) = Xᵀ − X.
 */
import { cayleyBack, cayleyMap } from '../tensor/cayley';
import type { Tape, Variable } from './tape';

export function cayley(tape: Tape, p: Variable): Variable {
  const { q, inverse } = cayleyMap(p.value);
  if (tape.needs(p)) tape.keep(inverse);
  else inverse.release();
  return tape.record(q, [p], (g) => [cayleyBack(inverse, g)]);
}
