/**
 * y = x·Wᵀ + b with gradients (matmul.ts, bias.ts). x: tokens × inputs; W: outputs × inputs; b: 1 × outputs; y: tokens × outputs.
 * With g = ∂L/∂y:  ∂L/∂x = g·W,  ∂L/∂W = gᵀ·x,  ∂L/∂b = column sums of g.
 * W is any variable, so a weight decoded from a codebook, a mixture or split signs takes part like a dense one.
 */
import { columnSums } from '../tensor/column-sums';
import { addBias } from '../tensor/bias';
import { project, Table } from '../tensor/embedding';
import { matmul } from '../tensor/matmul';
import type { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import type { Tape, Variable } from './tape';

export function linear(tape: Tape, x: Variable, w: Variable, b: Variable | null): Variable {
  const y = matmul('nt', x.value, w.value, { label: 'linear' });
  if (b) addBias(y, b.value);
  return tape.record(y, b ? [x, w, b] : [x, w], (g) => [
    x.needsGrad ? matmul('nn', g, w.value, { label: 'gradient of inputs' }) : null,
    w.needsGrad ? matmul('tn', g, x.value, { label: 'gradient of a weight' }) : null,
    ...(b ? [b.needsGrad ? columnSums(g) : null] : []),
  ]);
}

/** The same of a weight that may be in tiles, and stays the caller's; nothing goes back through it. */
export function fixedLinear(tape: Tape, x: Variable, w: Weight, b: Tensor | null): Variable {
  if (!(w instanceof Table)) return linear(tape, x, tape.constant(w), b && tape.constant(b));
  if (tape.needs(x)) throw new Error('bug: no gradient goes through a weight in tiles');
  const y = project(x.value, w);
  if (b) addBias(y, b);
  return tape.record(y, [], () => []);
}
