/**
 * The most GPU memory that a run will have in use at once, from shapes alone: what the buffer pool holds in each phase of each stage, the
 * largest of all. Buffers are counted as the pool hands them out, padded and rounded up to its sizes (src/gpu/buffers.ts).
 *
 * A stage holds its weights and every row's quantized ones; while a row's statistics are there, H and what its factor takes
 * (src/method/working-factor.ts); while a layer is quantized, its working copy, codes and decoded weight; while chunks pass, the outputs
 * of the full-precision stream and of one row, and what is between (src/model/transformer-block.ts and its neighbours).
 */
import { poolBytes } from '../gpu/buffers';
import { codebookOptions, FAMILIES } from '../method/families';
import { faceOf } from '../method/catalogue';
import { scalarOptions } from '../method/parameters';
import type { Block, Linear, Stage } from '../model/architecture';
import { headBytes } from '../model/head-bytes';
import { NARROW_COLUMNS } from '../tensor/attend-narrow';
import { weighedByInputs } from '../measure/layer-errors';
import { SCALAR_BYTES } from '../tensor/reduce';
import { pieceRows } from '../tensor/panels';
import { padded } from '../tensor/tensor';
import { tileHeights } from '../tensor/weight';
import { hasBranches } from './applied-layer';
import { stageWidths, type StageWidths, type Widths } from './block-bytes';
import { chunkTokens, CHUNK_TOKENS } from './chunk-tokens';
import { trainingBatch, trains, type RunRow } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import { chunksOf, type Chunk } from './chunks';
import { stepsWantBranch } from './layer-steps';
import { mends } from './mend-block';
import { wantsDrift } from './stage-statistics';
import { streamsOf } from './streams';
import type { Subject } from './subject';

/** GPU bytes that activations may hold before they rest in host memory. */
export const ACTIVATION_BYTES = 2 ** 30;
/** Room for the partial sums of a stage's errors (src/tensor/reduce.ts). */
const SUMS_BYTES = poolBytes(SCALAR_BYTES);
/** Scores of attention that are laid out at once, at most (src/tensor/attend.ts). */
const SCORE_BYTES = 2 ** 25;
/** Copies of a block's weights that a method keeps while it trains, and tensors of a stage's width that a tape does. */
const TRAINING_COPIES = { weights: 8, activations: 6 } as const;

/** Bytes of the pool that a rows × cols tensor takes. */
const size = (rows: number, cols: number) => poolBytes(padded(rows) * padded(cols) * 4);
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const bytesOf = ({ token, window = [], heads = [] }: Widths, { geometry: { windows, length } }: Chunk) =>
  sum(token.map((width) => size(windows * length, width))) +
  sum(window.map((width) => size(windows, width))) +
  sum(heads.map(([count, dim]) => size(windows * count * padded(length), dim)));
const tokensOf = ({ geometry: { windows, length } }: Chunk) => windows * length;

/** Bytes of a buffer, at most (src/gpu/buffers.ts). */
export interface BufferLimits {
  readonly largest: number;
  /** Beyond which a Hessian is in panels (src/tensor/panels.ts). */
  readonly panelBytes: number;
  /** Beyond which a weight is in tiles (src/tensor/weight.ts). */
  readonly tileBytes: number;
}

export const UNLIMITED: BufferLimits = { largest: Infinity, panelBytes: Infinity, tileBytes: Infinity };

export interface BytesOptions {
  readonly activationBytes?: number;
  readonly limits?: BufferLimits;
}

export function planBytes(subject: Subject, rows: readonly RunRow[], options: BytesOptions = {}): number {
  const { activationBytes = ACTIVATION_BYTES, limits = UNLIMITED } = options;
  const chunks = chunksOf(subject, chunkTokens(subject, limits.largest));
  const plan = new BytesPlan(subject, rows, chunks, activationBytes, limits);
  const unlike = new Map(subject.network.blocks.map((block) => [keyOf(block), block]));
  return Math.max(plan.evaluation(), ...[...unlike.values()].map((block) => plan.block(block)));
}

/** Blocks of the same shapes take the same. */
function keyOf({ stages, plan }: Block): string {
  return JSON.stringify([plan.kind, stages.map(({ linears }) => linears.map(({ rows, cols }) => [rows, cols]))]);
}

class BytesPlan {
  readonly #streams: number;
  readonly #views: number;
  readonly #largest: Chunk;

