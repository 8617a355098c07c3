/**
 * Rows by index and in reverse, with gradients (tensor/rows.ts).
 *   y[r, :] = x[ids[r], :]:  ∂L/∂x[t, :] = Σ g[r, :] over the rows r with ids[r] = t, in their order: by the inverse list where ids are
 *   distinct, by sorted segments where not.
 */
import * as kernels from '../tensor/rows';
import type { RowIndex } from '../tensor/rows';
import type { Tape, Variable } from './tape';

/** Rows of x by index; with x a table and the index token ids or classes, an embedding. */
export function gatherRows(tape: Tape, x: Variable, index: RowIndex): Variable {
  return tape.record(index.take(x.value), [x], (g) => [index.giveBack(g)]);
}

/** The rows of each window of `length` in reverse, its own inverse: Vim's second direction. */
export function reverseRows(tape: Tape, x: Variable, length: number): Variable {
  return tape.record(kernels.reverseRows(x.value, length), [x], (g) => [kernels.reverseRows(g, length)]);
}
