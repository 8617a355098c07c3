/**
 * The most GPU memory that a run will have in use at once, from shapes alone: what the buffer pool holds in each phase of each stage, the
 * largest of all. Buffers are counted as the pool hands them out, padded and rounded up to its sizes (src/gpu/buffers.ts).
 *
 * A stage holds its weights and every row's quantized ones; while a row's statistics are there, H and what its factor takes
 * (src/method/working-factor.ts); while a layer is quantized, its working copy, codes and decoded weight; while chunks pass, the outputs
 * of the full-precision stream and of one row, and what is between (src/model/transformer-block.ts and its neighbours). Before a block's
 * stages come those that find something out on it as a whole, with all of its weights (fit-view.ts); before all blocks, allocation, with all
 * of the network's (swapped.ts, back-through.ts).
 */
import { poolBytes } from '../gpu/buffers';
import { FAMILIES } from '../method/families';
import { faceOf } from '../method/catalogue';
import type { Block, Linear, Stage } from '../model/architecture';
import { headBytes } from '../model/head-bytes';
import { NARROW_COLUMNS } from '../tensor/attend-narrow';
import { weighedByInputs } from '../measure/layer-errors';
import { SCALAR_BYTES, scalarBuffers } from '../tensor/reduce';
import { pieceRows } from '../tensor/panels';
import { padded } from '../tensor/tensor';
import { tileHeights } from '../tensor/weight';
import { hasBranches } from './applied-layer';
import { stageWidths, type StageWidths, type Widths } from './block-bytes';
import { chunkTokens, CHUNK_TOKENS } from './chunk-tokens';
import { candidatesOf, allotsOf } from '../recipe/allotted';
import { trainingBatch, trains, type RunRow } from '../recipe/rows';
import { chunksOf, type Chunk } from './chunks';
import { findingsOf, type Findings, type Fitted, type Probed } from './findings';
import { affineWork, codebookWork, copiesBeside, size } from './layer-bytes';
import { stepsWantBranch } from './layer-steps';
import { mends } from './mend-block';
import { wantsDrift } from './stage-statistics';
import { streamsOf, type Streams } from './streams';
import type { Subject } from './subject';

/** GPU bytes that activations may hold before they rest in host memory. */
export const ACTIVATION_BYTES = 2 ** 30;
/** A buffer of partial sums (src/tensor/reduce.ts). */
const SUMS_BYTES = poolBytes(SCALAR_BYTES);
/** Scores of attention that are laid out at once, at most (src/tensor/attend.ts). */
const SCORE_BYTES = 2 ** 25;
/** Copies of a block's weights that a method keeps while it trains, and tensors of a stage's width that a tape does. */
const TRAINING_COPIES = { weights: 8, activations: 6 } as const;
/** The same where what stands before the weights and the inputs is learned on a tape: on the way there, and gradients back. */
const LEARNING_COPIES = { weights: 7, activations: 11 } as const;
/** Bytes of a network's weights that stay between the passes of an allocation (src/model/resident-blocks.ts). */
const RESIDENT_BYTES = 2 ** 30;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const bytesOf = ({ token, window = [], heads = [] }: Widths, { geometry: { windows, length } }: Chunk) =>
  sum(token.map((width) => size(windows * length, width))) +
  sum(window.map((width) => size(windows, width))) +
  sum(heads.map(([count, dim]) => size(windows * count * padded(length), dim)));
const linearsOf = ({ stages }: Block): readonly Linear[] => stages.flatMap((stage) => stage.linears);
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
  return Math.max(plan.evaluation(), plan.prologue(), ...[...unlike.values()].map((block) => plan.block(block)));
}

/** Blocks of the same shapes take the same. */
function keyOf({ stages, plan }: Block): string {
  return JSON.stringify([plan.kind, stages.map(({ linears }) => linears.map(({ rows, cols }) => [rows, cols]))]);
}

class BytesPlan {
  readonly #numbers: Streams;
  readonly #streams: number;
  readonly #views: number;
  readonly #findings: Findings;
  readonly #largest: Chunk;

