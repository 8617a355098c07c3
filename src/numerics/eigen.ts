/**
 * Eigenvalues and eigenvectors of a symmetric matrix in float64 by cyclic Jacobi rotations (Golub and Van Loan, Matrix Computations,
 * section 8.5). Slower than tridiagonalisation, and accurate: of a positive semidefinite matrix small eigenvalues keep relative digits.
 * 48 rows take about 15 ms, 168 about 0.6 s.
 */
import { StudioError } from '../base/errors';
import { matrix, largest, rotate, rowOf, type Matrix } from './matrix';

export interface Eigen {
  /** n, falling. */
  readonly values: Float64Array;
  /** n × n; row i is the unit eigenvector of values[i]. */
  readonly vectors: Matrix;
}

/** Jacobi converges quadratically: ten sweeps are many. */
const MOST_SWEEPS = 60;

/** Both triangles are read as (A + Aᵀ) / 2. Throws QS-NUM-02 on NaN or infinity. */
export function symmetricEigen(given: Matrix): Eigen {
  const n = given.rows;
  if (n !== given.cols) throw new Error(`bug: eigenvalues of ${given.rows} × ${given.cols}`);
  requireFinite(given);
  const a = matrix(n, n);
  // Brought near one, so that no square leaves float64's range.
  const scale = powerOfTwoNear(largest(given.data));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) a.data[i * n + j] = (given.data[i * n + j] / scale + given.data[j * n + i] / scale) / 2;
  }
  const vectors = matrix(n, n);
  for (let i = 0; i < n; i++) vectors.data[i * n + i] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS && sweepOnce(a, vectors); sweep++);
  const diagonal = Float64Array.from({ length: n }, (_, i) => a.data[i * n + i] * scale);
  return sorted(diagonal, vectors);
}

/** One rotation for each pair that is not yet orthogonal; false where there was none. */
function sweepOnce(a: Matrix, vectors: Matrix): boolean {
  const n = a.rows;
  let rotated = false;
  for (let p = 0; p < n - 1; p++) {
    for (let q = p + 1; q < n; q++) {
      const [app, aqq, apq] = [a.data[p * n + p], a.data[q * n + q], a.data[p * n + q]];
      // Against both of its diagonal entries, and no norm: so small eigenvalues keep their digits.
      if (Math.abs(apq) <= 2 ** -53 * Math.sqrt(Math.abs(app * aqq))) continue;
      rotated = true;
      const { c, s, t } = rotation(app, aqq, apq);
      rotate(rowOf(a, p), rowOf(a, q), c, s);
      // Columns too: the matrix stays symmetric, so they are copies of the rows but for the four entries in the middle.
      for (let k = 0; k < n; k++) {
        a.data[k * n + p] = a.data[p * n + k];
        a.data[k * n + q] = a.data[q * n + k];
      }
      a.data[p * n + p] = app - t * apq;
      a.data[q * n + q] = aqq + t * apq;
      a.data[p * n + q] = 0;
      a.data[q * n + p] = 0;
      rotate(rowOf(vectors, p), rowOf(vectors, q), c, s);
    }
  }
  return rotated;
}

/** The smaller rotation that makes [[app, apq], [apq, aqq]] diagonal; t = s / c. */
export function rotation(app: number, aqq: number, apq: number): { c: number; s: number; t: number } {
  const theta = (aqq - app) / (2 * apq);
  const t = theta === 0 ? 1 : Math.sign(theta) / (Math.abs(theta) + Math.sqrt(1 + theta * theta));
  const c = 1 / Math.sqrt(1 + t * t);
  return { c, s: t * c, t };
}

/** Rows of `vectors` by falling value. */
function sorted(values: Float64Array, vectors: Matrix): Eigen {
  const order = Array.from(values.keys()).sort((i, j) => values[j] - values[i] || i - j);
  const out = matrix(vectors.rows, vectors.cols);
  order.forEach((from, to) => rowOf(out, to).set(rowOf(vectors, from)));
  return { values: Float64Array.from(order, (i) => values[i]), vectors: out };
}

/** A power of two between half of the size and the size; 1 for zero. */
export function powerOfTwoNear(size: number): number {
  return size > 0 ? 2 ** Math.max(-1000, Math.floor(Math.log2(size))) : 1;
}

/** Throws QS-NUM-02 where a value is NaN or infinite. */
export function requireFinite(matrix: Matrix): void {
  const at = matrix.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const [row, column] = [Math.floor(at / matrix.cols), at % matrix.cols];
  throw new StudioError(
    'QS-NUM-02',
    `A ${matrix.rows} × ${matrix.cols} matrix that is to be decomposed holds ${matrix.data[at]} in row ${row}, column ${column}: the weights or the layer's inputs overflowed.`,
    { row, column },
  );
}
