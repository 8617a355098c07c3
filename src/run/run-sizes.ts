/**
 * GPU bytes of the things that a run holds, from shapes alone: weights, what rests between stages, a chunk on its way through one. Buffers are
 * counted as the pool hands them out, padded and rounded up to its sizes (src/gpu/buffers.ts). plan-bytes.ts and findings-bytes.ts add them up.
 */
import { poolBytes } from '../gpu/buffers';
import type { Block, Linear, Stage } from '../model/architecture';
import { NARROW_COLUMNS } from '../tensor/attend-narrow';
import { pieceRows } from '../tensor/panels';
import { padded } from '../tensor/tensor';
import { tileHeights } from '../tensor/weight';
import type { RunRow } from '../recipe/rows';
import { hasBranches } from './applied-layer';
import { residualBytes, rowsAt, stageWidths, type StageWidths, type Widths } from './block-bytes';
import type { Chunk } from './chunks';
import { size } from './layer-bytes';
import { mends } from './mend-block';
import { streamsOf, type Streams } from './streams';
import type { Subject } from './subject';

/** Scores of attention that are laid out at once, at most (src/tensor/attend.ts). */
const SCORE_BYTES = 2 ** 25;

/** Bytes of a buffer, at most (src/gpu/buffers.ts). */
export interface BufferLimits {
  readonly largest: number;
  /** Beyond which a Hessian is in panels (src/tensor/panels.ts). */
  readonly panelBytes: number;
  /** Beyond which a weight is in tiles (src/tensor/weight.ts). */
  readonly tileBytes: number;
}

export const UNLIMITED: BufferLimits = { largest: Infinity, panelBytes: Infinity, tileBytes: Infinity };

/** Bytes of weights that stay between passes (src/model/resident-blocks.ts). */
const RESIDENT_BYTES = 2 ** 30;

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
export const linearsOf = ({ stages }: Block): readonly Linear[] => stages.flatMap((stage) => stage.linears);
export const tokensOf = ({ geometry: { windows, length } }: Chunk) => windows * length;
export const bytesOf = (
  { token, window = [], heads = [], images = [] }: Widths,
  { geometry: { windows, length } }: Chunk,
) =>
  sum(token.map((width) => size(windows * length, width))) +
  sum(window.map((width) => size(windows, width))) +
  sum(heads.map(([count, dim, rows = length]) => size(windows * count * padded(rows), dim))) +
  sum(images.map(([pixels, channels]) => size(windows * pixels, channels)));

/** What a plan is made of. */
export interface Sized {
  readonly subject: Subject;
  readonly rows: readonly RunRow[];
  readonly chunks: readonly Chunk[];
  /** GPU bytes that activations may hold. */
  readonly activationBytes: number;
  readonly limits: BufferLimits;
}

export class RunSizes {
  readonly subject: Subject;
  readonly rows: readonly RunRow[];
  readonly chunks: readonly Chunk[];
  readonly activationBytes: number;
  readonly limits: BufferLimits;
  readonly streams: Streams;

  constructor(of: Sized) {
    ({
      subject: this.subject,
      rows: this.rows,
      chunks: this.chunks,
      activationBytes: this.activationBytes,
      limits: this.limits,
    } = of);
    this.streams = streamsOf(of.rows);
  }

  /** A weight, in tiles where no buffer holds it. */
  weight({ rows, cols }: Linear): number {
    return sum(this.tiles({ rows, cols }).map((height) => size(height, cols)));
  }

  tiles({ rows, cols }: Pick<Linear, 'rows' | 'cols'>): number[] {
    return tileHeights(rows, cols, this.limits.tileBytes);
  }

  /** H of inputs, in panels where it is. */
  square(cols: number): number {
    return sum(pieceRows(cols, this.limits.panelBytes).map((height) => size(height, cols)));
  }

