/**
 * What a view changes of a tensor: a list of edits, applied in float64 in their order and cast to f32 once at the end. A tensor is looked at
 * as a matrix whose vectors lie along one of its axes: its first, as columns of (first × the rest), or its last, as rows of
 * (the others × last). An edit sends all vectors of an axis through a map, or gives all values anew.
 */
import { matrix, transpose } from '../../numerics/matrix';
import type { VectorMap } from './maps';

export type Axis = 'first' | 'last';

export type Edit =
  | { readonly kind: 'map'; readonly axis: Axis; readonly map: VectorMap }
  /** All values: gains that have gone into other tensors. */
  | { readonly kind: 'fill'; readonly value: number }
  /** Of a vector. */
  | { readonly kind: 'add'; readonly values: Float64Array };

export type Shape = readonly number[];

/** Whether each vector along the last axis can be had without the others. */
export function isByRows(edits: readonly Edit[]): boolean {
  return edits.every((edit) => edit.kind !== 'map' || edit.axis === 'last');
}

/**
 * The values after all edits. `values` are of whole vectors along the last axis; of the whole tensor where an edit is along the first.
 */
export function edited(values: Float64Array, shape: Shape, edits: readonly Edit[]): Float64Array {
  return edits.reduce((before, edit) => applied(before, shape, edit), values);
}

function applied(values: Float64Array, shape: Shape, edit: Edit): Float64Array {
  if (edit.kind === 'fill') return new Float64Array(values.length).fill(edit.value);
  if (edit.kind === 'add') {
    if (edit.values.length !== values.length) {
      throw new Error(`bug: ${edit.values.length} values are added to ${values.length}`);
    }
    return values.map((value, i) => value + edit.values[i]);
  }
  const { axis, map } = edit;
  const size = shape[axis === 'last' ? shape.length - 1 : 0];
  if (map.size !== size) throw new Error(`bug: a map of ${map.size} along an axis of ${size}`);
  if (axis === 'last') return map.apply(values, values.length / size);
  const rest = values.length / size;
  const turned = transpose(matrix(size, rest, values));
  return transpose(matrix(rest, size, map.apply(turned.data, rest))).data;
}
