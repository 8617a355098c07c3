/**
 * Orthogonal matrices in float64: random ones by seed, randomized Hadamards, ones that keep the mean of a row, and the Cayley map. A row
 * vector x becomes x·Q. The same seed gives the same matrix.
 *
 * Randomized Hadamard   Q = diag(±1)·Ĥ, Ĥ = H/√n (Ashkboos et al. 2024, arXiv 2404.00456, section 4).
 * Mean-keeping          Q·1 = 1 and 1ᵀ·Q = 1ᵀ, so that the mean of x·Q is that of x, its centred part is rotated in itself, and
 *                       LayerNorm(x·Q) = LayerNorm(x)·Q for a norm without gain and bias. With S = diag(first column of H), the first column
 *                       of S·H is ones, and Q = S·Ĥ·diag(1, ±1, …)·Ĥᵀ·S; its own inverse. Without a Hadamard matrix:
 *                       Q = P·diag(1, R)·P, P the Householder reflection that takes e₁ to 1/√n, R random orthogonal of order n − 1.
 * Cayley                Q = (I − A)(I + A)⁻¹ for a skew A: a rotation, without the eigenvalue −1.
 */
import { Random } from '../base/random';
import { hadamardRows } from './fwht';
import { hadamardFactors, hadamardMatrix, orderOf, type HadamardFactors } from './hadamard';
import { blockDiagonal, identity, matrix, transpose, type Matrix } from './matrix';
import { solve } from './solve';

/** n signs ±1 by seed. */
export function randomSigns(n: number, seed: number): Int8Array<ArrayBuffer> {
  const random = new Random(seed);
  return Int8Array.from({ length: n }, () => (random.uint32() >>> 31 ? -1 : 1));
}

/** The Haar measure on the orthogonal group: Q of a Gaussian matrix, with R's diagonal positive (Mezzadri 2007, math-ph/0609050). */
export function randomOrthogonal(n: number, seed: number): Matrix {
  const random = new Random(seed);
  const gaussian = matrix(n, n);
  for (let i = 0; i < gaussian.data.length; i++) gaussian.data[i] = random.normal();
  const q = orthonormalized(gaussian);
  if (!q) throw new Error(`bug: a singular Gaussian matrix of order ${n} with seed ${seed}`);
  return q;
}

/**
 * Q of A = Q·R with R's diagonal positive, for a square A (Householder reflections): the retraction that brings a matrix which has drifted
 * back onto the orthogonal ones. Null where A is singular or not finite.
 */
export function orthonormalized(a: Matrix): Matrix | null {
  const n = a.rows;
  if (a.cols !== n) throw new Error(`bug: a retraction of ${a.rows} × ${a.cols}`);
  const r = matrix(n, n, a.data);
  const reflections: Float64Array[] = [];
  const signs = new Int8Array(n);
  for (let k = 0; k < n; k++) {
    const v = Float64Array.from({ length: n - k }, (_, i) => r.data[(k + i) * n + k]);
    const norm = lengthOf(v);
    if (!(norm > 0) || norm === Infinity) return null;
    // The reflection takes the column to −sign·norm·e₁, without cancellation; `signs` is that of R's diagonal.
    const sign = v[0] < 0 ? -1 : 1;
    signs[k] = -sign;
    v[0] += sign * norm;
    normalize(v);
    reflect(r, v, k, k);
    reflections.push(v);
  }
  const q = identity(n);
  for (let k = n - 1; k >= 0; k--) reflect(q, reflections[k], k, k);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) q.data[i * n + j] *= signs[j];
  return q;
}

/** diag(±1)·Ĥ: x·Q flips signs, then mixes. Null where the order has no Hadamard matrix here (hadamard.ts says which are near). */
export function randomizedHadamard(n: number, seed: number): Matrix | null {
  const factors = hadamardFactors(n);
  return factors && signedHadamard(factors, 1, randomSigns(n, seed));
}

/** diag(±1)·(I ⊗ Ĥ) of `blocks` Hadamards down the diagonal (blockFactors names the widest that divide an order). */
export function blockRandomizedHadamard(factors: HadamardFactors, blocks: number, seed: number): Matrix {
  return signedHadamard(factors, blocks, randomSigns(blocks * orderOf(factors), seed));
}

/** `count` random orthogonal matrices of order n down the diagonal. */
export function blockRandomOrthogonal(n: number, count: number, seed: number): Matrix {
  const random = new Random(seed);
  return blockDiagonal(Array.from({ length: count }, () => randomOrthogonal(n, random.uint32())));
}

