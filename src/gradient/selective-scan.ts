/**
 * The selective scan with gradients (src/tensor/selective-scan.ts), within windows of `length` tokens. Δ comes after its softplus
 * and A negative: what they are made of is the caller's.
 */
import { selectiveScan as scan, selectiveScanBack, type ScanInputs, type ScanOptions } from '../tensor/selective-scan';
import type { Tape, Variable } from './tape';

export function selectiveScan(tape: Tape, inputs: ScanInputs<Variable>, options: ScanOptions): Variable {
  const { u, delta, a, b, c, skip } = inputs;
  const variables = [u, delta, a, b, c, skip];
  const values = { u: u.value, delta: delta.value, a: a.value, b: b.value, c: c.value, skip: skip.value };
  return tape.record(scan(values, options), variables, (g) => {
    const made = selectiveScanBack(values, g, options);
    return [made.u, made.delta, made.a, made.b, made.c, made.skip];
  });
}
