/** The fast Hadamard transform of rows with gradients (tensor/hadamard.ts): y = H·x·scale goes back as Hᵀ·g·scale. */
import type { HadamardUse } from '../numerics/fwht';
import type { Hadamard } from '../tensor/hadamard';
import type { Tape, Variable } from './tape';

/** `h` stays the caller's, and must outlive the tape's way back. */
export function hadamard(tape: Tape, x: Variable, h: Hadamard, use: HadamardUse = {}): Variable {
  const back = { ...use, transposed: !(use.transposed ?? false) };
  return tape.record(h.rows(x.value, use), [x], (g) => [h.rows(g, back)]);
}
