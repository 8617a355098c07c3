/**
 * GPTVQ: GPTQ with codebooks (van Baalen et al. 2024, arXiv:2402.15319, algorithms 1 and 2). Codebooks are fitted, a group of columns at a time, to the weights as they then
 * stand; d columns are quantized at once; their error moves onto the later columns; at the end all codebooks are refined together.
 *
 *   released  the published code: EM weighted by U_jj, lookups by 1 / U_jj, errors carried by U's diagonal, with block scales lookups
 *             that do not see the feedback of their block, codebooks updated by 25 steps of Adam.
 *   exact     the derivation: EM weighted by 1 / U_jj² (times the squared scale) from two starts, lookups by the error they leave,
 *             |(w − q) U_PP⁻¹|², which is also what is carried, always for current weights, and codebooks by least squares; what
 *             raises the objective is undone. Results do not depend on the block size.
 *
 * Shapes: the working copy of W is cols × rows, in natural order. Twin: gptvq-reference.ts.
 */
import { CARRY, diagonalBlocks, LOOKUP_METRIC, quantizeWithCodebooks, type CodebookLoop } from '../codebook/columns';
import type { Init } from '../codebook/init';
import { kmeans, releaseKMeans } from '../codebook/kmeans';
import { blockMaxima, divideByScales, logScales } from '../codebook/scales';
import { subVectors, tilesOf, type SubVectors, type Tiles } from '../codebook/tiles';
import { bookShape, type CodebookTensor } from '../quantizer/codebook';
import { arrangeWeights, clearDead, propagate } from '../tensor/compensation';
import { diagonal } from '../tensor/diagonal';
import { Indices } from '../tensor/indices';
import { allRows, inOnePiece } from '../tensor/panels';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';
import { untiled } from '../tensor/weight';
import { faceOf } from './catalogue';
import { finishCodebook, storeCodebooks } from './codebook-finish';
import { joinNotes, paddingNote, wholeSubVectors } from './codebook-notes';
import { gptvqOptions, type GptvqOptions } from './codebook-parameters';
import { adamCodebooks, codebookLoss, fitCodebooks, type CodebookProblem } from './codebook-update';
import { noteOn } from './compensate';
import { liveOf, requireHealth, requireInputs } from './health';
import type { Layer, Method } from './layer';
import type { QuantizedLayer } from './quantized-layer';
import type { InputStatistics } from './statistics';

export const gptvq: Method = {
  face: faceOf('gptvq'),
  quantize: (layer, given) => quantizeGptvq(layer, { ...gptvqOptions(given), feedback: true }),
};

/** As the recipe has them; without feedback every sub-vector is only assigned, as in a recorded case. */
export type GptvqWork = GptvqOptions & { readonly feedback: boolean };

/** Runs the method. Throws QS-NUM-01 when no damping makes the Hessian positive definite. */
export async function quantizeGptvq(layer: Layer, options: GptvqWork): Promise<QuantizedLayer<CodebookTensor>> {
  const { statistics } = layer;
  const weight = untiled(layer.weight);
  if (!statistics) throw new Error('bug: GPTVQ needs the statistics of the layer’s inputs');
  const factor = await statistics.factor(options.damping, false, layer.announce);
  const run = await Run.start(weight, statistics, inOnePiece(factor.u), options);
  try {
    requireInputs(liveOf(await statistics.diagonal.read()));
    await run.walk();
    await run.requireFinite();
    const { codebooks, note } = await run.refine();
    const done = await finishCodebook({
      tiles: run.tiles,
      codebooks,
      codebookBits: options.codebookBits,
      codes: run.takeCodes(),
      scales: run.scaleBlock === null ? null : { values: run.scales, block: run.scaleBlock, bits: 4 },
    });
    return {
      ...done,
      damping: factor.damping,
      retries: factor.attempts.length - 1,
      note: joinNotes(noteOn(factor, options.damping), paddingNote(weight.cols, options), run.note, note),
    };
  } finally {
    run.release();
  }
}

/** One layer's loop. */
class Run {
  readonly tiles: Tiles;
  readonly scaleBlock: number | null;
  /** rows × ⌈cols / scaleBlock⌉, filled as the columns are reached. */
  readonly scales: Float32Array<ArrayBuffer>;
  note: string | null = null;

  readonly #loop: CodebookLoop;
  /** K, cut to what a book has sub-vectors. */
  readonly #codewords: number;
  /** What EM weighs columns by, 1 × cols on the host; null: all alike. */
  #emWeights: Float32Array | null = null;
  /** Codebooks of each column group as they are used, booksDown × (codewords · dim). */
  readonly #groups: Float32Array<ArrayBuffer>[] = [];
  #current: Tensor | null = null;
  #onGpuScales: Tensor | null = null;
  #codesTaken = false;

  static async start(weight: Tensor, statistics: InputStatistics, u: Tensor, options: GptvqWork): Promise<Run> {
    const run = new Run(weight, statistics, u, options);
    if (run.#weighted) {
      const own = diagonal(u);
      const values = await own.read();
      own.release();
      run.#emWeights = options.recipe === 'released' ? values : values.map((x) => 1 / (x * x));
    }
    return run;
  }

