/**
 * A part of a tape that is gone through twice: forward without keeping what is between, and once more, on a tape of its own, when the
 * gradient comes back to it. Memory is then that of one segment, for a third more work (Chen et al. 2016, arXiv:1604.06174).
 *
 * Gradients are those of the plain tape to the bit: what a segment adds to an input's gradient is added where the plain tape would have
 * added it, behind what is there already. `body` must give the same on every call: what is random in it is drawn before.
 */
import type { Tensor } from '../tensor/tensor';
import { Parameter, Tape, Variable } from './tape';

/** Values of `body(inputs)`. Everything that a gradient is to flow to must be among the inputs. */
export function segment(
  tape: Tape,
  inputs: readonly Variable[],
  body: (tape: Tape, inputs: readonly Variable[]) => readonly Variable[],
): Variable[] {
  const { gpu } = tape;
  // Recording, so that operations that compute otherwise where they may be asked to go back give the same bits in both passes.
  const once = new Tape(gpu);
  const leavesOf = (own: Tape) =>
    inputs.map(({ value, needsGrad }) => (needsGrad && tape.recording ? new Parameter(value) : own.constant(value)));
  const taken = new Set<Tensor>();
  // An input that is given on, and a value that is given twice, are copied.
  const take = (variable: Variable) => {
    const { value } = variable;
    if (taken.has(value) || inputs.some((input) => input.value === value)) return value.clone('passed on');
    taken.add(value);
    return once.take(variable);
  };
  const values = body(once, leavesOf(once)).map(take);
  once.release();
  return tape.recordAll(values, inputs, (grads) => {
    const again = new Tape(gpu);
    const leaves = leavesOf(again);
    leaves.forEach((leaf, i) => {
      if (leaf.needsGrad) leaf.grad = inputs[i].grad?.clone('gradient so far') ?? null;
    });
    const outputs = body(again, leaves);
    again.backwardAll(
      outputs.flatMap((output, i) => {
        const grad = grads[i];
        return grad && output.needsGrad ? [[output, grad] as const] : [];
      }),
    );
    again.release();
    return leaves.map((leaf, i) => {
      const { grad } = leaf;
      const before = inputs[i].grad;
      if (!grad || !leaf.needsGrad) return null;
      if (!before) return grad;
      gpu.copy(grad.buffer, 0, before.buffer, 0, grad.bytes);
      grad.release();
      return null;
    });
  });
}