/** Keeps the mean of every row, by a Hadamard matrix; symmetric. Null where the order has none here. */
export function meanKeepingHadamard(n: number, seed: number): Matrix | null {
  const factors = hadamardFactors(n);
  if (!factors) return null;
  const middle = randomSigns(n, seed);
  middle[0] = 1;
  const first = firstColumn(factors);
  // Rows of diag(first)·H, transformed once more: (S·H·D)·(S·H)ᵀ / n.
  const q = unitRows(n, first);
  const there = hadamardRows(q, factors, { transposed: true, scale: 1 });
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) there.data[i * n + j] *= middle[j];
  const back = hadamardRows(there, factors, { scale: 1 });
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) back.data[i * n + j] *= first[j] / n;
  return back;
}

/** Keeps the mean of every row; any order. */
export function meanKeepingOrthogonal(n: number, seed: number): Matrix {
  if (n === 1) return identity(1);
  const q = blockDiagonal([identity(1), randomOrthogonal(n - 1, seed)]);
  const v = new Float64Array(n).fill(1 / Math.sqrt(n));
  v[0] -= 1;
  normalize(v);
  reflect(q, v, 0, 0);
  const turned = transpose(q);
  reflect(turned, v, 0, 0);
  return transpose(turned);
}

/** ½(P − Pᵀ): the skew part of any square matrix. */
export function skewPart(p: Matrix): Matrix {
  const n = p.rows;
  const a = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) a.data[i * n + j] = (p.data[i * n + j] - p.data[j * n + i]) / 2;
  return a;
}

/** (I − A)(I + A)⁻¹ of a skew A. I + A is never singular: its eigenvalues are 1 + iσ. */
export function cayley(a: Matrix): Matrix {
  const n = a.rows;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      if (a.data[i * n + j] !== -a.data[j * n + i])
        throw new Error(`bug: a Cayley map of a matrix that is not skew at ${i}, ${j}`);
    }
  }
  const [plus, minus] = [identity(n), identity(n)];
  for (let i = 0; i < a.data.length; i++) {
    plus.data[i] += a.data[i];
    minus.data[i] -= a.data[i];
  }
  // The two factors commute.
  const q = solve(plus, minus, 0);
  if (!q) throw new Error('bug: a Cayley map of a matrix that is not finite');
  return q;
}

/** The skew A with Q = cayley(A), for an orthogonal Q without the eigenvalue −1; null where it has that (to float64). */
export function inverseCayley(q: Matrix): Matrix | null {
  const [plus, minus] = [identity(q.rows), identity(q.rows)];
  for (let i = 0; i < q.data.length; i++) {
    plus.data[i] += q.data[i];
    minus.data[i] -= q.data[i];
  }
  const a = solve(plus, minus);
  return a && skewPart(a);
}

/** diag(signs)·(I ⊗ Ĥ). */
function signedHadamard(factors: HadamardFactors, blocks: number, signs: Int8Array): Matrix {
  // Row i of diag(s)·H is sᵢ·eᵢ·H: the transposed transform of a row.
  return hadamardRows(unitRows(signs.length, signs), factors, { blocks, transposed: true });
}

/** diag(values). */
function unitRows(n: number, values: ArrayLike<number>): Matrix {
  const rows = matrix(n, n);
  for (let i = 0; i < n; i++) rows.data[i * n + i] = values[i];
  return rows;
}

/** H's first column: Sylvester's is ones, so that of H_K, each entry 2^power times. */
function firstColumn({ K, power }: HadamardFactors): Int8Array {
  const h = hadamardMatrix(K);
  if (!h) throw new Error(`bug: no Hadamard matrix of order ${K}`);
  return Int8Array.from({ length: K * 2 ** power }, (_, i) => h[Math.floor(i / 2 ** power) * K]);
}

/** √Σv², scaled so that no square overflows or vanishes. */
function lengthOf(v: Float64Array): number {
  const largest = v.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest > 0) || largest === Infinity) return largest;
  return largest * Math.sqrt(v.reduce((sum, value) => sum + (value / largest) ** 2, 0));
}

function normalize(v: Float64Array): void {
  const length = lengthOf(v);
  for (let i = 0; i < v.length; i++) v[i] /= length;
}

/** (I − 2vvᵀ)·M on the rows from `first` on, columns from `from` on, in place; v a unit vector of as many entries as those rows. */
function reflect(m: Matrix, v: Float64Array, first: number, from: number): void {
  const { cols, data } = m;
  const sums = new Float64Array(cols);
  for (let i = 0; i < v.length; i++) {
    const row = data.subarray((first + i) * cols, (first + i + 1) * cols);
    for (let j = from; j < cols; j++) sums[j] += v[i] * row[j];
  }
  for (let i = 0; i < v.length; i++) {
    const row = data.subarray((first + i) * cols, (first + i + 1) * cols);
    const factor = 2 * v[i];
    for (let j = from; j < cols; j++) row[j] -= factor * sums[j];
  }
}