  private constructor(
    private readonly weight: Tensor,
    private readonly statistics: InputStatistics,
    u: Tensor,
    private readonly options: GptvqWork,
  ) {
    const { gpu, rows, cols } = weight;
    const { dim } = options;
    const shape = bookShape({ rows, cols, dim, weights: options.codebookGroup, columns: options.codebookColumns });
    this.tiles = tilesOf(rows, cols, dim, shape);
    this.#codewords = Math.min(options.codewords, this.tiles.bookRows * this.tiles.bookSubs);
    this.scaleBlock = wholeSubVectors(options.scaleBlock, dim);
    this.scales = new Float32Array(this.scaleBlock === null ? 0 : rows * Math.ceil(cols / this.scaleBlock));
    const order = Indices.natural(gpu, cols);
    const weights = arrangeWeights(weight, order);
    clearDead(weights, order, statistics.diagonal);
    order.release();
    const exact = options.recipe === 'exact';
    const weightedLookup: keyof typeof LOOKUP_METRIC = exact ? 'conditional' : 'diagonal';
    const carry: keyof typeof CARRY = exact ? 'conditional' : 'diagonal';
    this.#loop = {
      weights,
      u,
      codes: Indices.empty(gpu, rows * this.tiles.subs, 'assignments'),
      history: Tensor.zeros(gpu, Math.min(this.#blockSize, cols), rows, 'history'),
      blocks: diagonalBlocks(u, dim, this.#weighted ? weightedLookup : 'plain', carry),
      dim,
      bookRows: this.tiles.bookRows,
      feedback: options.feedback,
    };
  }

  /** The released code weighs for d > 1 only; for scalars neither lookup nor mean would change within a column. */
  get #weighted(): boolean {
    const { lookup, recipe, dim } = this.options;
    return lookup === 'hessian' && (recipe === 'exact' || dim > 1);
  }

  /** Whole sub-vectors. */
  get #blockSize(): number {
    const { blockSize, dim } = this.options;
    return Math.max(1, Math.floor(blockSize / dim)) * dim;
  }

