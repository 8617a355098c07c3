/**
 * k-means (Lloyd) of all books of a matrix at once: assign each sub-vector to its nearest codeword, move each codeword to the
 * (weighted) mean of its sub-vectors, until nothing moves (Lloyd 1982). Deterministic for a seed.
 *
 * The host looks only every few iterations, since an iteration after the last move changes nothing, to the bit.
 */
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { assign, emptyAssignments, weightingOf, type Assignments, type Weights } from './assign';
import { placePoints, startCodebooks, type Init } from './init';
import { membersOf, sizeOf, type SubVectors } from './tiles';
import { chunkingOf, updateCodebooks } from './update';

export interface KMeansOptions {
  /** K; more than the largest book has sub-vectors are cut to that number. */
  readonly codewords: number;
  /** M-steps at most. */
  readonly iterations: number;
  readonly weights?: Weights | null;
  readonly init?: Init;
  readonly seed?: number;
  /** What becomes of codewords without points: zero, as the released codes have it, or the points of the largest error. */
  readonly empty?: 'zero' | 'reseed';
  /** Further starts, each run as well: every book keeps the best. With 'levels' (scalars only) RTN is never better. */
  readonly alsoFrom?: readonly Init[];
  /** The objective after each E-step, told in order, several at a time. */
  readonly onIteration?: (iteration: number, objective: number) => void;
}

export interface KMeansResult extends Assignments {
  /** books × (codewords · dim). */
  readonly codebooks: Tensor;
  readonly codewords: number;
  /** Σ of the distances after each E-step; the last belongs to what is returned. */
  readonly objective: readonly number[];
  /** The last objective of each book. */
  readonly byBook: Float64Array;
  /** Codewords in use, the fewest of any book. */
  readonly distinct: number;
  /** A sentence where fewer codewords came out than were asked for; null otherwise. */
  readonly note: string | null;
}

/** Iterations between two readbacks. */
const BATCH = 8;
const STATS_BYTES = 1 << 24;

export async function kmeans(points: SubVectors, options: KMeansOptions): Promise<KMeansResult> {
  let largest = 0;
  for (let book = 0; book < points.books; book++) largest = Math.max(largest, sizeOf(points, book));
  const codewords = Math.min(options.codewords, largest);
  const { init = 'kmeans++', seed = 0, weights } = options;
  const started = await startCodebooks(points, { codewords, init, seed, weights });
  let result = await lloyd(points, started, options);
  for (const other of options.alsoFrom ?? []) {
    const start = await startCodebooks(points, { codewords, init: other, seed, weights });
    result = await better(points, options, result, await lloyd(points, start, { ...options, onIteration: undefined }));
  }
  return { ...result, note: noteOn(options.codewords, largest, result.distinct) };
}

/** Gives back everything a result holds on the GPU. */
export function releaseKMeans(result: KMeansResult): void {
  for (const used of [result.codebooks, result.codes, result.distances]) used.release();
}

type Run = Omit<KMeansResult, 'note'>;

