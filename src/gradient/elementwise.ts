/**
 * Sums and products of matrices of one shape, multiples, and rows added again and again, with gradients (tensor/elementwise.ts,
 * spread.ts). With g = ∂L/∂y:
 *   y = a + b:  g and g          y = a − b:  g and −g          y = a ⊙ b:  g ⊙ b and g ⊙ a          y = s·x:  s·g
 *   y[r, :] = x[r, :] + v[r mod period, :]:  g, and the sum of g over the rows that took the same row of v.
 */
import * as kernels from '../tensor/elementwise';
import { cyclic, foldRows, spreadAdd } from '../tensor/spread';
import type { Tape, Variable } from './tape';

/** a + b. */
export function add(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(kernels.add(a.value, b.value), [a, b], (g) => [
    a.needsGrad ? g.clone('gradient') : null,
    b.needsGrad ? g.clone('gradient') : null,
  ]);
}

/** a − b. */
export function subtract(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(kernels.subtract(a.value, b.value), [a, b], (g) => [
    a.needsGrad ? g.clone('gradient') : null,
    b.needsGrad ? kernels.scale(-1, g) : null,
  ]);
}

/** a ⊙ b (Hadamard). */
export function multiply(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(kernels.multiply(a.value, b.value), [a, b], (g) => [
    a.needsGrad ? kernels.multiply(g, b.value) : null,
    b.needsGrad ? kernels.multiply(g, a.value) : null,
  ]);
}

/** factor · x, for a number. */
export function scale(tape: Tape, x: Variable, factor: number): Variable {
  return tape.record(kernels.scale(factor, x.value), [x], (g) => [kernels.scale(factor, g)]);
}

/** −x. */
export function negative(tape: Tape, x: Variable): Variable {
  return scale(tape, x, -1);
}

/** x[r, :] + v[r mod period, :]: a bias (period 1), positions (a window's length). v may have more rows than the period. */
export function addRows(tape: Tape, x: Variable, v: Variable, period: number): Variable {
  const spread = cyclic(period);
  return tape.record(spreadAdd(x.value, v.value, spread), [x, v], (g) => [
    x.needsGrad ? g.clone('gradient') : null,
    v.needsGrad ? foldRows(g, null, spread, { rows: v.value.rows }) : null,
  ]);
}
