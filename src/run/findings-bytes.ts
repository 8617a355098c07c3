/**
 * The GPU memory that finding something out takes, before layers are quantized: transforms that are fitted on a block, with all of its weights
 * (fit-view.ts), and before all blocks, with all of the network's, allocation (swapped.ts, back-through.ts) and transforms that learn on
 * the whole network (network-lesson.ts).
 */
import { candidatesOf, allotsOf } from '../recipe/allotted';
import type { RunRow } from '../recipe/rows';
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { Block, Linear, Stage } from '../model/architecture';
import { headBytes } from '../model/head-bytes';
import { residualBytes, rowsAt, stageWidths, type StageWidths } from './block-bytes';
import { chunkTokens } from './chunk-tokens';
import { chunksOf, type Chunk } from './chunks';
import type { Findings, Fitted, Probed } from './findings';
import type { Lessons } from '../step/face';
import { affineWork, size } from './layer-bytes';
import { bytesOf, linearsOf, sum, tokensOf, type RunSizes } from './run-sizes';

/** Copies of a block's weights, and tensors of a stage's width, where what stands before both is learned on a tape: there, and gradients back. */
const LEARNING_COPIES = { weights: 7, activations: 11 } as const;
/** The same of a lesson: weights turned, rounded and turned back, inputs turned and rounded. */
const LESSON_COPIES = { weights: 3, activations: 6 } as const;

export class FindingsBytes {
  constructor(
    private readonly sizes: RunSizes,
    private readonly findings: Findings,
  ) {}