/** Lloyd's iterations from `start`, which it takes over. */
async function lloyd(points: SubVectors, start: Tensor, options: KMeansOptions): Promise<Run> {
  const { gpu } = points.matrix;
  const { books, dim } = points;
  const { iterations, weights = null, empty = 'zero' } = options;
  const codewords = start.cols / dim;
  const chunks = chunkingOf(points, codewords, weightingOf(points, weights).overrides.WEIGHTED === 1).chunks * books;
  const slots = Math.max(1, Math.min(BATCH, iterations + 1, Math.floor(STATS_BYTES / (8 * chunks))));
  const stats = gpu.buffers.acquire(slots * chunks * 8, 'k-means objective');
  const counts = Indices.empty(gpu, books * codewords, 'points a codeword');
  let current = emptyAssignments(points);
  let previous: Assignments = {
    codes: Indices.empty(gpu, points.rows * points.subs, 'assignments'),
    distances: current.distances,
  };
  let [used, next] = [start, Tensor.zeros(gpu, books, start.cols, 'codebooks')];
  const objective: number[] = [];
  let byBook = new Float64Array(books);
  let counted = new Uint32Array(0);

  for (let pass = 0, more = true; more;) {
    const batch = Math.min(pass === 0 && empty === 'reseed' ? 1 : slots, iterations + 1 - pass);
    for (let slot = 0; slot < batch; slot++) {
      if (pass + slot > 0) {
        [current, previous] = [previous, current];
        [used, next] = [next, used];
      }
      assign(points, used, weights, current);
      updateCodebooks(points, current.codes, {
        weights,
        empty: empty === 'zero' ? 'zero' : 'keep',
        before: used,
        into: next,
        counts,
        stats: { buffer: stats, offset: slot * chunks, assignments: current, previous: previous.codes },
      });
    }
    const [sums, countBytes] = await gpu.read(
      { buffer: stats, bytes: batch * chunks * 8 },
      { buffer: counts.buffer, bytes: 4 * counts.length },
    );
    counted = new Uint32Array(countBytes);
    const log = new Float32Array(sums);
    more = pass + batch <= iterations;
    for (let slot = 0; slot < batch; slot++) {
      byBook = new Float64Array(books);
      let moved = 0;
      for (let c = 0; c < chunks; c++) {
        byBook[Math.floor(c / (chunks / books))] += log[2 * (slot * chunks + c)];
        moved += log[2 * (slot * chunks + c) + 1];
      }
      const total = byBook.reduce((sum, value) => sum + value, 0);
      options.onIteration?.(objective.length, total);
      objective.push(total);
      if (pass + slot > 0 && moved === 0) {
        more = false;
        break;
      }
    }
    pass += batch;
    if (empty === 'reseed' && pass <= iterations && counted.includes(0)) {
      if (await reseed(points, next, counted, current.distances)) more = true;
    }
  }
  next.release();
  previous.codes.release();
  counts.release();
  gpu.buffers.release(stats);
  return { ...current, codebooks: used, codewords, objective, byBook, distinct: fewestInUse(counted, codewords) };
}

/** Gives codewords without points to the points of the largest error in their book. False where no point has any. */
async function reseed(points: SubVectors, codebooks: Tensor, counts: Uint32Array, distances: Tensor): Promise<boolean> {
  const codewords = counts.length / points.books;
  const errors = await distances.read();
  const entries: number[] = [];
  for (let book = 0; book < points.books; book++) {
    const empty: number[] = [];
    for (let k = 0; k < codewords; k++) if (counts[book * codewords + k] === 0) empty.push(book * codewords + k);
    if (empty.length === 0) continue;
    const worst = [...membersOf(points, book)]
      .filter((i) => errors[i] > 0)
      .sort((a, b) => errors[b] - errors[a] || a - b);
    empty.slice(0, worst.length).forEach((word, n) => entries.push(word, worst[n]));
  }
  placePoints(points, codebooks, Uint32Array.from(entries));
  return entries.length > 0;
}

/** For each book the codebook of the smaller objective, with its assignments. Releases both. */
async function better(points: SubVectors, options: KMeansOptions, a: Run, b: Run): Promise<Run> {
  const [first, second] = await Promise.all([a.codebooks.read(), b.codebooks.read()]);
  const width = a.codebooks.cols;
  for (let book = 0; book < points.books; book++) {
    if (b.byBook[book] >= a.byBook[book]) continue;
    first.set(second.subarray(book * width, (book + 1) * width), book * width);
  }
  for (const run of [a, b]) for (const used of [run.codebooks, run.codes, run.distances]) used.release();
  const chosen = Tensor.from(points.matrix.gpu, points.books, width, first, 'codebooks');
  const settled = await lloyd(points, chosen, { ...options, iterations: 0, onIteration: undefined });
  options.onIteration?.(a.objective.length, settled.objective[0]);
  return { ...settled, objective: [...a.objective, settled.objective[0]] };
}

function fewestInUse(counts: Uint32Array, codewords: number): number {
  let fewest = codewords;
  for (let first = 0; first < counts.length; first += codewords) {
    let used = 0;
    for (let k = first; k < first + codewords; k++) if (counts[k] > 0) used++;
    fewest = Math.min(fewest, used);
  }
  return fewest;
}

function noteOn(asked: number, largest: number, distinct: number): string | null {
  if (asked > largest) {
    const plural = largest === 1 ? '' : 's';
    return `A book has only ${largest} sub-vector${plural}, so it got ${largest} codeword${plural} instead of ${asked}.`;
  }
  if (distinct < asked) return `At least one book uses only ${distinct} of its ${asked} codewords.`;
  return null;
}
