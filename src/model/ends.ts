/** What stands before the first block and after the last: embedding, and final norm with the output head. */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { addPositions } from '../tensor/bias';
import { gather, project, Table } from '../tensor/embedding';
import { Indices } from '../tensor/indices';
import { padded, Tensor } from '../tensor/tensor';
import type { Geometry, Model, WeightSource } from './model';
import { Norm, readVectors, tensorsOf } from './norm';

/** Logits held at once; a large vocabulary makes them the widest activation by far. */
const LOGIT_BYTES = 1 << 26;

/** Loads the embedding. */
export async function loadEmbedder(gpu: Gpu, source: WeightSource, model: Model): Promise<Embedder> {
  const { embedding, positions } = model.ends;
  const [values, learned] = await Promise.all([
    source.read(embedding),
    positions === null ? null : source.read(positions),
  ]);
  const table = Table.from(gpu, model.vocabulary, model.hidden, values, embedding);
  const tensor = learned && Tensor.from(gpu, model.maxLength, model.hidden, learned, positions ?? '');
  return new Embedder(gpu, model, table, tensor);
}

/** Loads the final norm and the head; a tied head borrows the embedder's table when one is given. */
export async function loadHead(gpu: Gpu, source: WeightSource, model: Model, embedder?: Embedder): Promise<Head> {
  const { head, embedding, norm } = model.ends;
  if (head === null) throw withoutHead();
  const vectors = await readVectors(source, tensorsOf(norm));
  if (head === embedding && embedder) return new Head(new Norm(gpu, vectors, norm), embedder.table, false);
  const values = await source.read(head);
  return new Head(new Norm(gpu, vectors, norm), Table.from(gpu, model.vocabulary, model.hidden, values, head), true);
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
    readonly table: Table,
    private readonly positions: Tensor | null,
  ) {}

  /** tokens × hidden for windows · length ids. Throws QS-FILE-08 for an id past the vocabulary, QS-RECIPE-01 for a window too long. */
  embed(ids: Uint32Array<ArrayBuffer>, g: Geometry): Tensor {
    const { vocabulary, maxLength } = this.model;
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
    const indices = Indices.from(this.gpu, ids, 'token ids');
    const x = gather(this.table, indices);
    indices.release();
    if (this.positions) addPositions(x, this.positions, g.length);
    return x;
  }

  release(): void {
    this.table.release();
    this.positions?.release();
  }
}

export class Head {
  constructor(
    private readonly norm: Norm,
    private readonly table: Table,
    private readonly ownsTable: boolean,
  ) {}

  /** Rows of hidden states whose logits are a reasonable size. */
  get rowsAtOnce(): number {
    return Math.max(8, Math.floor(LOGIT_BYTES / (padded(this.table.rows) * 4 * 8)) * 8);
  }

  /** rows × vocabulary for rows × hidden, which stays the caller's. */
  logits(hidden: Tensor): Tensor {
    const normed = this.norm.apply(hidden);
    const logits = project(normed, this.table);
    normed.release();
    return logits;
  }

  release(): void {
    this.norm.release();
    if (this.ownsTable) this.table.release();
  }
}
