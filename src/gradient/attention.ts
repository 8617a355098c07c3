/**
 * Softmax attention with gradients (src/tensor/attend.ts): causal or full, grouped queries, windows of `length` tokens.
 * `attention` takes token matrices; `attendHeads` what splitHeads gives, for models that rotate, or whose q, k and v are one product.
 */
import { attend, attendBack } from '../tensor/attend';
import { type AttendOptions } from '../tensor/attend-inputs';
import type { Geometry } from '../tensor/heads';
import { mergeHeads, splitHeads } from './heads';
import type { Tape, Variable } from './tape';

/** q: tokens × (heads · dim), k and v: tokens × (keyHeads · dim); the result is like q. */
export function attention(
  tape: Tape,
  q: Variable,
  k: Variable,
  v: Variable,
  geometry: Geometry,
  options: AttendOptions,
): Variable {
  const { heads, keyHeads } = options;
  const dim = q.value.cols / heads;
  const split = (x: Variable, count: number) => splitHeads(tape, x, geometry, { first: 0, heads: count, dim });
  const y = attendHeads(tape, split(q, heads), split(k, keyHeads), split(v, keyHeads), geometry, options);
  return mergeHeads(tape, y, geometry, heads);
}

/** q: (windows · heads · blockRows) × dim, k and v the same with keyHeads; the result is like q. */
export function attendHeads(
  tape: Tape,
  q: Variable,
  k: Variable,
  v: Variable,
  geometry: Geometry,
  options: AttendOptions,
): Variable {
  const inputs = { q: q.value, k: k.value, v: v.value };
  const { y, weights } = attend(inputs, geometry, options, tape.needs(q, k, v));
  if (weights) tape.keep(weights);
  return tape.record(y, [q, k, v], (g) => {
    const made = attendBack(inputs, weights, g, geometry, options);
    return [made.q, made.k, made.v];
  });
}
