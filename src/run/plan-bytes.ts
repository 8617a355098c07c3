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
import type { Block, Stage } from '../model/architecture';
import { headBytes } from '../model/head-bytes';
import { weighedByInputs } from '../measure/layer-errors';
import { SCALAR_BYTES, scalarBuffers } from '../tensor/reduce';
import { pieceRows } from '../tensor/panels';
import { hasBranches } from './applied-layer';
import { residualBytes, stageWidths, widthsBehind, type StageWidths } from './block-bytes';
import { chunkTokens } from './chunk-tokens';
import { trainingBatch, trainsBlocks, trainsNetwork, type RunRow } from '../recipe/rows';
import { chunksOf } from './chunks';
import { findingsOf } from './findings';
import { FindingsBytes } from './findings-bytes';
import { affineWork, codebookWork, copiesBeside, size } from './layer-bytes';
import { stepsWantBranch } from './layer-steps';
import { mends } from './mend-block';
import { linearsOf, RunSizes, sum, tokensOf, UNLIMITED, type BufferLimits } from './run-sizes';
import { wantsDrift } from './stage-statistics';
import type { Subject } from './subject';

/** GPU bytes that activations may hold before they rest in host memory. */
export const ACTIVATION_BYTES = 2 ** 30;
/** A buffer of partial sums (src/tensor/reduce.ts). */
const SUMS_BYTES = poolBytes(SCALAR_BYTES);
/** Copies of a block's weights that a method keeps while it trains, and tensors of a stage's width that a tape does. */
const TRAINING_COPIES = { weights: 8, activations: 6 } as const;

export interface BytesOptions {
  readonly activationBytes?: number;
  readonly limits?: BufferLimits;
  /** Tokens of a prompt and of what continues it; none where nothing is continued. */
  readonly continued?: number;
}

export function planBytes(subject: Subject, rows: readonly RunRow[], options: BytesOptions = {}): number {
  const { activationBytes = ACTIVATION_BYTES, limits = UNLIMITED, continued = 0 } = options;
  const chunks = chunksOf(subject, chunkTokens(subject, limits.largest));
  const sizes = new RunSizes({ subject, rows, chunks, activationBytes, limits });
  const march = new MarchBytes(sizes);
  const findings = new FindingsBytes(sizes, findingsOf(rows));
  const unlike = new Map(subject.network.blocks.map((block) => [keyOf(block), block]));
  return Math.max(
    march.evaluation(),
    continued > 0 ? march.continuation(continued) : 0,
    findings.prologue(),
    ...rows.filter(trainsNetwork).map((row) => march.wholeTraining(row)),
    ...[...unlike.values()].flatMap((block) => [march.block(block), findings.block(block)]),
  );
}

/** Blocks of the same shapes take the same. */
function keyOf({ stages, plan }: Block): string {
  const shapes = stages.map(({ linears }) => linears.map(({ rows, cols }) => [rows, cols]));
  // Images are of another size at every level.
  const pixels = 'window' in plan ? plan.window : 'pixels' in plan ? plan.pixels : null;
  return JSON.stringify([plan.kind, shapes, pixels]);
}

/** The march over the layers, and what is measured at its end. */
class MarchBytes {
  constructor(private readonly sizes: RunSizes) {}

