/**
 * The M-step of k-means on the GPU: (weighted) means of each codeword's sub-vectors, and plain sums by codeword, which are the
 * gradient of a codebook. Two passes without atomics: threads add chunks of points into rows of their own, then those rows are added
 * up; both in a fixed order, so that two runs on one adapter give equal bits. Twin: updateReference in reference.ts.
 */
import { defineKernel } from '../gpu/kernel';
import type { Gpu } from '../gpu/gpu';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { WEIGHT_PARAMS, weightingOf, type Assignments, type Weights } from './assign';
import { linear } from './linear';
import { tileSize, VIEW_PARAMS, viewParams, type SubVectors, type Tiles } from './tiles';

const ACCUMULATE = defineKernel({
  shader: 'codebook/accumulate',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write', 'write'],
  params: {
    ...VIEW_PARAMS,
    ...WEIGHT_PARAMS,
    codewords: 'u32',
    dist_stride: 'u32',
    first_book: 'u32',
    past_book: 'u32',
    chunks: 'u32',
    chunk_points: 'u32',
    stats_offset: 'u32',
    first_group: 'u32',
    past_group: 'u32',
  },
  overrides: ['D', 'LANES', 'WEIGHTED', 'ONES', 'STATS'],
});

const FOLD = defineKernel({
  shader: 'codebook/fold',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { count: 'u32', width: 'u32', chunks: 'u32', out_chunks: 'u32', first_group: 'u32', past_group: 'u32' },
  overrides: ['LANES', 'SPAN'],
});

const UPDATE = defineKernel({
  shader: 'codebook/update',
  entry: 'main',
  buffers: ['read', 'read', 'write', 'write'],
  params: {
    codewords: 'u32',
    cb_stride: 'u32',
    first_book: 'u32',
    past_book: 'u32',
    chunks: 'u32',
    first_group: 'u32',
    past_group: 'u32',
  },
  overrides: ['D', 'LANES', 'WEIGHTED', 'MODE'],
});

/** The override MODE of shaders/codebook/update.wgsl. */
const MODE = { zero: 0, keep: 1, sum: 2 } as const;

/** Partial sums are kept within this, whatever the layer. */
const PARTIAL_BYTES = 1 << 26;
/** Points a chunk has at least: fewer would be more partial sums than points. */
const CHUNK_POINTS = 64;
/** Chunks that one thread of the fold adds up. */
const SPAN = 32;

/** How the points of a book are cut into chunks, and how many books are worked on at a time. */
export interface Chunking {
  readonly chunks: number;
  readonly points: number;
  readonly booksAtOnce: number;
}

/** Sums a codeword: see shaders/codebook/accumulate.wgsl. */
function fieldsOf(dim: number, weighted: boolean): number {
  return weighted ? 2 * dim + 1 : dim + 1;
}

/** The same for the M-step and for whoever reads its statistics. */
export function chunkingOf(tiles: Tiles, codewords: number, weighted: boolean): Chunking {
  const fields = fieldsOf(tiles.dim, weighted);
  const size = tileSize(tiles);
  const rowBytes = codewords * fields * 4;
  const most = Math.max(1, Math.floor(PARTIAL_BYTES / rowBytes));
  // Chunks of at least K points: the partial sums are then no larger than the points, and their zeros cost no more than the sums.
  const points = Math.max(CHUNK_POINTS, codewords, Math.ceil(size / most), Math.ceil(Math.sqrt(size)));
  const chunks = Math.ceil(size / points);
  return { chunks, points, booksAtOnce: Math.min(tiles.books, Math.max(1, Math.floor(most / chunks))) };
}

/** What the objective is read from: two f32 a chunk and iteration, the sum of distances and the number of points that moved. */
export interface Stats {
  readonly buffer: GPUBuffer;
  /** In chunks. */
  readonly offset: number;
  readonly assignments: Assignments;
  readonly previous: Indices;
}

export interface UpdateOptions {
  readonly weights?: Weights | null;
  /** What becomes of a codeword without points: zero, as the released codes have it, or its value in `before`. */
  readonly empty: 'zero' | 'keep';
  readonly before: Tensor;
  readonly into: Tensor;
  /** books × codewords. */
  readonly counts: Indices;
  readonly stats?: Stats;
}

/** The M-step. `before` and `into`: books × (codewords · dim), not the same tensor. */
export function updateCodebooks(points: SubVectors, codes: Indices, options: UpdateOptions): void {
  reduceByCode(points, codes, options.empty, options);
}

/**
 * Σ m v over each codeword's sub-vectors, books × (codewords · dim): where `points` hold dL/dW (and m the scales), the gradient of
 * hard codebooks.
 */
