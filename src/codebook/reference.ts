/**
 * Float64 twins of the kernels, on points in the layout of readPoints (component j of sub-vector i at i · dim + j) and codebooks
 * books × codewords × dim. Plain loops, written to be read.
 */
import { bookOf, membersOf, type Tiles } from './tiles';

export type Values = ArrayLike<number>;

/** A matrix as points: rows × subs × dim, the last sub-vector of a row padded with zeros. */
export function pointsReference(tiles: Tiles, matrix: Values): Float64Array {
  const { rows, cols, dim, subs } = tiles;
  const points = new Float64Array(rows * subs * dim);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) points[r * subs * dim + c] = matrix[r * cols + c];
  return points;
}

/** Weight of component j of sub-vector i: zero past the last column. */
function weightOf(tiles: Tiles, weights: Values | null, i: number, j: number): number {
  const column = (i % tiles.subs) * tiles.dim + j;
  if (column >= tiles.cols) return 0;
  return weights ? weights[column] : 1;
}

/** Σ_j m_j (v_j − c_j)² of sub-vector i and codeword k of its book. */
export function distanceReference(
  tiles: Tiles,
  points: Values,
  codebooks: Values,
  weights: Values | null,
  i: number,
  k: number,
): number {
  const { dim, subs, books } = tiles;
  const width = codebooks.length / books;
  const book = bookOf(tiles, Math.floor(i / subs), i % subs);
  let sum = 0;
  for (let j = 0; j < dim; j++) {
    sum += weightOf(tiles, weights, i, j) * (points[i * dim + j] - codebooks[book * width + k * dim + j]) ** 2;
  }
  return sum;
}

/** |(v − c) A_s|² with A_s in blocks[8s …][0 …], rows of 8. */
export function metricDistanceReference(
  tiles: Tiles,
  points: Values,
  codebooks: Values,
  blocks: Values,
  i: number,
  k: number,
): number {
  const { dim, subs, books } = tiles;
  const width = codebooks.length / books;
  const [row, sub] = [Math.floor(i / subs), i % subs];
  const book = bookOf(tiles, row, sub);
  let sum = 0;
  for (let j = 0; j < dim; j++) {
    let t = 0;
    for (let a = 0; a < dim; a++) {
      t += (points[i * dim + a] - codebooks[book * width + k * dim + a]) * blocks[(8 * sub + a) * 8 + j];
    }
    sum += t * t;
  }
  return sum;
}

/** The E-step: the nearest codeword, lowest index among equals, and its distance. */
export function assignReference(
  tiles: Tiles,
  codewords: number,
  distance: (i: number, k: number) => number,
): { codes: Uint32Array; distances: Float64Array } {
  const count = tiles.rows * tiles.subs;
  const codes = new Uint32Array(count);
  const distances = new Float64Array(count).fill(Infinity);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < codewords; k++) {
      const d = distance(i, k);
      if (d >= distances[i]) continue;
      distances[i] = d;
      codes[i] = k;
    }
  }
  return { codes, distances };
}

/** The M-step: weighted means; what a codeword without weight becomes is `empty`. */
export function updateReference(
  tiles: Tiles,
  points: Values,
  codes: Values,
  weights: Values | null,
  codewords: number,
  empty: (at: number) => number = () => 0,
): { codebooks: Float64Array; counts: Uint32Array } {
  const { dim, books } = tiles;
  const codebooks = new Float64Array(books * codewords * dim);
  const divisors = new Float64Array(codebooks.length);
  const counts = new Uint32Array(books * codewords);
  for (let book = 0; book < books; book++) {
    for (const i of membersOf(tiles, book)) {
      counts[book * codewords + codes[i]]++;
      for (let j = 0; j < dim; j++) {
        const at = (book * codewords + codes[i]) * dim + j;
        const m = weightOf(tiles, weights, i, j);
        codebooks[at] += m * points[i * dim + j];
        divisors[at] += m;
      }
    }
  }
  return { codebooks: codebooks.map((sum, at) => (divisors[at] > 0 ? sum / divisors[at] : empty(at))), counts };
}

/** Σ over each codeword's sub-vectors. */
export function sumByCodeReference(tiles: Tiles, points: Values, codes: Values, codewords: number): Float64Array {
  const { dim, books } = tiles;
  const sums = new Float64Array(books * codewords * dim);
  for (let book = 0; book < books; book++) {
    for (const i of membersOf(tiles, book)) {
      for (let j = 0; j < dim; j++) sums[(book * codewords + codes[i]) * dim + j] += points[i * dim + j];
    }
  }
  return sums;
}

/** The n nearest codewords of every sub-vector, nearest first, lower index first among equals, with Euclidean distances. */
export function candidatesReference(
  tiles: Tiles,
  points: Values,
  codebooks: Values,
  n: number,
): { codes: Uint32Array; distances: Float64Array } {
  const count = tiles.rows * tiles.subs;
  const codewords = codebooks.length / tiles.books / tiles.dim;
  const codes = new Uint32Array(count * n);
  const distances = new Float64Array(count * n);
  for (let i = 0; i < count; i++) {
    const all = Array.from({ length: codewords }, (_, k) => ({
      k,
      d: distanceReference(tiles, points, codebooks, null, i, k),
    }));
    all.sort((a, b) => a.d - b.d || a.k - b.k);
    for (let j = 0; j < n; j++) {
      codes[i * n + j] = all[j].k;
      distances[i * n + j] = Math.sqrt(all[j].d);
    }
  }
  return { codes, distances };
}
