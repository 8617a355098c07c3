/**
 * An orthonormal basis for the columns of a tall matrix in float64 by Householder reflections (Golub and Van Loan, section 5.2): the
 * thin Q of A = Q·R. It is orthonormal whatever A is: where columns depend on one another, or are zero, Q goes on with directions of its own.
 */
import { addScaled, matrix, dot, rowOf, transpose, type Matrix } from './matrix';
import { requireFinite } from './eigen';

/** R × k, k ≤ R. Throws QS-NUM-02 on NaN or infinity. */
export function orthonormal(a: Matrix): Matrix {
  const { rows, cols } = a;
  if (cols > rows) throw new Error(`bug: ${cols} orthonormal columns of ${rows} rows`);
  requireFinite(a);
  // Columns as rows, so that loops run along them.
  const work = transpose(a);
  const reflections: Float64Array[] = [];
  for (let j = 0; j < cols; j++) {
    const v = reflection(rowOf(work, j).subarray(j));
    reflections.push(v);
    for (let k = j; k < cols; k++) reflect(v, rowOf(work, k).subarray(j));
  }
  const q = matrix(cols, rows);
  for (let j = 0; j < cols; j++) {
    const column = rowOf(q, j);
    column[j] = 1;
    for (let i = j; i >= 0; i--) reflect(reflections[i], column.subarray(i));
  }
  return transpose(q);
}

/** The unit vector v with (I − 2vvᵀ)x = ±‖x‖·e₀; zero, which reflects nothing, for x = 0. */
function reflection(x: Float64Array): Float64Array {
  const v = Float64Array.from(x);
  const most = v.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  if (most === 0) return v;
  for (let i = 0; i < v.length; i++) v[i] /= most;
  // Away from zero, so that nothing cancels.
  v[0] += Math.sign(v[0] || 1) * Math.sqrt(dot(v, v));
  const size = Math.sqrt(dot(v, v));
  for (let i = 0; i < v.length; i++) v[i] /= size;
  return v;
}

function reflect(v: Float64Array, x: Float64Array): void {
  addScaled(x, -2 * dot(v, x), v);
}
