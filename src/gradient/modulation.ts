/**
 * DiT's adaptive norms, one row of shift, scale and gate a window, and the mean over a window, with gradients (tensor/spread.ts).
 * x: windows · length × cols; shift, scale, gate: windows × cols; row r belongs to window w = ⌊r / length⌋.
 *   y = x ⊙ (1 + scale[w]) + shift[w]:  ∂L/∂x = g ⊙ (1 + scale[w]),  ∂L/∂shift[w] = Σ g,  ∂L/∂scale[w] = Σ g ⊙ x over the window
 *   y = x + shift[w]:                    ∂L/∂x = g,                     ∂L/∂shift[w] = Σ g
 *   y = gate[w] ⊙ x:                    ∂L/∂x = g ⊙ gate[w],         ∂L/∂gate[w] = Σ g ⊙ x
 *   y[w] = mean of x over the window:   ∂L/∂x = g[w] / length
 * Peebles and Xie 2022, arXiv 2212.09748 (adaLN-Zero).
 */
import * as kernels from '../tensor/spread';
import type { Tape, Variable } from './tape';

/** x ⊙ (1 + scale) + shift, window by window. */
export function modulate(tape: Tape, x: Variable, shift: Variable, scale: Variable, length: number): Variable {
  const windows = kernels.byWindow(x.value.rows, length);
  return tape.record(kernels.modulate(x.value, shift.value, scale.value, length), [x, shift, scale], (g) => [
    x.needsGrad ? kernels.spreadMagnify(g, scale.value, windows) : null,
    shift.needsGrad ? kernels.foldRows(g, null, windows) : null,
    scale.needsGrad ? kernels.foldRows(g, x.value, windows) : null,
  ]);
}

/** x + shift, window by window. */
export function shiftRows(tape: Tape, x: Variable, shift: Variable, length: number): Variable {
  const windows = kernels.byWindow(x.value.rows, length);
  return tape.record(kernels.spreadAdd(x.value, shift.value, windows), [x, shift], (g) => [
    x.needsGrad ? g.clone('gradient') : null,
    shift.needsGrad ? kernels.foldRows(g, null, windows) : null,
  ]);
}

/** gate ⊙ x, window by window. With one window it scales columns (LayerScale). */
export function gateRows(tape: Tape, x: Variable, gate: Variable, length: number): Variable {
  const windows = kernels.byWindow(x.value.rows, length);
  return tape.record(kernels.spreadMultiply(x.value, gate.value, windows), [x, gate], (g) => [
    x.needsGrad ? kernels.spreadMultiply(g, gate.value, windows) : null,
    gate.needsGrad ? kernels.foldRows(g, x.value, windows) : null,
  ]);
}

/** The mean row of each window: windows × cols. */
export function meanRows(tape: Tape, x: Variable, length: number): Variable {
  const { rows } = x.value;
  const windows = kernels.byWindow(rows, length);
  const alpha = 1 / length;
  return tape.record(kernels.foldRows(x.value, null, windows, { alpha }), [x], (g) => [
    kernels.spreadRows(rows, g, windows, alpha),
  ]);
}
