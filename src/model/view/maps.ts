/**
 * Linear maps of row vectors, v ↦ v·M, in float64: what a change of a network's basis does to the vectors along one axis of its tensors.
 */
import { hadamardRows } from '../../numerics/fwht';
import { orderOf, type HadamardFactors } from '../../numerics/hadamard';
import { matrix, matmul, multiply, type Matrix } from '../../numerics/matrix';

export interface VectorMap {
  /** Length of the vectors. */
  readonly size: number;
  /** count vectors side by side, count × size; gives new ones. */
  apply(vectors: Float64Array, count: number): Float64Array;
}

/** v ⊙ s. */
export function scaling(scales: ArrayLike<number>): VectorMap {
  const size = scales.length;
  return { size, apply: (vectors) => vectors.map((value, i) => value * scales[i % size]) };
}

/** v · Q, of a matrix that is there as a whole. */
export function dense(q: Matrix): VectorMap {
  return { size: q.rows, apply: (vectors, count) => multiply(matrix(count, q.rows, vectors), q).data };
}

/** v · (A ⊗ B), of square factors: Aᵀ·V·B with v read as V, orders of A × B. */
export function kroneckerMap(a: Matrix, b: Matrix): VectorMap {
  const size = a.rows * b.rows;
  return {
    size,
    apply(vectors, count) {
      const right = multiply(matrix(count * a.rows, b.rows, vectors), b).data;
      const out = new Float64Array(vectors.length);
      for (let v = 0; v < count; v++) {
        const part = matrix(a.rows, b.rows, right.subarray(v * size, (v + 1) * size));
        out.set(matmul('tn', a, part).data, v * size);
      }
      return out;
    },
  };
}

/** v · diag(signs) · Hᵀ / √n, by the fast transform: a randomized Hadamard rotation where the signs are random. */
export function signedHadamard(signs: ArrayLike<number>, factors: HadamardFactors): VectorMap {
  const size = orderOf(factors);
  if (signs.length !== size) throw new Error(`bug: ${signs.length} signs for a Hadamard transform of order ${size}`);
  const flip = scaling(signs);
  return {
    size,
    apply: (vectors, count) => hadamardRows(matrix(count, size, flip.apply(vectors, count)), factors).data,
  };
}

/** v · Hᵀ / √n, by the fast transform. */
export function hadamardMap(factors: HadamardFactors): VectorMap {
  return signedHadamard(new Int8Array(orderOf(factors)).fill(1), factors);
}

/** The same map on `count` stretches of a longer vector, one behind the other from `first` on; the rest stays. */
export function onStretches(map: VectorMap, size: number, first: number, count: number): VectorMap {
  const length = map.size * count;
  if (first + length > size) throw new Error(`bug: ${count} stretches of ${map.size} from ${first} on among ${size}`);
  return {
    size,
    apply(vectors, rows) {
      const out = vectors.slice();
      const inside = new Float64Array(rows * length);
      for (let r = 0; r < rows; r++) {
        inside.set(vectors.subarray(r * size + first, r * size + first + length), r * length);
      }
      const mapped = map.apply(inside, rows * count);
      for (let r = 0; r < rows; r++) out.set(mapped.subarray(r * length, (r + 1) * length), r * size + first);
      return out;
    },
  };
}
