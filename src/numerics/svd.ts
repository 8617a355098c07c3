/**
 * Singular value decomposition in float64 by one-sided Jacobi rotations (Hestenes 1958; Golub and Van Loan, section 8.6.3): vectors of the
 * shorter side are rotated in pairs until all are orthogonal. Accurate to the last digits of small singular values, and slow: for
 * matrices whose shorter side has at most 512.
 */
import { matrix, dot, largest, rotate, rowOf, transpose, type Matrix } from './matrix';
import { powerOfTwoNear, requireFinite, rotation } from './eigen';

/** M = Uᵀ·diag(σ)·V with k = min(R, C). */
export interface Svd {
  /** k × R; row i is the left singular vector of σ_i. Zero where σ_i is. */
  readonly u: Matrix;
  /** k, falling. */
  readonly sigma: Float64Array;
  /** k × C; row i is the right singular vector of σ_i. Zero where σ_i is. */
  readonly v: Matrix;
}

/** Longest shorter side: about 12·R·C² FLOP a sweep, eight to ten sweeps. */
export const SVD_LIMIT = 512;
const MOST_SWEEPS = 60;
/** Cosine of two vectors that count as orthogonal. */
const ORTHOGONAL = 2 ** -50;

/** Throws QS-NUM-02 on NaN or infinity. */
export function svd(m: Matrix): Svd {
  const wide = m.rows <= m.cols;
  const n = Math.min(m.rows, m.cols);
  if (n > SVD_LIMIT) throw new Error(`bug: an exact decomposition of ${m.rows} × ${m.cols}, wider than ${SVD_LIMIT}`);
  requireFinite(m);
  // Rows of `long` are vectors of the shorter side; `turned` holds the rotations: turned · (what long was) = long.
  const long = wide ? matrix(m.rows, m.cols, m.data) : transpose(m);
  const scale = powerOfTwoNear(largest(long.data));
  for (let i = 0; i < long.data.length; i++) long.data[i] /= scale;
  const turned = matrix(n, n);
  for (let i = 0; i < n; i++) turned.data[i * n + i] = 1;
  const norms = new Float64Array(n);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    for (let i = 0; i < n; i++) norms[i] = dot(rowOf(long, i), rowOf(long, i));
    if (!sweepOnce(long, turned, norms)) break;
  }
  const sizes = Float64Array.from({ length: n }, (_, i) => Math.sqrt(dot(rowOf(long, i), rowOf(long, i))));
  const order = Array.from(sizes.keys()).sort((i, j) => sizes[j] - sizes[i] || i - j);
  const [short, other] = [matrix(n, n), matrix(n, long.cols)];
  order.forEach((from, to) => {
    if (sizes[from] === 0) return;
    rowOf(short, to).set(rowOf(turned, from));
    rowOf(other, to).set(rowOf(long, from).map((value) => value / sizes[from]));
  });
  const sigma = Float64Array.from(order, (i) => sizes[i] * scale);
  return wide ? { u: short, sigma, v: other } : { u: other, sigma, v: short };
}

/** `norms`: squared, kept up to date; false where all pairs were orthogonal. */
function sweepOnce(long: Matrix, turned: Matrix, norms: Float64Array): boolean {
  const n = long.rows;
  let rotated = false;
  for (let p = 0; p < n - 1; p++) {
    for (let q = p + 1; q < n; q++) {
      const [x, y] = [rowOf(long, p), rowOf(long, q)];
      const between = dot(x, y);
      if (!(Math.abs(between) > ORTHOGONAL * Math.sqrt(norms[p] * norms[q]))) continue;
      rotated = true;
      const { c, s, t } = rotation(norms[p], norms[q], between);
      rotate(x, y, c, s);
      rotate(rowOf(turned, p), rowOf(turned, q), c, s);
      norms[p] = Math.max(0, norms[p] - t * between);
      norms[q] += t * between;
    }
  }
  return rotated;
}