  block(block: Block): number {
    const widths = stageWidths(block, this.sizes.subject.network.hidden);
    const stages = block.stages.map((stage, s) => this.#stage(stage, widths[s], widths[s + 1] ?? widthsBehind(block)));
    const trainable = linearsOf(block).every((linear) => this.sizes.tiles(linear).length === 1);
    const training = trainable
      ? this.sizes.rows.filter(trainsBlocks).map((row) => this.#training(block, row, widths[0]))
      : [];
    const mending = this.sizes.rows.filter(mends).map((row) => this.#mending(block, row));
    return Math.max(...stages, ...training, ...mending);
  }

  /** Perplexities at the end: the streams' hidden states, the head, and the logits of two of them; or images drawn once more. */
  evaluation(): number {
    const { network, outputWidth, task } = this.sizes.subject;
    const states = this.sizes.states(null);
    if (task === 'diffusion') return this.sizes.contexts() + this.#drawing();
    if (task !== 'text') return states;
    const tokens = Math.max(...this.sizes.chunks.filter((chunk) => chunk.heldOut).map(tokensOf));
    const head = headBytes(outputWidth, network.hidden);
    const atOnce = Math.min(tokens, head.rowsAtOnce);
    // Views whose transforms reach the end have a head of their own.
    return (
      states + this.sizes.streams.views * head.table + 2 * size(atOnce, head.width) + 2 * size(atOnce, network.hidden)
    );
  }

  /**
   * A prompt continued under full precision and a row (continuations.ts): the network's own weights and all of the row's beside the streams'
   * hidden states, a head each, and one window of so many tokens on its way.
   */
  continuation(tokens: number): number {
    const { network, outputWidth } = this.sizes.subject;
    const weights = sum(network.blocks.flatMap(linearsOf).map((linear) => this.sizes.weight(linear)));
    const head = headBytes(outputWidth, network.hidden);
    const chunk = { ...this.sizes.chunks[0], geometry: { windows: 1, length: tokens } };
    const passing = network.blocks.map((block) => this.sizes.through(block, stageWidths(block, network.hidden), chunk));
    const heads = (this.sizes.streams.views + 1) * head.table;
    return this.sizes.states(null) + this.sizes.resident() + weights + heads + Math.max(...passing);
  }

  /** A whole network with a row's weights, and one batch of images on its way through a block. */
  #drawing(): number {
    const { network, drawnRows: tokens = 0, calibration } = this.sizes.subject;
    const weights = sum(network.blocks.flatMap(linearsOf).map((linear) => this.sizes.weight(linear)));
    const chunk = {
      ...this.sizes.chunks[0],
      geometry: { windows: tokens / calibration.length, length: calibration.length },
    };
    const passing = network.blocks.flatMap((block) => {
      const widths = stageWidths(block, network.hidden);
      return block.stages.map((stage, s) => this.sizes.passing(stage, widths[s], 1, chunk));
    });
    return weights + 2 * residualBytes(network, chunk.geometry) + Math.max(...passing);
  }

  #stage(stage: Stage, widths: StageWidths, next: StageWidths | null): number {
    const waiting = this.sizes.states(widths);
    const weights = sum(stage.linears.map((linear) => this.sizes.weight(linear)));
    const rows = this.sizes.rows.map(
      (row, r) =>
        waiting + weights * (this.sizes.streams.views + r) + this.#sums(stage, r + 1) + this.#row(row, stage, r > 0),
    );
    const forward = weights * this.sizes.streams.count + this.#forward(stage, widths, next);
    // Every stream's outputs of every chunk: their sizes, or how far they are off.
    const outputs = this.sizes.chunks.length * stage.linears.length * this.sizes.streams.count;
    return Math.max(...rows, this.#sums(stage, this.sizes.rows.length, outputs) + forward);
  }

  /** Sums of the errors of a stage's layers, of so many rows, and `more`, that wait to be read. */
  #sums({ linears }: Stage, rows: number, more = 0): number {
    const byInputs = this.#inputs(linears[0].cols) !== null;
    const pieces = byInputs ? this.sizes.chunks.filter(({ heldOut }) => !heldOut).length : 1;
    const tiles = sum(linears.map((linear) => this.sizes.tiles(linear).length));
    // An error and its size, of weights and of outputs.
    return scalarBuffers(rows * tiles * 2 * (1 + pieces) + more) * SUMS_BYTES;
  }

  /** All chunks on their way to the next stage, one after another: those before have moved on, those behind still wait. */
  #forward(stage: Stage, widths: StageWidths, next: StageWidths | null): number {
    const now = this.sizes.chunks.map((chunk) => this.sizes.state(widths, chunk));
    const then = this.sizes.chunks.map((chunk) => this.sizes.state(next, chunk));
    const streams = this.sizes.streams.count;
    const steps = this.sizes.chunks.map((chunk, c) => {
      const others = streams * (sum(then.slice(0, c)) + sum(now.slice(c + 1))) + this.sizes.kept(widths);
      const [one, two] = [1, 2].map((outputs) => this.sizes.passing(stage, widths, outputs, chunk));
      // The full-precision stream waits with its outputs for the rows' and goes last.
      const firstRow = streams * now[c] + two;
      const lastRow = (streams - 2) * then[c] + 2 * now[c] + two;
      const full = (streams - 1) * then[c] + now[c] + one;
      return Math.min(others, this.sizes.activationBytes) + Math.max(firstRow, lastRow, full);
    });
    return Math.max(...steps) + this.sizes.contexts();
  }

