/**
 * A whole model on the GPU: ids in, logits and losses out; with its own weights or with others put in their place.
 *
 * Windows are batched, and every block runs over all batches before the next block's weights are loaded, so a model larger than
 * `residentBytes` is read once a call (for up to HIDDEN_BYTES of activations). It generates by running the growing text again for
 * every token: right for samples of a few hundred tokens, not for chatting.
 */
import { Random } from '../base/random';
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { gather, sliceRows, Table } from '../tensor/embedding';
import { Indices } from '../tensor/indices';
import { argmaxRows, crossEntropy, NO_TARGET } from '../tensor/loss';
import { padded, Tensor } from '../tensor/tensor';
import { loadEmbedder, loadHead, type Embedder, type Head, type HeadOptions } from './ends';
import type { Geometry, Model, WeightSource } from './model';
import { streamedLosses } from './streamed-losses';
import { ResidentBlocks, type Batch, type ResidentOptions } from './resident-blocks';

export interface LanguageModelOptions extends ResidentOptions, HeadOptions {
  /** Tokens run through a block at once, at least one window; default 2048, or what one buffer holds of the widest layer. */
  readonly batchTokens?: number;
}

/** Hidden states of all batches that run through the blocks together. */
const HIDDEN_BYTES = 1 << 28;

/** Logits of some consecutive tokens. */
export interface LogitChunk {
  readonly firstToken: number;
  /** tokens × vocabulary; released when the next chunk is asked for. */
  readonly logits: Tensor;
}

export class LanguageModel {
  readonly #blocks: ResidentBlocks;

  /** Loads embedding and head; blocks are loaded when they are first run. */
  static async load(
    gpu: Gpu,
    source: WeightSource,
    model: Model,
    options: LanguageModelOptions = {},
  ): Promise<LanguageModel> {
    const embedder = await loadEmbedder(gpu, source, model);
    const head = await loadHead(gpu, source, model, options);
    return new LanguageModel(gpu, source, model, embedder, head, options);
  }

  private constructor(
    private readonly gpu: Gpu,
    source: WeightSource,
    readonly model: Model,
    readonly embedder: Embedder,
    readonly head: Head,
    private readonly options: LanguageModelOptions,
  ) {
    this.#blocks = new ResidentBlocks(gpu, source, model.blocks, options);
  }

  /** Hidden states after the last block, before the final norm: tokens × hidden, one tensor a batch of windows, the caller's. */
  async hidden(ids: Uint32Array<ArrayBuffer>, g: Geometry): Promise<Tensor[]> {
    const each = this.#windowsAtOnce(g.length);
    const batches: Batch[] = [];
    for (let first = 0; first < g.windows; first += each) {
      const geometry = { windows: Math.min(each, g.windows - first), length: g.length };
      const part = ids.slice(first * g.length, (first + geometry.windows) * g.length);
      batches.push({ geometry, context: null, kept: [], hidden: await this.embedder.embed(part, geometry) });
    }
    try {
      await this.#blocks.run(batches);
    } catch (error) {
      for (const { hidden } of batches) hidden.release();
      throw error;
    }
    return batches.map(({ hidden }) => hidden);
  }

  /** Logits chunk by chunk, in order; the same ids and geometry give the same chunks in any model with this vocabulary. */
  async *logitChunks(ids: Uint32Array<ArrayBuffer>, g: Geometry): AsyncGenerator<LogitChunk, void, void> {
    const rows = this.head.rowsAtOnce();
    const held = new Set<Tensor>();
    try {
      for (const part of this.#parts(g)) {
        let firstToken = part.firstToken;
        const hiddens = await this.hidden(ids.slice(firstToken, firstToken + part.windows * g.length), part);
        for (const hidden of hiddens) held.add(hidden);
        for (const hidden of hiddens) {
          for (let first = 0; first < hidden.rows; first += rows) {
            const slice = sliceRows(hidden, first, Math.min(rows, hidden.rows - first));
            const logits = this.head.logits(slice);
            slice.release();
            held.add(logits);
            yield { firstToken: firstToken + first, logits };
            drop(held, logits);
          }
          firstToken += hidden.rows;
          drop(held, hidden);
        }
      }
    } finally {
      for (const tensor of held) tensor.release(); // a reader that stops early
    }
  }

