/**
 * What stands before the first block and after the last: embedding, and final norm with the output head.
 *
 * The embedding's rows are looked up on the host. The head stays on the GPU where its table is small; a large one is never there, nor
 * on the host, as a whole, but is applied a tile of the vocabulary at a time, each read when its turn comes.
 */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { matmul as multiply } from '../gradient/matmul';
import { concatColumns } from '../gradient/slice';
import type { Tape, Variable } from '../gradient/tape';
import { addPositions } from '../tensor/bias';
import { project, Table } from '../tensor/embedding';
import { Tensor } from '../tensor/tensor';
import { rowsOfLogits, WHOLE_HEAD_BYTES } from './head-bytes';
import { HostTable } from './host-table';
import type { Geometry, Model, WeightSource } from './model';
import { Norm, readVectors, tensorsOf } from './norm';
import { rowTiles, TILE_BYTES, tileRows } from './tiles';

/** Opens the embedding. */
export async function loadEmbedder(gpu: Gpu, source: WeightSource, model: Model): Promise<Embedder> {
  const { embedding, positions } = model.ends;
  const [table, learned] = await Promise.all([
    HostTable.open(source, embedding, model.vocabulary, model.hidden),
    positions === null ? null : HostTable.open(source, positions, model.maxLength, model.hidden),
  ]);
  return new Embedder(gpu, model, table, learned);
}

export interface HeadOptions {
  /** F32 bytes of the table up to which it stays on the GPU as a whole. */
  readonly wholeBytes?: number;
  /** F32 bytes of a tile of the vocabulary where it does not. */
  readonly tileBytes?: number;
}

/** Loads the final norm, and the head where it is small. Throws QS-RECIPE-01 where the network has none. */
export async function loadHead(
  gpu: Gpu,
  source: WeightSource,
  model: Model,
  { wholeBytes = WHOLE_HEAD_BYTES, tileBytes = TILE_BYTES }: HeadOptions = {},
): Promise<Head> {
  const { head, norm } = model.ends;
  if (head === null) throw withoutHead();
  const { vocabulary, hidden } = model;
  const vectors = await readVectors(source, tensorsOf(norm));
  const whole = vocabulary * hidden * 4 <= wholeBytes;
  const table = whole ? await uploadTable(gpu, source, head, vocabulary, hidden) : null;
  const read = (rows: number) => rowTiles(source, head, vocabulary, hidden, rows);
  return new Head(gpu, new Norm(gpu, vectors, norm), table, {
    rows: vocabulary,
    cols: hidden,
    tileBytes,
    name: head,
    read,
  });
}

async function uploadTable(gpu: Gpu, source: WeightSource, name: string, rows: number, cols: number): Promise<Table> {
  const table = Table.empty(gpu, rows, cols, name);
  try {
    for await (const tile of rowTiles(source, name, rows, cols)) table.writeRows(tile.first, tile.values);
  } catch (error) {
    table.release();
    throw error;
  }
  return table;
}

/** The refusal of what only a head gives: logits, and all that is computed from them. */
export function withoutHead(): StudioError {
  return new StudioError(
    'QS-RECIPE-01',
    'This network has no output head, so perplexity, accuracy and text of its own are not available: quantize it on a file or on random input, which measures its layers and blocks.',
  );
}

export class Embedder {
  constructor(
    private readonly gpu: Gpu,
    private readonly model: Model,
    /** vocabulary × hidden. */
    private readonly table: HostTable,
    private readonly positions: HostTable | null,
  ) {}

  /** tokens × hidden for windows · length ids. Throws QS-FILE-08 for an id past the vocabulary, QS-RECIPE-01 for a window too long. */
  async embed(ids: Uint32Array<ArrayBuffer>, g: Geometry): Promise<Tensor> {
    const { vocabulary, maxLength, hidden } = this.model;
    if (ids.length !== g.windows * g.length) {
      throw new Error(`bug: ${ids.length} ids are not ${g.windows} windows of ${g.length}`);
    }
    if (g.length > maxLength) {
      throw new StudioError(
        'QS-RECIPE-01',
        `A window of ${g.length} tokens is longer than the ${maxLength} this model can see: choose a shorter one.`,
        { length: g.length, limit: maxLength },
      );
    }
    const unknown = ids.find((id) => id >= vocabulary);
    if (unknown !== undefined) {
      throw new StudioError(
        'QS-FILE-08',
        `The tokenizer gives id ${unknown}, and this model knows ${vocabulary} tokens: choose the tokenizer that belongs to it.`,
        { id: unknown, vocabulary },
      );
    }
    const places = Uint32Array.from({ length: g.length }, (_, place) => place);
    const [rows, learned] = await Promise.all([this.table.gather(ids), this.positions?.gather(places)]);
    const x = Tensor.from(this.gpu, ids.length, hidden, rows, 'embedding');
    if (learned) {
      const positions = Tensor.from(this.gpu, g.length, hidden, learned, 'positions');
      addPositions(x, positions, g.length);
      positions.release();
    }
    return x;
  }
}

