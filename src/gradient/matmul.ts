/**
 * Products of two matrices that may both be trained, and transposition (tensor/matmul.ts, permute.ts): weights times rotations, factors of
 * a rotation. With g = ∂L/∂C:
 *   nn  C = A·B:   g·Bᵀ and Aᵀ·g        nt  C = A·Bᵀ:  g·B and gᵀ·A        tn  C = Aᵀ·B:  B·gᵀ and A·g
 */
import * as kernels from '../tensor/matmul';
import { transpose as transposed } from '../tensor/permute';
import type { Tensor } from '../tensor/tensor';
import type { Tape, Variable } from './tape';

type Way = (a: Tensor, b: Tensor, g: Tensor) => Tensor;

const BACK: Readonly<Record<kernels.Form, { readonly a: Way; readonly b: Way }>> = {
  nn: { a: (_, b, g) => kernels.matmul('nt', g, b), b: (a, _, g) => kernels.matmul('tn', a, g) },
  nt: { a: (_, b, g) => kernels.matmul('nn', g, b), b: (a, _, g) => kernels.matmul('tn', g, a) },
  tn: { a: (_, b, g) => kernels.matmul('nt', b, g), b: (a, _, g) => kernels.matmul('nn', a, g) },
};

/** op(A)·op(B): nn A·B, nt A·Bᵀ, tn Aᵀ·B. */
export function matmul(tape: Tape, form: kernels.Form, a: Variable, b: Variable): Variable {
  return tape.record(kernels.matmul(form, a.value, b.value), [a, b], (g) => [
    a.needsGrad ? BACK[form].a(a.value, b.value, g) : null,
    b.needsGrad ? BACK[form].b(a.value, b.value, g) : null,
  ]);
}

/** xᵀ. */
export function transpose(tape: Tape, x: Variable): Variable {
  return tape.record(transposed(x.value), [x], (g) => [transposed(g)]);
}