  /** The same of one stream's chunk. */
  state(waiting: StageWidths | null, chunk: Chunk): number {
    const { geometry } = chunk;
    const residual = waiting?.rests
      ? sum(waiting.rests.map(([rows, cols]) => size(geometry.windows * rows, cols)))
      : residualBytes(this.subject.network, geometry);
    return residual + (waiting ? bytesOf(waiting.tap, chunk) + bytesOf(waiting.carry, chunk) : 0);
  }

  /** What rests between two stages: the residual, the next input and what is carried; of it what the budget leaves on the GPU. */
  states(waiting: StageWidths | null): number {
    const all = this.streams.count * sum(this.chunks.map((chunk) => this.state(waiting, chunk)));
    return Math.min(all + this.kept(waiting), this.activationBytes) + this.contexts();
  }

  /** Inputs of a block, of rows that run it once more, and those of a stage as they were before they were rounded, for branches. */
  kept(waiting: StageWidths | null): number {
    const again = this.rows.filter(mends).length * sum(this.chunks.map((chunk) => this.state(null, chunk)));
    if (!waiting) return again;
    return again + this.rows.filter(hasBranches).length * sum(this.chunks.map((chunk) => bytesOf(waiting.tap, chunk)));
  }

  /** What steers the blocks, of all chunks. */
  contexts(): number {
    const { context } = this.subject.network;
    if (!context) return 0;
    const { steer, tokens } = context;
    return sum(
      this.chunks.map(({ geometry: { windows } }) => {
        return size(windows, steer) + (tokens ? size(windows * tokens[0], tokens[1]) : 0);
      }),
    );
  }

  /** A chunk on its way through a stage: outputs of as many streams as are there at once, and what is made between two inputs. */
  passing(stage: Stage, widths: StageWidths, streams: number, chunk: Chunk): number {
    const { geometry } = chunk;
    const { made, attention } = widths;
    const rows = rowsAt(widths, geometry);
    const outputs = sum(stage.linears.map((linear) => size(rows, linear.rows)));
    let between = bytesOf(made, chunk);
    if (attention && attention.dim > NARROW_COLUMNS) {
      const { heads, queries = geometry.length, keys = geometry.length } = attention;
      const scores = geometry.windows * heads * padded(queries) * padded(keys) * 4;
      between += poolBytes(Math.min(scores, SCORE_BYTES));
    }
    return streams * outputs + between;
  }

  /** A chunk that no stream has of its own on its way through a block. */
  through(block: Block, widths: readonly StageWidths[], chunk: Chunk): number {
    const stages = block.stages.map((stage, s) => {
      return this.state(widths[s], chunk) + this.passing(stage, widths[s], 1, chunk);
    });
    return Math.max(...stages);
  }

  /** A network's own weights while it is gone through again and again. */
  resident(): number {
    const blocks = this.subject.network.blocks.map((block) =>
      sum(linearsOf(block).map((linear) => this.weight(linear))),
    );
    return sum(blocks) <= RESIDENT_BYTES ? sum(blocks) : RESIDENT_BYTES + Math.max(...blocks);
  }

  /** A block's weights, inputs and outputs of its stages in one step, and what all windows should come out as. */
  onTape(block: Block, batch: number): { readonly weights: number; readonly tape: number; readonly targets: number } {
    const { calibration, network } = this.subject;
    const windows = Math.min(batch, calibration.windows);
    // What steers a block has one row a window.
    const rows = stageWidths(block, network.hidden).map((widths) =>
      rowsAt(widths, { windows, length: calibration.length }),
    );
    const tape = block.stages.flatMap(({ linears }, s) =>
      [linears[0].cols, ...linears.map((linear) => linear.rows)].map((width) => size(rows[s], width)),
    );
    const targets = this.chunks
      .filter((chunk) => !chunk.heldOut)
      .map(({ geometry }) => residualBytes(network, geometry));
    return {
      weights: sum(linearsOf(block).map(({ rows, cols }) => size(rows, cols))),
      tape: sum(tape),
      targets: sum(targets),
    };
  }
}