/** Where a head's rows come from. */
interface HeadRows {
  readonly rows: number;
  readonly cols: number;
  readonly tileBytes: number;
  readonly name: string;
  read(rows: number): ReturnType<typeof rowTiles>;
}

/** Some neighbouring rows of the head. */
export interface VocabularyTile {
  readonly first: number;
  readonly count: number;
  /** rows × count: logits of these ids alone, for rows × hidden, which stays the caller's. */
  logits(hidden: Tensor): Tensor;
}

export class Head {
  constructor(
    private readonly gpu: Gpu,
    private readonly norm: Norm,
    /** vocabulary × hidden; null where it does not stay on the GPU. */
    private readonly table: Table | null,
    private readonly source: HeadRows,
  ) {}

  /** Whether all logits of some rows come in one piece. */
  get whole(): boolean {
    return this.table !== null;
  }

  get vocabulary(): number {
    return this.source.rows;
  }

  /** Rows of hidden states whose logits are a reasonable size; of a tile's logits where `tile` says how wide it is. */
  rowsAtOnce(width = this.vocabulary): number {
    return rowsOfLogits(width);
  }

  /** The same on a tape; nothing flows into the head. For heads that are whole. */
  on(tape: Tape, hidden: Variable): Variable {
    if (!this.table) throw new Error('bug: all logits at once of a head that is read in tiles');
    const normed = this.norm.on(tape, hidden);
    const parts = this.table.panels.map((panel) => multiply(tape, 'nt', normed, tape.constant(panel)));
    return parts.length === 1 ? parts[0] : concatColumns(tape, parts);
  }

  /** Ids of a tile by its bytes. */
  get tileRows(): number {
    return Math.min(this.vocabulary, tileRows(this.source.cols, this.source.tileBytes));
  }

  /** rows × vocabulary for rows × hidden, which stays the caller's. For heads that are whole. */
  logits(hidden: Tensor): Tensor {
    if (!this.table) throw new Error('bug: all logits at once of a head that is read in tiles');
    return this.#project(hidden, this.table);
  }

  /** The vocabulary in tiles of `rows` ids, in order. A tile is worth nothing once the next is asked for. */
  async *tiles(rows = this.tileRows): AsyncGenerator<VocabularyTile, void, void> {
    const { gpu, source } = this;
    for await (const { first, count, values } of source.read(rows)) {
      const table = Table.from(gpu, count, source.cols, values, source.name);
      try {
        yield { first, count, logits: (hidden) => this.#project(hidden, table) };
      } finally {
        table.release();
      }
    }
  }

  /** rows × vocabulary on the host, for a few rows of hidden states, which stay the caller's. */
  async hostLogits(hidden: Tensor): Promise<Float32Array<ArrayBuffer>> {
    const { rows } = hidden;
    if (this.table) {
      const logits = this.logits(hidden);
      const values = await logits.read();
      logits.release();
      return values;
    }
    const all = new Float32Array(rows * this.vocabulary);
    for await (const tile of this.tiles()) {
      const logits = tile.logits(hidden);
      const values = await logits.read();
      logits.release();
      for (let r = 0; r < rows; r++) {
        all.set(values.subarray(r * tile.count, (r + 1) * tile.count), r * this.vocabulary + tile.first);
      }
    }
    return all;
  }

  release(): void {
    this.norm.release();
    this.table?.release();
  }

  #project(hidden: Tensor, table: Table): Tensor {
    const normed = this.norm.apply(hidden);
    const logits = project(normed, table);
    normed.release();
    return logits;
  }
}