  /** All logits, tokens × vocabulary: for few tokens. */
  async logits(ids: Uint32Array<ArrayBuffer>, g: Geometry): Promise<Tensor> {
    const { gpu, head, model } = this;
    if (!head.whole) {
      const hiddens = await this.hidden(ids, g);
      const rows = await Promise.all(hiddens.map((hidden) => head.hostLogits(hidden)));
      for (const hidden of hiddens) hidden.release();
      const values = Float32Array.from(rows.flatMap((part) => [...part]));
      return Tensor.from(gpu, g.windows * g.length, model.vocabulary, values, 'logits');
    }
    const all = Tensor.zeros(gpu, g.windows * g.length, model.vocabulary, 'logits');
    for await (const { firstToken, logits } of this.logitChunks(ids, g)) {
      const rowBytes = logits.stride * 4;
      gpu.copy(logits.buffer, 0, all.buffer, firstToken * rowBytes, logits.rows * rowBytes);
    }
    return all;
  }

  /** −log p in nats of every predicted token: positions 1 … length − 1 of each window, windows · (length − 1) values. */
  async negativeLogLikelihood(ids: Uint32Array<ArrayBuffer>, g: Geometry): Promise<Float32Array<ArrayBuffer>> {
    if (!this.head.whole) return (await this.streamedLosses(ids, g)).nll;
    const targets = nextTokens(ids, g.length);
    const losses: Tensor[] = [];
    for await (const { firstToken, logits } of this.logitChunks(ids, g)) {
      const wanted = Indices.from(this.gpu, targets.slice(firstToken, firstToken + logits.rows), 'targets');
      losses.push(crossEntropy(logits, wanted));
      wanted.release();
    }
    const read = await this.gpu.read(...losses.map(({ buffer, bytes }) => ({ buffer, bytes })));
    const values = new Float32Array(g.windows * (g.length - 1));
    let token = 0;
    let at = 0;
    losses.forEach((loss, i) => {
      for (const value of loss.unpad(new Float32Array(read[i]))) {
        if (token++ % g.length < g.length - 1) values[at++] = value;
      }
      loss.release();
    });
    return values;
  }

  /**
   * The same by tiles of the vocabulary, KL(`against` ‖ this model) at the same positions, and where the likeliest token is the same: for
   * heads that do not stay on the GPU.
   */
  async streamedLosses(
    ids: Uint32Array<ArrayBuffer>,
    g: Geometry,
    against: LanguageModel | null = null,
  ): Promise<{ nll: Float32Array<ArrayBuffer>; kl: Float32Array<ArrayBuffer> | null; same: boolean[] }> {
    const models = against ? [against, this] : [this];
    const nll: number[] = [];
    const kl: number[] = [];
    const same: boolean[] = [];
    const predicted = <T>(values: readonly T[], into: T[]) =>
      values.forEach((value, token) => (token % g.length < g.length - 1 ? into.push(value) : 0));
    for (const part of this.#parts(g)) {
      const own = ids.slice(part.firstToken, part.firstToken + part.windows * g.length);
      const states: Tensor[][] = [];
      try {
        for (const model of models) states.push(await model.hidden(own, part));
        let first = 0;
        const targets = states[0].map(({ rows }) => nextTokens(own, g.length).slice(first, (first += rows)));
        const streams = models.map(({ head }, m) => ({
          head,
          hidden: (piece: number, body: (hidden: Tensor) => void) => body(states[m][piece]),
        }));
        const all = await streamedLosses(this.gpu, streams, targets);
        for (const [i, piece] of (all.at(-1) ?? []).entries()) {
          predicted(piece.nll, nll);
          if (piece.kl) predicted(piece.kl, kl);
          predicted(
            piece.best.map((best, at) => best === all[0][i].best[at]),
            same,
          );
        }
      } finally {
        for (const tensor of states.flat()) tensor.release();
      }
    }
    return { nll: Float32Array.from(nll), kl: against && Float32Array.from(kl), same };
  }

  /** The prompt's most likely continuation, at most `count` ids; stops before `stopAt`. The model sees its last maxLength ids. */
  async generateGreedy(prompt: readonly number[], count: number, stopAt: number | null = null): Promise<number[]> {
    const ids = [...prompt];
    while (ids.length < prompt.length + count) {
      const seen = Uint32Array.from(ids.slice(-this.model.maxLength));
      const last = await this.#lastHidden(seen, { windows: 1, length: seen.length });
      const next = await this.#likeliest(last);
      last.release();
      if (!Number.isFinite(next)) throw notFinite(ids.length);
      if (next === stopAt) break;
      ids.push(next);
    }
    return ids.slice(prompt.length);
  }

