/**
 * The layout of attention with gradients (src/tensor/heads.ts, rope.ts): tokens × columns ↔ (windows · heads · blockRows) × dim, and
 * the rotary embedding. Splitting and merging are each other's transposes; a rotation goes back by the negative angle.
 */
import { mergeHeads as merge, splitHeads as split, type Geometry, type HeadRange } from '../tensor/heads';
import { rotate as turn } from '../tensor/rope';
import type { Tensor } from '../tensor/tensor';
import type { Tape, Variable } from './tape';

/** `heads` heads of `dim` columns from column `first` of a token matrix: so q, k and v may come from one product. */
export function splitHeads(tape: Tape, x: Variable, geometry: Geometry, range: HeadRange): Variable {
  const columns = { first: range.first, cols: x.value.cols };
  return tape.record(split(x.value, geometry, range), [x], (g) => [merge(g, geometry, range.heads, columns)]);
}

/** Back to tokens × (heads · dim). */
export function mergeHeads(tape: Tape, x: Variable, geometry: Geometry, heads: number): Variable {
  const range = { first: 0, heads, dim: x.value.cols };
  return tape.record(merge(x.value, geometry, heads), [x], (g) => [split(g, geometry, range)]);
}

/** Rotates heads by their positions; `table` (ropeTable) stays the caller's, and nothing flows into it. */
export function rotate(tape: Tape, x: Variable, table: Tensor, geometry: Geometry): Variable {
  return tape.record(turn(x.value, table, geometry), [x], (g) => [turn(g, table, geometry, -1)]);
}