  /** All columns. */
  async walk(): Promise<void> {
    const exact = this.options.recipe === 'exact';
    const { cols, dim, bookSubs } = this.tiles;
    const width = bookSubs * dim;
    const cuts = exact ? [width, this.scaleBlock ?? Infinity] : [];
    for (const { first, count } of cutBlocks(cols, this.#blockSize, cuts)) {
      await this.#setScales(first, count);
      for (let from = first; from < first + count;) {
        const group = Math.floor(from / width);
        const past = Math.min(first + count, (group + 1) * width);
        if (from % width === 0) await this.#fit(group);
        this.#quantize(first, from, past);
        from = past;
      }
      if (this.options.feedback) propagate({ ...this.#loop, u: allRows(this.#loop.u), p: null }, first, count);
    }
  }

  /** Throws QS-NUM-02 where a weight was no number when it was quantized: lookups compare, and would give it some codeword. */
  async requireFinite(): Promise<void> {
    const scalars = new Scalars(this.weight.gpu);
    scalars.nonFiniteCount(this.#loop.weights);
    const [notFinite] = await scalars.read();
    requireHealth({ notFinite, inputs: null });
  }

  /** Scales of the blocks that start in these columns, from the weights as they now stand. */
  async #setScales(first: number, count: number): Promise<void> {
    const { scaleBlock: block, tiles, scales } = this;
    if (block === null) return;
    const [from, past] = [Math.ceil(first / block), Math.ceil((first + count) / block)];
    if (from === past) return;
    const found = await this.#fitScales(from * block, Math.min(tiles.cols, past * block));
    const blocks = scales.length / tiles.rows;
    for (let r = 0; r < tiles.rows; r++) {
      for (let b = from; b < past; b++) scales[r * blocks + b] = found[r * (past - from) + b - from];
    }
    this.#onGpuScales?.release();
    this.#onGpuScales = Tensor.from(this.weight.gpu, tiles.rows, blocks, scales, 'block scales');
  }

  async #fitScales(from: number, past: number): Promise<Float32Array<ArrayBuffer>> {
    const window = { transposed: true, firstCol: from, cols: past - from };
    const maxima = blockMaxima(subVectors(this.#loop.weights, 1, window), this.scaleBlock ?? 1);
    const scales = logScales(await maxima.read(), maxima.cols);
    maxima.release();
    return scales;
  }

  /** Fits the codebooks of one column group to its weights as they now stand. */
  async #fit(group: number): Promise<void> {
    const { tiles, options } = this;
    const { gpu } = this.weight;
    const { dim, bookRows, bookSubs } = tiles;
    const exact = options.recipe === 'exact';
    const firstCol = group * bookSubs * dim;
    const cols = Math.min(bookSubs * dim, tiles.cols - firstCol);
    const plain = subVectors(this.#loop.weights, dim, { transposed: true, firstCol, cols, bookRows });
    const columns = this.#emWeights && Tensor.from(gpu, 1, cols, this.#emWeights.subarray(firstCol, firstCol + cols));
    const scaled = this.scaleBlock === null ? null : await this.#divide(plain, columns);
    const byColumn = columns && ({ kind: 'weights', weights: columns } as const);
    const starts: Init[] = exact ? ['kmeans++'] : [];
    const result = await kmeans(scaled?.points ?? plain, {
      codewords: options.codewords,
      iterations: options.emIterations,
      weights: exact ? (scaled?.weights ?? byColumn) : byColumn,
      init: 'mahalanobis',
      alsoFrom: starts,
      seed: options.seed + group,
      empty: exact ? 'reseed' : 'zero',
    });
    this.note ??= result.note;
    const fitted = this.#padded(await result.codebooks.read(), result.codewords);
    releaseKMeans(result);
    for (const used of [columns, scaled?.points.matrix, scaled?.weights.weights]) used?.release();
    const stored = storeCodebooks(fitted, tiles.booksDown, options.codebookBits);
    this.#groups[group] = stored;
    this.#current?.release();
    this.#current = Tensor.from(gpu, tiles.booksDown, this.#codewords * dim, stored, 'codebooks');
  }

  /** The group's weights over scales of its own. */
  async #divide(points: SubVectors, columns: Tensor | null) {
    const found = await this.#fitScales(points.firstCol, points.firstCol + points.cols);
    const blocks = found.length / points.rows;
    const scales = Tensor.from(this.weight.gpu, points.rows, blocks, found, 'block scales');
    const scaled = divideByScales(points, scales, this.scaleBlock ?? 1, columns);
    scales.release();
    return scaled;
  }

  /** A narrow last group may have fewer codewords: the first is repeated, which no lookup then takes. */
  #padded(codebooks: Float32Array<ArrayBuffer>, codewords: number): Float32Array<ArrayBuffer> {
    const { booksDown, dim } = this.tiles;
    if (codewords === this.#codewords) return codebooks;
    const padded = new Float32Array(booksDown * this.#codewords * dim);
    for (let book = 0; book < booksDown; book++) {
      const own = codebooks.subarray(book * codewords * dim, (book + 1) * codewords * dim);
      const at = book * this.#codewords * dim;
      padded.set(own, at);
      for (let k = codewords; k < this.#codewords; k++) padded.set(own.subarray(0, dim), at + k * dim);
    }
    return padded;
  }

  #quantize(first: number, from: number, past: number): void {
    if (!this.#current) throw new Error('bug: columns before their codebooks');
    const { scaleBlock: block } = this;
    const scales = block !== null && this.#onGpuScales ? { values: this.#onGpuScales, block } : null;
    const stale = scales !== null && this.options.recipe === 'released';
    quantizeWithCodebooks(this.#loop, { first, from, past, codebooks: this.#current, scales, stale });
  }

  /** The codebooks of the whole layer, updated where that is asked for. */
  async refine(): Promise<{ codebooks: Float32Array<ArrayBuffer>; note: string | null }> {
    const { tiles, options, scaleBlock: block } = this;
    const { books, booksAcross, booksDown, dim } = tiles;
    const size = this.#codewords * dim;
    const codebooks = new Float32Array(books * size);
    this.#groups.forEach((group, across) => {
      for (let down = 0; down < booksDown; down++) {
        codebooks.set(group.subarray(down * size, (down + 1) * size), (down * booksAcross + across) * size);
      }
    });
    if (!options.codebookUpdate) return { codebooks, note: null };
    const problem: CodebookProblem = {
      tiles,
      weight: this.weight,
      hessian: inOnePiece(this.statistics.hessian),
      codes: this.#loop.codes,
      codewords: this.#codewords,
      scales: block !== null && this.#onGpuScales ? { values: this.#onGpuScales, block } : null,
    };
    const store = (values: Float32Array) => storeCodebooks(values, books, options.codebookBits);
    if (options.recipe === 'released') return { codebooks: store(await adamCodebooks(problem, codebooks)), note: null };
    const updated = store(await fitCodebooks(problem, codebooks));
    const [before, after] = [await codebookLoss(problem, codebooks), await codebookLoss(problem, updated)];
    if (after <= before) return { codebooks: updated, note: null };
    return {
      codebooks,
      note: 'The codebook update was undone: rounded to its storage it would have raised the error.',
    };
  }

  /** The codes, which the caller releases. */
  takeCodes(): Indices {
    this.#codesTaken = true;
    return this.#loop.codes;
  }

  release(): void {
    const { weights, history, blocks, codes } = this.#loop;
    for (const used of [weights, history, blocks, this.#current, this.#onGpuScales]) used?.release();
    if (!this.#codesTaken) codes.release();
  }
}

/** Column blocks: multiples of `blockSize`, also cut at multiples of each of `cuts`. */
export function* cutBlocks(
  cols: number,
  blockSize: number,
  cuts: readonly number[],
): Generator<{ first: number; count: number }> {
  for (let first = 0; first < cols;) {
    const ends = [blockSize, ...cuts].map((size) => (Math.floor(first / size) + 1) * size);
    const end = Math.min(cols, ...ends);
    yield { first, count: end - first };
    first = end;
  }
}