  constructor(
    private readonly subject: Subject,
    private readonly rows: readonly RunRow[],
    private readonly chunks: readonly Chunk[],
    private readonly activationBytes: number,
    private readonly limits: BufferLimits,
  ) {
    const { count, views } = streamsOf(rows);
    this.#streams = count;
    this.#views = views;
    this.#largest = chunks.reduce((a, b) => (tokensOf(b) > tokensOf(a) ? b : a));
  }

  /** A weight, in tiles where no buffer holds it. */
  #weight({ rows, cols }: Linear): number {
    return sum(this.#tiles({ rows, cols }).map((height) => size(height, cols)));
  }

  #tiles({ rows, cols }: Pick<Linear, 'rows' | 'cols'>): number[] {
    return tileHeights(rows, cols, this.limits.tileBytes);
  }

  block(block: Block): number {
    const widths = stageWidths(block, this.subject.network.hidden);
    const stages = block.stages.map((stage, s) => this.#stage(stage, widths[s], widths[s + 1] ?? null));
    const linears = block.stages.flatMap((stage) => stage.linears);
    const trainable = linears.every((linear) => this.#tiles(linear).length === 1);
    const training = trainable ? this.rows.filter(trains).map((row) => this.#training(block, row, widths[0])) : [];
    const mending = this.rows.filter(mends).map((row) => this.#mending(block, row));
    return Math.max(...stages, ...training, ...mending);
  }

  /** Perplexities at the end: the streams' hidden states, the head, and the logits of two of them; or images drawn once more. */
  evaluation(): number {
    const { network, outputWidth, task } = this.subject;
    const states = this.#states(null);
    if (task === 'diffusion') return this.#contexts() + this.#drawing();
    if (task !== 'text') return states;
    const tokens = Math.max(...this.chunks.filter((chunk) => chunk.heldOut).map(tokensOf));
    const head = headBytes(outputWidth, network.hidden);
    const atOnce = Math.min(tokens, head.rowsAtOnce);
    // Views whose transforms reach the end have a head of their own.
    return states + this.#views * head.table + 2 * size(atOnce, head.width) + 2 * size(atOnce, network.hidden);
  }

  /** A whole network with a row's weights, and one batch of images on its way through a block. */
  #drawing(): number {
    const { network, sampledRows, calibration } = this.subject;
    const linears = network.blocks.flatMap(({ stages }) => stages.flatMap((stage) => stage.linears));
    const weights = sum(linears.map((linear) => this.#weight(linear)));
    const tokens = Math.min(sampledRows, Math.max(CHUNK_TOKENS, calibration.length));
    const chunk = { ...this.#largest, geometry: { windows: tokens / calibration.length, length: calibration.length } };
    const [block] = network.blocks;
    const widths = stageWidths(block, network.hidden);
    const passing = block.stages.map((stage, s) => this.#passing(stage, widths[s], 1, chunk));
    return weights + 2 * size(tokens, network.hidden) + Math.max(...passing);
  }

  /** What steers the blocks, of all chunks. */
  #contexts(): number {
    const { task, network } = this.subject;
    if (task !== 'diffusion') return 0;
    return sum(this.chunks.map(({ geometry }) => size(geometry.windows, network.hidden)));
  }

  /** What rests between two stages: the residual, the next input and what is carried; of it what the budget leaves on the GPU. */
  #states(waiting: StageWidths | null): number {
    const all = this.#streams * sum(this.chunks.map((chunk) => this.#state(waiting, chunk)));
    return Math.min(all + this.#kept(waiting), this.activationBytes) + this.#contexts();
  }

  /** Inputs of a block, of rows that run it once more, and those of a stage as they were before they were rounded, for branches. */
  #kept(waiting: StageWidths | null): number {
    const again = this.rows.filter(mends).length * sum(this.chunks.map((chunk) => this.#state(null, chunk)));
    if (!waiting) return again;
    return again + this.rows.filter(hasBranches).length * sum(this.chunks.map((chunk) => bytesOf(waiting.tap, chunk)));
  }

  /** The same of one stream's chunk. */
  #state(waiting: StageWidths | null, chunk: Chunk): number {
    const residual = size(tokensOf(chunk), this.subject.network.hidden);
    return residual + (waiting ? bytesOf(waiting.tap, chunk) + bytesOf(waiting.carry, chunk) : 0);
  }

  #stage(stage: Stage, widths: StageWidths, next: StageWidths | null): number {
    const waiting = this.#states(widths);
    const weights = sum(stage.linears.map((linear) => this.#weight(linear)));
    const rows = this.rows.map((row, r) => waiting + weights * (this.#views + r) + this.#row(row, stage, r > 0));
    return SUMS_BYTES + Math.max(...rows, weights * this.#streams + this.#forward(stage, widths, next));
  }

  /** All chunks on their way to the next stage, one after another: those before have moved on, those behind still wait. */
  #forward(stage: Stage, widths: StageWidths, next: StageWidths | null): number {
    const now = this.chunks.map((chunk) => this.#state(widths, chunk));
    const then = this.chunks.map((chunk) => this.#state(next, chunk));
    const streams = this.#streams;
    const steps = this.chunks.map((chunk, c) => {
      const others = streams * (sum(then.slice(0, c)) + sum(now.slice(c + 1))) + this.#kept(widths);
      const [one, two] = [1, 2].map((outputs) => this.#passing(stage, widths, outputs, chunk));
      // The full-precision stream waits with its outputs for the rows' and goes last.
      const firstRow = streams * now[c] + two;
      const lastRow = (streams - 2) * then[c] + 2 * now[c] + two;
      const full = (streams - 1) * then[c] + now[c] + one;
      return Math.min(others, this.activationBytes) + Math.max(firstRow, lastRow, full);
    });
    return Math.max(...steps) + this.#contexts();
  }

  /** A row's statistics, and the worst of its layers while they are there; `measured`: rows before it have errors. */
  #row(row: RunRow, stage: Stage, measured: boolean): number {
    const { method, options, steps } = row;
    const { cols } = stage.linears[0];
    const pieces = pieceRows(cols, this.limits.panelBytes);
    const square = sum(pieces.map((height) => size(height, cols)));
    // Of a matrix in panels: the columns or rows that a step has a copy of.
    const copies = pieces.length > 1 ? 2 * size(pieces[0], cols) : 0;
    const face = faceOf(method);
    const factored = face.needs.hessian && 'damping' in options;
    const drift = face.needs.drift;
    const drifted = wantsDrift({ method, steps });
    // What factors beside the codes read, where that is something else.
    const branch = hasBranches(row) && stepsWantBranch(row) ? square * (drifted ? 3 : 1) : 0;
    const statistics = square * (drifted ? 2 : 1) + branch;
    // H in the working order, the factorization and U; a step that solves for drift makes one of its own, beside that of the method.
    const solves = drifted && !drift;
    const factoring = factored || solves ? 3 * square + copies : 0;
    // U; with drift also D in the working order and P, and while P is made a product.
    const kept = (factored ? square * (drift ? 3 : 1) : 0) + (solves ? square : 0);
    const beside = copiesBeside(steps);
    const makingP = drift ? 4 * square + copies : 0;
    const inputs = this.#inputs(cols);
    let before = 0;
    let most = statistics + Math.max(factoring, makingP);
    for (const linear of stage.linears) {
      const tiles = this.#tiles(linear);
      const layer = this.#weight(linear);
      // Sums of a method's own beside the stage's. On grids the working copy is counted before the stage's first layer has an error,
      // so that only later layers and rows have both; a method that updates codebooks by H compares their losses.
      // In tiles only on grids.
      const grid = face.family === 'affine' || tiles.length > 1;
      const given = face.family === 'affine' ? options : FAMILIES[face.family].nearestGrid(options);
      const own = (grid ? measured || before > 0 : face.needs.hessian) ? SUMS_BYTES : 0;
      const work = own + (grid ? affineWork(given, tiles, cols) : codebookWork(options, linear.rows, cols));
      // Q, and of one tile after another Q − W and its product with H or with a chunk of the inputs.
      const tile = size(tiles[0], cols);
      const measuring = layer + tile + (inputs === null ? tile + copies / 2 : size(inputs, tiles[0]));
      const stepping = beside === 0 ? 0 : layer + beside * tile;
      most = Math.max(most, statistics + kept + before + Math.max(work, measuring, stepping));
      before += layer;
    }
    return most;
  }

  /** Rows of the inputs that errors are weighed by at once; null where the Hessian of `cols` columns takes less work. */
  #inputs(cols: number): number | null {
    const calibration = this.chunks.filter(({ heldOut }) => !heldOut).map(tokensOf);
    return weighedByInputs(sum(calibration), cols) ? Math.max(...calibration) : null;
  }

  /** A chunk on its way through a stage: outputs of as many streams as are there at once, and what is made between two inputs. */
  #passing(stage: Stage, { tap, made, attention }: StageWidths, streams: number, chunk: Chunk): number {
    const { geometry } = chunk;
    const rows = tap.token.length > 0 ? tokensOf(chunk) : geometry.windows;
    const outputs = sum(stage.linears.map((linear) => size(rows, linear.rows)));
    let between = bytesOf(made, chunk);
    if (attention && attention.dim > NARROW_COLUMNS) {
      const length = padded(geometry.length);
      const scores = geometry.windows * attention.heads * length ** 2 * 4;
      between += poolBytes(Math.min(scores, SCORE_BYTES));
    }
    return streams * outputs + between;
  }

  /** Of a block that is run once more, on a tape: its decoded weights, and what a step keeps. */
  #mending(block: Block, { steps }: RunRow): number {
    const { calibration } = this.subject;
    const asked = steps.map(({ options }) => options.batch).filter((batch) => typeof batch === 'number');
    const tokens = Math.min(Math.max(1, ...asked), calibration.windows) * calibration.length;
    const linears = block.stages.flatMap((stage) => stage.linears);
    const widths = block.stages.flatMap((stage) => [stage.linears[0].cols, ...stage.linears.map(({ rows }) => rows)]);
    const weights = sum(linears.map((linear) => this.#weight(linear)));
    return this.#states(null) + weights + TRAINING_COPIES.activations * sum(widths.map((width) => size(tokens, width)));
  }

  /** Of a block's training: what its method keeps, and what the tape of a step does. */
  #training(block: Block, row: RunRow, first: StageWidths): number {
    const { calibration, network } = this.subject;
    const tokens = Math.min(trainingBatch(row), calibration.windows) * calibration.length;
    const linears = block.stages.flatMap((stage) => stage.linears);
    const weights = sum(linears.map(({ rows, cols }) => size(rows, cols)));
    const widths = block.stages.flatMap((stage) => [stage.linears[0].cols, ...stage.linears.map(({ rows }) => rows)]);
    const tape = sum(widths.map((width) => size(tokens, width)));
    const targets = sum(
      this.chunks.filter((chunk) => !chunk.heldOut).map((chunk) => size(tokensOf(chunk), network.hidden)),
    );
    return this.#states(first) + targets + TRAINING_COPIES.weights * weights + TRAINING_COPIES.activations * tape;
  }
}

/** Of a layer's weight, beside what it decodes to, while steps work on it that store low-rank factors: differences, products, their sums. */
function copiesBeside(steps: RunRow['steps']): number {
  const storing = steps.filter(({ step }) => STEP_FACES[step].parts?.includes('factors'));
  if (storing.length === 0) return 0;
  return storing.some(({ step, options }) => STEP_FACES[step].needsDrift?.(options)) ? 5 : 3;
}

/** Of a weight's tiles, one after another: those before are there as they were decoded. */
function affineWork(options: RunRow['options'], tiles: readonly number[], cols: number): number {
  let before = 0;
  let most = 0;
  for (const height of tiles) {
    most = Math.max(most, before + tileWork(options, height, cols));
    before += size(height, cols);
  }
  return most;
}

/** The column loop's or the rounding's working copy, coefficients and codes; then codes, packed ones and the decoded weight. */
function tileWork(options: RunRow['options'], rows: number, cols: number): number {
  const { blockSize, groupSize } = scalarOptions(options);
  const layer = size(cols, rows);
  const grid = size(2 * Math.ceil(cols / (groupSize ?? cols)), rows);
  const original = typeof options.alpha2 === 'number' && options.alpha2 !== 0 ? layer : 0;
  const history = blockSize ? size(2 * Math.min(blockSize, cols), rows) : 0;
  const loop = 2 * layer + original + history + grid;
  const finishing = layer + poolBytes(rows * Math.ceil(cols / 4) * 4) + size(rows, cols) + grid;
  return Math.max(loop, finishing);
}

/** Sub-vectors as points, a scaled copy where there are scales, their codes and distances. */
function codebookWork(options: RunRow['options'], rows: number, cols: number): number {
  const { dim, scaleBlock } = codebookOptions(options);
  const layer = size(rows, cols);
  const codes = poolBytes((4 * rows * cols) / dim);
  return layer * (scaleBlock === null ? 2 : 4) + 3 * codes;
}
