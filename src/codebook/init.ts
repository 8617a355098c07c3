/**
 * Where k-means starts. All are functions of the points and the seed alone:
 *   random       K different points, by the seed;
 *   kmeans++     points drawn with a chance in proportion to their squared distance to the nearest one so far (Arthur and
 *                Vassilvitskii 2007), one at a time up to 256 codewords, beyond that in 256 equal rounds;
 *   mahalanobis  points at equal steps through their order by (x − μ) Λ (x − μ)ᵀ, Λ = (Σ (x − μ)ᵀ(x − μ))⁻¹ (GPTVQ, arXiv:2402.15319);
 *   levels       for d = 1: the asymmetric grid of RTN over the book's range.
 */
import { defineKernel } from '../gpu/kernel';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { Random } from '../base/random';
import { WEIGHT_PARAMS, weightingOf, type Weights } from './assign';
import { mahalanobisOrder, roundHalfEven, rtnLevels } from './order';
import { linear } from './linear';
import { membersOf, readPoints, sizeOf, tileSize, VIEW_PARAMS, viewParams, type SubVectors } from './tiles';

const PLACE_POINTS = defineKernel({
  shader: 'codebook/place-points',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { ...VIEW_PARAMS, codewords: 'u32', cb_stride: 'u32', count: 'u32', first_group: 'u32', past_group: 'u32' },
  overrides: ['D', 'LANES'],
});

const NEAREST = defineKernel({
  shader: 'codebook/nearest',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: {
    ...VIEW_PARAMS,
    ...WEIGHT_PARAMS,
    cb_stride: 'u32',
    books: 'u32',
    chunks: 'u32',
    chunk_points: 'u32',
    from_word: 'u32',
    to_word: 'u32',
    first_group: 'u32',
    past_group: 'u32',
  },
  overrides: ['D', 'LANES', 'WEIGHTED', 'ONES'],
});

const DRAW = defineKernel({
  shader: 'codebook/draw',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'write'],
  params: {
    ...VIEW_PARAMS,
    codewords: 'u32',
    cb_stride: 'u32',
    books: 'u32',
    chunks: 'u32',
    chunk_points: 'u32',
    first_word: 'u32',
    words: 'u32',
    first_group: 'u32',
    past_group: 'u32',
  },
  overrides: ['D', 'LANES'],
});

export type Init = 'random' | 'kmeans++' | 'mahalanobis' | 'levels';

/** Rounds of k-means++: up to so many codewords each is drawn knowing all before it. */
const ROUNDS = 256;

export interface InitOptions {
  readonly codewords: number;
  readonly init: Init;
  readonly seed: number;
  readonly weights?: Weights | null;
}

/** Starting codebooks, books × (codewords · dim). */
export async function startCodebooks(points: SubVectors, options: InitOptions): Promise<Tensor> {
  const { gpu } = points.matrix;
  const codebooks = Tensor.zeros(gpu, points.books, options.codewords * points.dim, 'codebooks');
  switch (options.init) {
    case 'random':
      placePoints(points, codebooks, randomEntries(points, options));
      return codebooks;
    case 'kmeans++':
      plusPlus(points, codebooks, options);
      return codebooks;
    case 'mahalanobis':
      placePoints(points, codebooks, mahalanobisEntries(points, options.codewords, await readPoints(points)));
      return codebooks;
    case 'levels':
      codebooks.release();
      return levels(points, options.codewords);
  }
}

/** Codeword `entries[2e]` (book · codewords + k) becomes sub-vector `entries[2e + 1]`. */
export function placePoints(points: SubVectors, codebooks: Tensor, entries: Uint32Array<ArrayBuffer>): void {
  const { gpu } = points.matrix;
  const count = entries.length / 2;
  if (count === 0) return;
  const list = Indices.from(gpu, entries, 'points as codewords');
  linear(
    gpu,
    PLACE_POINTS,
    [points.matrix.buffer, list.buffer, codebooks.buffer],
    count,
    points.dim,
    { ...viewParams(points), codewords: codebooks.cols / points.dim, cb_stride: codebooks.stride, count },
    { D: points.dim },
  );
  list.release();
}