  /** A row's statistics, and the worst of its layers while they are there; `measured`: rows before it have errors. */
  #row(row: RunRow, stage: Stage, measured: boolean): number {
    const { method, options, steps } = row;
    const { cols } = stage.linears[0];
    const pieces = pieceRows(cols, this.sizes.limits.panelBytes);
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
      const tiles = this.sizes.tiles(linear);
      const layer = this.sizes.weight(linear);
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
    const calibration = this.sizes.chunks.filter(({ heldOut }) => !heldOut).map(tokensOf);
    return weighedByInputs(sum(calibration), cols) ? Math.max(...calibration) : null;
  }

  /** Of a block that is run once more, on a tape: its decoded weights, and what a step keeps. */
  #mending(block: Block, { steps }: RunRow): number {
    const { calibration } = this.sizes.subject;
    const asked = steps.map(({ options }) => options.batch).filter((batch) => typeof batch === 'number');
    const tokens = Math.min(Math.max(1, ...asked), calibration.windows) * calibration.length;
    const linears = block.stages.flatMap((stage) => stage.linears);
    const widths = block.stages.flatMap((stage) => [stage.linears[0].cols, ...stage.linears.map(({ rows }) => rows)]);
    const weights = sum(linears.map((linear) => this.sizes.weight(linear)));
    return (
      this.sizes.states(null) + weights + TRAINING_COPIES.activations * sum(widths.map((width) => size(tokens, width)))
    );
  }

  /**
   * The whole network's training: what its method keeps of all weights, what stands behind every block of every window in full precision, and
   * the tape of a step, of all blocks, or of one where that is all there is room for.
   */
  wholeTraining(row: RunRow): number {
    const { network, calibration, outputWidth, task } = this.sizes.subject;
    const all = network.blocks.map((block) => this.sizes.onTape(block, trainingBatch(row)));
    const total = (of: (one: (typeof all)[number]) => number) => sum(all.map(of));
    const head = task === 'text' ? headBytes(outputWidth, network.hidden) : null;
    const tokens = Math.min(trainingBatch(row), calibration.windows) * calibration.length;
    const logits = head ? 4 * size(Math.min(tokens, head.rowsAtOnce), head.width) + head.table : 0;
    return (
      Math.min(
        total(({ targets }) => targets),
        this.sizes.activationBytes,
      ) +
      TRAINING_COPIES.weights * total(({ weights }) => weights) +
      TRAINING_COPIES.activations * total(({ tape }) => tape) +
      logits
    );
  }

  /** Of a block's training: what its method keeps, and what the tape of a step does. */
  #training(block: Block, row: RunRow, first: StageWidths): number {
    const { weights, tape, targets } = this.sizes.onTape(block, trainingBatch(row));
    return this.sizes.states(first) + targets + TRAINING_COPIES.weights * weights + TRAINING_COPIES.activations * tape;
  }
}