  /** Windows drawn from the model itself, one id after another from softmax(logits), all beginning with `start`. */
  async sampleWindows(windows: number, length: number, seed: number, start: number): Promise<Uint32Array<ArrayBuffer>> {
    const random = new Random(seed);
    const texts = Array.from({ length: windows }, () => [start]);
    for (let known = 1; known < length; known++) {
      const last = await this.#lastHidden(Uint32Array.from(texts.flat()), { windows, length: known });
      const rows = await this.head.hostLogits(last);
      last.release();
      if (!rows.every(Number.isFinite)) throw notFinite(known);
      const { vocabulary } = this.model;
      texts.forEach((text, i) =>
        text.push(draw(rows.subarray(i * vocabulary, (i + 1) * vocabulary), random.uniform())),
      );
    }
    return Uint32Array.from(texts.flat());
  }

  /** Logits of what follows some ids, on the host; not finite ones are refused. */
  async nextLogits(ids: readonly number[]): Promise<Float32Array> {
    const last = await this.#lastHidden(Uint32Array.from(ids), { windows: 1, length: ids.length });
    const logits = await this.head.hostLogits(last);
    last.release();
    if (!logits.every(Number.isFinite)) throw notFinite(ids.length);
    return logits;
  }

  release(): void {
    this.#blocks.release();
    this.head.release();
  }

  /** Windows whose hidden states are held together. */
  #parts({ windows, length }: Geometry): (Geometry & { firstToken: number })[] {
    const each = Math.max(1, Math.floor(HIDDEN_BYTES / (padded(this.model.hidden) * 4 * length)));
    return Array.from({ length: Math.ceil(windows / each) }, (_, i) => {
      return { windows: Math.min(each, windows - i * each), length, firstToken: i * each * length };
    });
  }

  /** The id of the largest logit of one row of hidden states; not finite where a logit is not. */
  async #likeliest(hidden: Tensor): Promise<number> {
    if (!this.head.whole) {
      const logits = await this.head.hostLogits(hidden);
      if (!logits.every(Number.isFinite)) return NaN;
      return logits.reduce((best, value, id) => (value > logits[best] ? id : best), 0);
    }
    const logits = this.head.logits(hidden);
    const best = argmaxRows(logits);
    logits.release();
    const [next] = await best.read();
    best.release();
    return next;
  }

  /** windows × hidden: each window's last token, after the last block. */
  async #lastHidden(ids: Uint32Array<ArrayBuffer>, g: Geometry): Promise<Tensor> {
    const lasts: Tensor[] = [];
    for (const hidden of await this.hidden(ids, g)) {
      const positions = Uint32Array.from({ length: hidden.rows / g.length }, (_, w) => (w + 1) * g.length - 1);
      const indices = Indices.from(this.gpu, positions, 'last tokens');
      lasts.push(gather(Table.of(hidden), indices));
      indices.release();
      hidden.release();
    }
    const all = Tensor.zeros(this.gpu, g.windows, this.model.hidden, 'last tokens');
    let at = 0;
    for (const last of lasts) {
      this.gpu.copy(last.buffer, 0, all.buffer, at, last.rows * last.stride * 4);
      at += last.rows * last.stride * 4;
      last.release();
    }
    return all;
  }

  #windowsAtOnce(length: number): number {
    const linears = this.model.blocks.flatMap(({ stages }) => stages.flatMap((stage) => stage.linears));
    const widest = linears.reduce((most, { rows, cols }) => Math.max(most, rows, cols), this.model.hidden);
    const held = Math.floor(this.gpu.buffers.largest / (padded(widest) * 4 * 8)) * 8;
    return Math.max(1, Math.floor(Math.min(this.options.batchTokens ?? 2048, held) / length));
  }
}

/** The id that follows each one in its window; NO_TARGET after the last. */
export function nextTokens(ids: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  return ids.map((_, i) => ((i + 1) % length === 0 ? NO_TARGET : ids[i + 1]));
}

/** The index at which the cumulative softmax passes `uniform`. */
function draw(logits: Float32Array, uniform: number): number {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Float64Array.from(logits, (value) => Math.exp(value - highest));
  let left = uniform * weights.reduce((a, b) => a + b, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index === -1 ? weights.length - 1 : index;
}

function drop(held: Set<Tensor>, tensor: Tensor): void {
  held.delete(tensor);
  tensor.release();
}

/** Of logits that nothing can be drawn from. */
function notFinite(known: number): StudioError {
  return new StudioError(
    'QS-NUM-02',
    `the model gives logits that are NaN or infinite after ${known} token${known === 1 ? '' : 's'}, so it cannot write text; its weights are damaged or overflow F32: choose an undamaged copy, or calibrate on a text`,
  );
}