export function sumByCode(
  points: SubVectors,
  codes: Indices,
  codewords: number,
  weights: Weights | null = null,
): Tensor {
  const { gpu } = points.matrix;
  const sums = Tensor.zeros(gpu, points.books, codewords * points.dim, 'sums by codeword');
  const counts = Indices.empty(gpu, points.books * codewords, 'counts');
  // `before` is bound but not read.
  reduceByCode(points, codes, 'sum', { weights, before: points.matrix, into: sums, counts });
  counts.release();
  return sums;
}

function reduceByCode(
  points: SubVectors,
  codes: Indices,
  mode: keyof typeof MODE,
  options: Omit<UpdateOptions, 'empty'>,
): void {
  const { gpu } = points.matrix;
  const { dim } = points;
  const { into, stats } = options;
  const weighting = weightingOf(points, options.weights);
  if (mode === 'sum' && !options.weights) weighting.overrides.WEIGHTED = 0; // what lies in the padding is zero already
  const weighted = weighting.overrides.WEIGHTED === 1;
  reduceChunks(points, { mode, weighted, ...options }, (slice) => {
    linear(
      gpu,
      ACCUMULATE,
      [
        points.matrix.buffer,
        weighting.weights.buffer,
        codes.buffer,
        (stats?.previous ?? codes).buffer,
        (stats?.assignments.distances ?? points.matrix).buffer,
        slice.partials,
        stats?.buffer ?? options.counts.buffer, // bound but not written without STATS
      ],
      slice.threads,
      slice.points * 16 * dim,
      {
        ...viewParams(points),
        ...weighting.params,
        codewords: into.cols / dim,
        dist_stride: stats?.assignments.distances.stride ?? 0,
        first_book: slice.firstBook,
        past_book: slice.pastBook,
        chunks: slice.chunks,
        chunk_points: slice.points,
        stats_offset: stats?.offset ?? 0,
      },
      { D: dim, ...weighting.overrides, STATS: stats ? 1 : 0 },
    );
  });
}

/** What one call of an accumulating kernel covers: books and their chunks, one thread each, and where the sums go. */
export interface Slice {
  readonly partials: GPUBuffer;
  readonly firstBook: number;
  readonly pastBook: number;
  readonly chunks: number;
  /** Points a chunk. */
  readonly points: number;
  readonly threads: number;
}

export interface Reduction {
  readonly mode: keyof typeof MODE;
  readonly weighted: boolean;
  readonly before: Tensor;
  readonly into: Tensor;
  readonly counts: Indices;
}

/** Sums by codeword in two passes, as many books at a time as their partial sums have room for; `accumulate` launches the first. */
export function reduceChunks(tiles: Tiles, reduction: Reduction, accumulate: (slice: Slice) => void): void {
  const { weighted, into, before, counts } = reduction;
  const { gpu } = into;
  const codewords = into.cols / tiles.dim;
  const fields = fieldsOf(tiles.dim, weighted);
  const { chunks, points, booksAtOnce } = chunkingOf(tiles, codewords, weighted);
  for (let firstBook = 0; firstBook < tiles.books; firstBook += booksAtOnce) {
    const pastBook = Math.min(tiles.books, firstBook + booksAtOnce);
    const books = pastBook - firstBook;
    const bytes = books * chunks * fields * codewords * 4;
    const partials = gpu.buffers.acquire(bytes, 'partial sums');
    gpu.clear(partials, 0, bytes);
    accumulate({ partials, firstBook, pastBook, chunks, points, threads: books * chunks });
    const folded = foldChunks(gpu, partials, books, chunks, fields * codewords);
    linear(
      gpu,
      UPDATE,
      [folded.buffer, before.buffer, into.buffer, counts.buffer],
      books * codewords,
      fields * folded.chunks,
      { codewords, cb_stride: into.stride, first_book: firstBook, past_book: pastBook, chunks: folded.chunks },
      { D: tiles.dim, WEIGHTED: weighted ? 1 : 0, MODE: MODE[reduction.mode] },
    );
    gpu.buffers.release(folded.buffer);
  }
}

/** Adds chunks up until few are left. Releases `partials` unless it is what comes back. */
function foldChunks(
  gpu: Gpu,
  partials: GPUBuffer,
  books: number,
  chunks: number,
  width: number,
): { buffer: GPUBuffer; chunks: number } {
  let from = { buffer: partials, chunks };
  while (from.chunks > SPAN) {
    const left = Math.ceil(from.chunks / SPAN);
    const count = books * left * width;
    const to = { buffer: gpu.buffers.acquire(count * 4, 'folded sums'), chunks: left };
    const params = { count, width, chunks: from.chunks, out_chunks: left };
    linear(gpu, FOLD, [from.buffer, to.buffer], count, SPAN, params, { SPAN });
    gpu.buffers.release(from.buffer);
    from = to;
  }
  return from;
}
