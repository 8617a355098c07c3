/** Activations with gradients (tensor/activation.ts): elementwise f, ∂L/∂x = g · f′(x); and SwiGLU's silu(gate) · up. */
import * as kernels from '../tensor/activation';
import type { Activation } from '../tensor/activation';
import type { Tape, Variable } from './tape';

/** f(x) by the name of f. */
export function activate(tape: Tape, kind: Activation, x: Variable): Variable {
  return tape.record(kernels.activate(kind, x.value), [x], (g) => [kernels.activationGradient(kind, x.value, g)]);
}

/** By tanh, as GPT-2 and DiT have it, or by erf, the exact one. */
export function gelu(tape: Tape, kind: 'gelu_tanh' | 'gelu_erf', x: Variable): Variable {
  return activate(tape, kind, x);
}

/** max(x, 0); its gradient at 0 is 0. */
export function relu(tape: Tape, x: Variable): Variable {
  return activate(tape, 'relu', x);
}

/** x · σ(x). */
export function silu(tape: Tape, x: Variable): Variable {
  return activate(tape, 'silu', x);
}

/** log(1 + exp(x)). */
export function softplus(tape: Tape, x: Variable): Variable {
  return activate(tape, 'softplus', x);
}

/** eˣ; overflows beyond 88. */
export function exp(tape: Tape, x: Variable): Variable {
  return activate(tape, 'exp', x);
}

/** silu(gate) · up. */
export function siluGate(tape: Tape, gate: Variable, up: Variable): Variable {
  return tape.record(kernels.siluGate(gate.value, up.value), [gate, up], (g) =>
    kernels.siluGateGradient(gate.value, up.value, g),
  );
}