  /** On one block. */
  block(block: Block): number {
    const widths = stageWidths(block, this.sizes.subject.network.hidden);
    return Math.max(0, ...this.findings.fitted.map((one) => this.#fitted(block, widths, one)));
  }

  /** Before all blocks. Allocation without outputs sees no more than the march will. */
  prologue(): number {
    const { probed, taught } = this.findings;
    return Math.max(0, ...probed.map((one) => this.#probed(one)), ...taught.map((one) => this.#taught(one)));
  }

  /** A transform that is fitted on a block: all the block's weights, and a chunk of the view's own stream on its way through. */
  #fitted(
    block: Block,
    widths: readonly StageWidths[],
    { view, row, passes, moments, trials, learns }: Fitted,
  ): number {
    const linears = block.stages.flatMap((stage) => stage.linears);
    const weights = sum(linears.map((linear) => this.sizes.weight(linear)));
    const waiting = this.#entering(view, widths[0]);
    const squares = moments === true ? sum(block.stages.map(({ linears: [{ cols }] }) => this.sizes.square(cols))) : 0;
    const calibration = this.sizes.chunks.filter(({ heldOut }) => !heldOut);
    const passing =
      passes === 0 ? 0 : Math.max(...calibration.map((chunk) => this.sizes.through(block, widths, chunk)));
    const looking = weights + passing;
    const searching = trials === undefined ? 0 : Math.max(...linears.map((linear) => this.#trial(row, linear)));
    const learning = learns ? this.#learning(block, learns.batch) : 0;
    return waiting + squares + Math.max(looking, searching, learning);
  }

  /** While blocks are entered a view after another: streams of those before have their first stage's inputs. */
  #entering(view: number, first: StageWidths): number {
    const streams = (of: (other: number) => boolean) =>
      sum(
        Array.from({ length: this.sizes.streams.views }, (_, v) => (of(v) ? this.sizes.streams.inView(v).length : 0)),
      );
    const at = (widths: StageWidths | null) => sum(this.sizes.chunks.map((chunk) => this.sizes.state(widths, chunk)));
    const all = streams((v) => v < view) * at(first) + streams((v) => v >= view) * at(null);
    return Math.min(all, this.sizes.activationBytes) + this.sizes.contexts();
  }

  /** A weight, a tile of it scaled and rounded to the row's grid, and what that loses multiplied by a second moment. */
  #trial({ method, options }: RunRow, { rows, cols }: Linear): number {
    const tiles = this.sizes.tiles({ rows, cols });
    const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
    const tile = size(tiles[0], cols);
    return this.sizes.weight({ rows, cols } as Linear) + tile + Math.max(affineWork(grid, [tiles[0]], cols), 2 * tile);
  }

  /** Targets, and a tape with the block's weights on it as they are made anew each step. */
  #learning(block: Block, batch: number): number {
    const { weights, tape, targets } = this.sizes.onTape(block, batch);
    return targets + LEARNING_COPIES.weights * weights + LEARNING_COPIES.activations * tape;
  }

  #probed({ row, by, windows, others = false }: Probed): number {
    if (by !== 'swapped' && by !== 'gradients') return 0;
    const { network, outputWidth, task } = this.sizes.subject;
    const { hidden } = network;
    const chunks = this.#calibrated(windows);
    const states = sum(chunks.map(({ geometry }) => residualBytes(network, geometry)));
    // Before every block; the last are there whatever the budget.
    const held = Math.min(network.blocks.length * states, this.sizes.activationBytes) + states + this.sizes.contexts();
    const blocks = network.blocks.map((block) => sum(linearsOf(block).map((linear) => this.sizes.weight(linear))));
    const resident = this.sizes.resident() + (others ? sum(blocks) : 0);
    const through = Math.max(...network.blocks.map((block) => this.#mostThrough(block, chunks)));
    const head = task === 'text' ? headBytes(outputWidth, hidden) : null;
    const table = head?.table ?? 0;
    const widest = Math.max(...chunks.map(tokensOf));
    const logits = head ? size(Math.min(widest, head.rowsAtOnce), head.width) : 0;
    const passing = held + resident + through + table;
    const largest = Math.max(...network.blocks.flatMap(linearsOf).map((linear) => this.sizes.weight(linear)));
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
        Math.max(3 * logits, Math.min(harvest, this.sizes.activationBytes) + trying + Math.max(...back)),
    );
  }

  /**
   * A lesson: the network's weights, hidden states before its first block and behind its last, those before every block of one step, and
   * one block's tape, on which weights and inputs are made anew. A step that learns nothing opens none.
   */
  #taught({ steps, batch }: Lessons): number {
    if (steps === 0) return 0;
    const { subject, chunks, activationBytes } = this.sizes;
    const { network, calibration, outputWidth } = subject;
    const { hidden } = network;
    const tokens = Math.min(batch, calibration.windows) * calibration.length;
    const states =
      2 * sum(chunks.filter(({ heldOut }) => !heldOut).map((chunk) => residualBytes(network, chunk.geometry)));
    const weights = sum(network.blocks.flatMap(linearsOf).map(({ rows, cols }) => size(rows, cols)));
    const head = headBytes(outputWidth, hidden);
    const before = network.blocks.length * size(tokens, hidden);
    const held = Math.min(states, activationBytes) + weights + head.table + before + 2 * size(hidden, hidden);
    const tapes = network.blocks.map((block) => {
      const own = this.sizes.onTape(block, batch);
      return LESSON_COPIES.weights * own.weights + LESSON_COPIES.activations * own.tape;
    });
    return held + Math.max(3 * size(Math.min(tokens, head.rowsAtOnce), head.width), ...tapes);
  }

  #mostThrough(block: Block, chunks: readonly Chunk[]): number {
    const widths = stageWidths(block, this.sizes.subject.network.hidden);
    return Math.max(...chunks.map((chunk) => this.sizes.through(block, widths, chunk)));
  }

  /** One block there and back on a tape. */
  #back(block: Block, chunk: Chunk): number {
    const widths = stageWidths(block, this.sizes.subject.network.hidden);
    const values = block.stages.map((stage, s) => {
      return bytesOf(widths[s].tap, chunk) + this.sizes.passing(stage, widths[s], 1, chunk);
    });
    return 2 * sum(values);
  }

  /** Inputs of a block's stages, and gradients at its layers' outputs. */
  #harvest(block: Block, chunks: readonly Chunk[]): number {
    const widths = stageWidths(block, this.sizes.subject.network.hidden);
    const of = (stage: Stage, own: StageWidths, chunk: Chunk) => {
      const rows = rowsAt(own, chunk.geometry);
      return bytesOf(own.tap, chunk) + sum(stage.linears.map((linear) => size(rows, linear.rows)));
    };
    return sum(chunks.flatMap((chunk) => block.stages.map((stage, s) => of(stage, widths[s], chunk))));
  }

  /** The first calibration windows, in chunks. */
  #calibrated(windows: number): Chunk[] {
    const { calibration, heldOut } = this.sizes.subject;
    const sets = {
      calibration: { ...calibration, windows: Math.min(windows, calibration.windows) },
      heldOut: { ...heldOut, windows: 0 },
    };
    return chunksOf(sets, chunkTokens(this.sizes.subject, this.sizes.limits.largest));
  }
}