  constructor(
    private readonly subject: Subject,
    private readonly rows: readonly RunRow[],
    private readonly chunks: readonly Chunk[],
    private readonly activationBytes: number,
    private readonly limits: BufferLimits,
  ) {
    const streams = streamsOf(rows);
    this.#numbers = streams;
    this.#streams = streams.count;
    this.#views = streams.views;
    this.#findings = findingsOf(rows);
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
    const fitted = this.#findings.fitted.map((one) => this.#fitted(block, widths, one));
    const mending = this.rows.filter(mends).map((row) => this.#mending(block, row));
    return Math.max(...stages, ...training, ...fitted, ...mending);
  }

  /** Before the march: what allocation needs of the network as a whole. Without outputs it sees no more than the march will. */
  prologue(): number {
    return Math.max(0, ...this.#findings.probed.map((one) => this.#probed(one)));
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
    const rows = this.rows.map(
      (row, r) => waiting + weights * (this.#views + r) + this.#sums(stage, r + 1) + this.#row(row, stage, r > 0),
    );
    const forward = weights * this.#streams + this.#forward(stage, widths, next);
    // Every stream's outputs of every chunk: their sizes, or how far they are off.
    const outputs = this.chunks.length * stage.linears.length * this.#streams;
    return Math.max(...rows, this.#sums(stage, this.rows.length, outputs) + forward);
  }

  /** Sums of the errors of a stage's layers, of so many rows, and `more`, that wait to be read. */
  #sums({ linears }: Stage, rows: number, more = 0): number {
    const byInputs = this.#inputs(linears[0].cols) !== null;
    const pieces = byInputs ? this.chunks.filter(({ heldOut }) => !heldOut).length : 1;
    const tiles = sum(linears.map((linear) => this.#tiles(linear).length));
    // An error and its size, of weights and of outputs.
    return scalarBuffers(rows * tiles * 2 * (1 + pieces) + more) * SUMS_BYTES;
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
      // A weight that the row keeps is only measured.
      const solving = () => (grid ? affineWork(given, tiles, cols) : codebookWork(options, linear.rows, cols));
      const work = face.family === 'kept' ? 0 : own + solving();
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
    const { weights, tape, targets } = this.#onTape(block, trainingBatch(row));
    return this.#states(first) + targets + TRAINING_COPIES.weights * weights + TRAINING_COPIES.activations * tape;
  }

  /** A block's weights, inputs and outputs of its stages in one step, and what all windows should come out as. */
  #onTape(block: Block, batch: number): { readonly weights: number; readonly tape: number; readonly targets: number } {
    const { calibration, network } = this.subject;
    const windows = Math.min(batch, calibration.windows);
    // What steers a block has one row a window.
    const rows = stageWidths(block, network.hidden).map(({ tap }) =>
      tap.token.length > 0 ? windows * calibration.length : windows,
    );
    const tape = block.stages.flatMap(({ linears }, s) =>
      [linears[0].cols, ...linears.map((linear) => linear.rows)].map((width) => size(rows[s], width)),
    );
    const targets = this.chunks.filter((chunk) => !chunk.heldOut).map((chunk) => size(tokensOf(chunk), network.hidden));
    return {
      weights: sum(linearsOf(block).map(({ rows, cols }) => size(rows, cols))),
      tape: sum(tape),
      targets: sum(targets),
    };
  }

  /** A transform that is fitted on a block: all the block's weights, and a chunk of the view's own stream on its way through. */
  #fitted(
    block: Block,
    widths: readonly StageWidths[],
    { view, row, passes, moments, trials, learns }: Fitted,
  ): number {
    const linears = block.stages.flatMap((stage) => stage.linears);
    const weights = sum(linears.map((linear) => this.#weight(linear)));
    const waiting = this.#entering(view, widths[0]);
    const squares = moments === true ? sum(block.stages.map(({ linears: [{ cols }] }) => this.#square(cols))) : 0;
    const calibration = this.chunks.filter(({ heldOut }) => !heldOut);
    const passing = passes === 0 ? 0 : Math.max(...calibration.map((chunk) => this.#through(block, widths, chunk)));
    const looking = weights + passing;
    const searching = trials === undefined ? 0 : Math.max(...linears.map((linear) => this.#trial(row, linear)));
    const learning = learns ? this.#learning(block, learns.batch) : 0;
    return waiting + squares + Math.max(looking, searching, learning);
  }

  /** A chunk that no stream has of its own on its way through a block. */
  #through(block: Block, widths: readonly StageWidths[], chunk: Chunk): number {
    const stages = block.stages.map((stage, s) => {
      return this.#state(widths[s], chunk) + this.#passing(stage, widths[s], 1, chunk);
    });
    return Math.max(...stages);
  }

  /** While blocks are entered a view after another: streams of those before have their first stage's inputs. */
  #entering(view: number, first: StageWidths): number {
    const streams = (of: (other: number) => boolean) =>
      sum(Array.from({ length: this.#views }, (_, v) => (of(v) ? this.#numbers.inView(v).length : 0)));
    const at = (widths: StageWidths | null) => sum(this.chunks.map((chunk) => this.#state(widths, chunk)));
    const all = streams((v) => v < view) * at(first) + streams((v) => v >= view) * at(null);
    return Math.min(all, this.activationBytes) + this.#contexts();
  }

  /** H of inputs, in panels where it is. */
  #square(cols: number): number {
    return sum(pieceRows(cols, this.limits.panelBytes).map((height) => size(height, cols)));
  }

  /** A weight, a tile of it scaled and rounded to the row's grid, and what that loses multiplied by a second moment. */
  #trial({ method, options }: RunRow, { rows, cols }: Linear): number {
    const tiles = this.#tiles({ rows, cols });
    const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
    const tile = size(tiles[0], cols);
    return this.#weight({ rows, cols } as Linear) + tile + Math.max(affineWork(grid, [tiles[0]], cols), 2 * tile);
  }

  /** Targets, and a tape with the block's weights on it as they are made anew each step. */
  #learning(block: Block, batch: number): number {
    const { weights, tape, targets } = this.#onTape(block, batch);
    return targets + LEARNING_COPIES.weights * weights + LEARNING_COPIES.activations * tape;
  }

  #probed({ row, by, windows }: Probed): number {
    if (by !== 'swapped' && by !== 'gradients') return 0;
    const { network, outputWidth, task } = this.subject;
    const { hidden } = network;
    const chunks = this.#calibrated(windows);
    const states = sum(chunks.map((chunk) => size(tokensOf(chunk), hidden)));
    // Before every block; the last are there whatever the budget.
    const held = Math.min(network.blocks.length * states, this.activationBytes) + states + this.#contexts();
    const blocks = network.blocks.map((block) => sum(linearsOf(block).map((linear) => this.#weight(linear))));
    const resident = sum(blocks) <= RESIDENT_BYTES ? sum(blocks) : RESIDENT_BYTES + Math.max(...blocks);
    const through = Math.max(...network.blocks.map((block) => this.#mostThrough(block, chunks)));
    const head = task === 'text' ? headBytes(outputWidth, hidden) : null;
    const table = head?.table ?? 0;
    const widest = Math.max(...chunks.map(tokensOf));
    const logits = head ? size(Math.min(widest, head.rowsAtOnce), head.width) : 0;
    const passing = held + resident + through + table;
    const largest = Math.max(...network.blocks.flatMap(linearsOf).map((linear) => this.#weight(linear)));
    const candidates = candidatesOf(allotsOf(row) ?? { bits: [], keep: false, budget: 0 }).length;
    if (by === 'swapped') {
      const swapped = (1 + candidates) * largest + candidates * size(widest, hidden);
      return Math.max(passing + swapped, held + resident + table + swapped + 2 * logits);
    }
    const back = network.blocks.map(
      (block, b) => blocks[b] + Math.max(...chunks.map((chunk) => this.#back(block, chunk))),
    );
    const harvest = Math.max(...network.blocks.map((block) => this.#harvest(block, chunks)));
    const trying = 3 * largest;
    return Math.max(
      passing,
      held +
        states +
        table +
        Math.max(3 * logits, Math.min(harvest, this.activationBytes) + trying + Math.max(...back)),
    );
  }

  #mostThrough(block: Block, chunks: readonly Chunk[]): number {
    const widths = stageWidths(block, this.subject.network.hidden);
    return Math.max(...chunks.map((chunk) => this.#through(block, widths, chunk)));
  }

  /** One block there and back on a tape. */
  #back(block: Block, chunk: Chunk): number {
    const widths = stageWidths(block, this.subject.network.hidden);
    const values = block.stages.map((stage, s) => {
      return bytesOf(widths[s].tap, chunk) + this.#passing(stage, widths[s], 1, chunk);
    });
    return 2 * sum(values);
  }

  /** Inputs of a block's stages, and gradients at its layers' outputs. */
  #harvest(block: Block, chunks: readonly Chunk[]): number {
    const widths = stageWidths(block, this.subject.network.hidden);
    const of = (stage: Stage, { tap }: StageWidths, chunk: Chunk) => {
      const rows = tap.token.length > 0 ? tokensOf(chunk) : chunk.geometry.windows;
      return bytesOf(tap, chunk) + sum(stage.linears.map((linear) => size(rows, linear.rows)));
    };
    return sum(chunks.flatMap((chunk) => block.stages.map((stage, s) => of(stage, widths[s], chunk))));
  }

  /** The first calibration windows, in chunks. */
  #calibrated(windows: number): Chunk[] {
    const { calibration, heldOut } = this.subject;
    const sets = {
      calibration: { ...calibration, windows: Math.min(windows, calibration.windows) },
      heldOut: { ...heldOut, windows: 0 },
    };
    return chunksOf(sets, chunkTokens(this.subject, this.limits.largest));
  }
}