/** Different points by Floyd's sampling; where a book has fewer than K, they repeat. */
export function randomEntries(points: SubVectors, { codewords, seed }: InitOptions): Uint32Array<ArrayBuffer> {
  const random = new Random(seed);
  const entries = new Uint32Array(2 * points.books * codewords);
  for (let book = 0; book < points.books; book++) {
    const members = [...membersOf(points, book)];
    const taken = new Set<number>();
    for (let k = 0; k < codewords; k++) {
      let at = k % members.length;
      if (codewords <= members.length) {
        const last = members.length - codewords + k;
        at = random.integer(last + 1);
        if (taken.has(at)) at = last;
        taken.add(at);
      }
      entries.set([book * codewords + k, members[at]], 2 * (book * codewords + k));
    }
  }
  return entries;
}

/** K points of each book at round(linspace(0, N − 1, K)), half to even, of their order by Mahalanobis distance. */
export function mahalanobisEntries(
  points: SubVectors,
  codewords: number,
  values: Float32Array,
): Uint32Array<ArrayBuffer> {
  const entries = new Uint32Array(2 * points.books * codewords);
  for (let book = 0; book < points.books; book++) {
    const members = Uint32Array.from(membersOf(points, book));
    const step = codewords === 1 ? 0 : (members.length - 1) / (codewords - 1);
    const ranks = Array.from({ length: codewords }, (_, k) => roundHalfEven(k * step));
    const chosen = mahalanobisOrder(values, members, points.dim, ranks);
    chosen.forEach((index, k) => entries.set([book * codewords + k, index], 2 * (book * codewords + k)));
  }
  return entries;
}

function plusPlus(points: SubVectors, codebooks: Tensor, { codewords, seed, weights }: InitOptions): void {
  const { gpu } = points.matrix;
  const random = new Random(seed);
  const size = tileSize(points);
  const chunkPoints = Math.max(64, Math.ceil(Math.sqrt(size)));
  const chunks = Math.ceil(size / chunkPoints);
  const uniform = Float32Array.from({ length: points.books * codewords }, () => random.uniform());
  const first = new Uint32Array(2 * points.books);
  for (let book = 0; book < points.books; book++) {
    const place = Math.floor(uniform[book * codewords] * sizeOf(points, book));
    first.set([book * codewords, memberAt(points, book, place)], 2 * book);
  }
  placePoints(points, codebooks, first);
  const uniforms = Tensor.from(gpu, 1, uniform.length, uniform, 'uniforms');
  const nearest = gpu.buffers.acquire(points.rows * points.subs * 4, 'nearest distances');
  const chunkSums = gpu.buffers.acquire(points.books * chunks * 4, 'chunk sums');
  const shared = {
    ...viewParams(points),
    cb_stride: codebooks.stride,
    books: points.books,
    chunks,
    chunk_points: chunkPoints,
  };
  const weighting = weightingOf(points, weights);
  const overrides = { D: points.dim, ...weighting.overrides };
  const round = Math.ceil(codewords / ROUNDS);
  let known = 0;
  for (let next = 1; next < codewords;) {
    const words = Math.min(round, codewords - next);
    linear(
      gpu,
      NEAREST,
      [points.matrix.buffer, weighting.weights.buffer, codebooks.buffer, nearest, chunkSums],
      points.books * chunks,
      chunkPoints * (next - known) * (4 * points.dim + 4),
      { ...shared, ...weighting.params, from_word: known, to_word: next },
      overrides,
    );
    linear(
      gpu,
      DRAW,
      [points.matrix.buffer, nearest, chunkSums, uniforms.buffer, codebooks.buffer],
      points.books * words,
      4 * (2 * chunks + chunkPoints),
      { ...shared, codewords, first_word: next, words },
      overrides,
    );
    known = next;
    next += words;
  }
  uniforms.release();
  gpu.buffers.release(nearest);
  gpu.buffers.release(chunkSums);
}

/** The index of a book's n-th sub-vector, row after row. */
function memberAt(points: SubVectors, book: number, n: number): number {
  const firstSub = (book % points.booksAcross) * points.bookSubs;
  const across = Math.min(points.bookSubs, points.subs - firstSub);
  const row = Math.floor(book / points.booksAcross) * points.bookRows + Math.floor(n / across);
  return row * points.subs + firstSub + (n % across);
}

async function levels(points: SubVectors, codewords: number): Promise<Tensor> {
  if (points.dim !== 1) throw new Error(`bug: levels are for scalars, not for sub-vectors of ${points.dim}`);
  const values = await readPoints(points);
  const books = new Float32Array(points.books * codewords);
  for (let book = 0; book < points.books; book++) {
    books.set(rtnLevels(values, membersOf(points, book), codewords), book * codewords);
  }
  return Tensor.from(points.matrix.gpu, points.books, codewords, books, 'codebooks');
}
