/**
 * What every stream holds of every chunk between two stages of a block: the residual, the next stage's input (its *tap*), and what the
 * block carries along. The full-precision streams of the run's views come first, then its rows' (`Streams`). The context that steers a block
 * belongs to the chunk, as it is the same in all streams. Everything rests in one activation store.
 */
import type { Gpu } from '../gpu/gpu';
import { Tape, type Variable } from '../gradient/tape';
import { detached, type StagedBlock, type StageState } from '../model/architecture';
import { mapContext, releaseContext, type Context } from '../model/context';
import type { Hooks } from '../model/hooks';
import type { Block } from '../model/model';
import { enterBlock, leaveBlock } from '../model/skips';
import type { Tensor } from '../tensor/tensor';
import { ActivationStore } from './activation-store';
import { type Chunk } from './chunks';
import type { Embedded } from './subject';

const residual = (stream: number, chunk: number) => `${stream}/${chunk}/residual`;
const tap = (stream: number, chunk: number) => `${stream}/${chunk}/tap`;
const kept = (stream: number, chunk: number) => `${stream}/${chunk}/tap before its hooks`;
const before = (stream: number, chunk: number) => `${stream}/${chunk}/residual before the block`;
const carried = (stream: number, chunk: number, i: number) => `${stream}/${chunk}/carry/${i}`;
const skip = (stream: number, chunk: number, i: number) => `${stream}/${chunk}/skip/${i}`;
const context = (chunk: number) => ({ steer: `context/${chunk}`, tokens: `context/${chunk}/tokens` });
const target = (chunk: number) => `target/${chunk}`;

export class StreamStates {
  readonly #store: ActivationStore;
  /** Tensors carried, by stream and chunk. */
  readonly #carried = new Map<string, number>();
  /** Skips that wait (src/model/skips.ts), by stream and chunk. */
  readonly #waiting = new Map<string, number>();
  /** Whether tokens steer too, by chunk. */
  readonly #steered = new Map<number, boolean>();

  constructor(
    private readonly gpu: Gpu,
    budgetBytes: number,
  ) {
    this.#store = new ActivationStore(gpu, budgetBytes);
  }

  /** Gives every stream the chunk's embedding, which is taken over. */
  async embed(streams: readonly number[], chunk: number, { hidden, context: steer }: Embedded): Promise<void> {
    if (steer && this.#steered.has(chunk)) releaseContext(steer);
    else if (steer) {
      await this.#store.put(context(chunk).steer, steer.steer);
      if (steer.tokens) await this.#store.put(context(chunk).tokens, steer.tokens);
      this.#steered.set(chunk, steer.tokens !== null);
    }
    for (const stream of streams) await this.#store.put(residual(stream, chunk), hidden.clone());
    hidden.release();
  }

  /** Puts what a block reads of earlier ones beside a chunk's residual: from then on that is the block's input. */
  async enter(block: Block, stream: number, c: number): Promise<void> {
    if (!block.skip?.reads) return;
    const key = `${stream}/${c}`;
    const top = (this.#waiting.get(key) ?? 0) - 1;
    if (top < 0) throw new Error(`bug: nothing waits for ${block.name}`);
    this.#waiting.set(key, top);
    const input = enterBlock(block, this.#store.take(residual(stream, c)), [this.#store.take(skip(stream, c, top))]);
    await this.#store.put(residual(stream, c), input);
  }

  /** Lets a chunk's residual behind a block wait where later blocks read it. */
  async leave(block: Block, stream: number, c: number): Promise<void> {
    const kept: Tensor[] = [];
    this.peekResidual(stream, c, (hidden) => leaveBlock(block, hidden, kept));
    const key = `${stream}/${c}`;
    for (const tensor of kept) {
      const top = this.#waiting.get(key) ?? 0;
      await this.#store.put(skip(stream, c, top), tensor);
      this.#waiting.set(key, top + 1);
    }
  }

  /** Takes a chunk into a block: from its residual to the first stage's tap. */
  async begin(block: StagedBlock, stream: number, c: number, { geometry }: Chunk): Promise<void> {
    await this.#within(stream, c, (tape, own) => {
      const hidden = own(this.#store.take(residual(stream, c)));
      return this.withContext(tape, c, (steer) => block.begin(tape, hidden, steer, geometry));
    });
  }

  /** Takes a chunk from one stage to the next. `outputs` and the tap (which `takeTap` gave) are taken over. */
  async advance(
    block: StagedBlock,
    stage: number,
    stream: number,
    c: number,
    { geometry }: Chunk,
    ownTap: Tensor,
    outputs: readonly Tensor[],
    hooks: Hooks | null,
  ): Promise<void> {
    await this.#within(stream, c, (tape, own) => {
      const count = this.#carried.get(`${stream}/${c}`) ?? 0;
      const carry = Array.from({ length: count }, (_, i) => own(this.#store.take(carried(stream, c, i))));
      const state = { residual: own(this.#store.take(residual(stream, c))), tap: own(ownTap), carry };
      return block.advance(tape, stage, state, outputs.map(own), geometry, hooks);
    });
  }

  /** Puts what `change` makes of a chunk's tap in its place. */
  async changeTap(stream: number, c: number, change: (tape: Tape, x: Variable) => Variable): Promise<void> {
    const tape = new Tape(this.gpu, { recording: false });
    try {
      const made = change(tape, tape.constant(tape.keep(this.#store.take(tap(stream, c)))));
      await this.#store.put(tap(stream, c), tape.take(made));
    } finally {
      tape.release();
    }
  }

  /** Keeps a copy of a chunk's tap as it is now, for branches that see it so. */
  async keepTap(stream: number, c: number): Promise<void> {
    await this.#store.put(
      kept(stream, c),
      this.peekTap(stream, c, (x) => x.clone('tap as it was')),
    );
  }

  takeKeptTap(stream: number, c: number): Tensor {
    return this.#store.take(kept(stream, c));
  }

  peekKeptTap<T>(stream: number, c: number, body: (tensor: Tensor) => T): T {
    return this.#store.peek(kept(stream, c), body);
  }

  /** Keeps a copy of a chunk's residual as a block is entered, for those who run the block once more. */
  async keepInput(stream: number, c: number): Promise<void> {
    await this.#store.put(
      before(stream, c),
      this.peekResidual(stream, c, (x) => x.clone('residual before the block')),
    );
  }

  peekInput<T>(stream: number, c: number, body: (tensor: Tensor) => T): T {
    return this.#store.peek(before(stream, c), body);
  }

  dropInput(stream: number, c: number): void {
    this.#store.take(before(stream, c)).release();
  }

  /** Puts another residual, which is taken over, in the place of a chunk's. */
  async replaceResidual(stream: number, c: number, tensor: Tensor): Promise<void> {
    this.#store.take(residual(stream, c)).release();
    await this.#store.put(residual(stream, c), tensor);
  }

  takeTap(stream: number, c: number): Tensor {
    return this.#store.take(tap(stream, c));
  }

  takeResidual(stream: number, c: number): Tensor {
    return this.#store.take(residual(stream, c));
  }

  peekTap<T>(stream: number, c: number, body: (tensor: Tensor) => T): T {
    return this.#store.peek(tap(stream, c), body);
  }

  peekResidual<T>(stream: number, c: number, body: (tensor: Tensor) => T): T {
    return this.#store.peek(residual(stream, c), body);
  }

  /** The chunk's context on the tape while `body` launches work; null where nothing steers. */
  withContext<T>(tape: Tape, c: number, body: (context: Context<Variable> | null) => T): T {
    const withTokens = this.#steered.get(c);
    if (withTokens === undefined) return body(null);
    const keys = context(c);
    const on = (steer: Tensor, tokens: Tensor | null) => body(mapContext({ steer, tokens }, (x) => tape.constant(x)));
    return this.#store.peek(keys.steer, (steer) =>
      withTokens ? this.#store.peek(keys.tokens, (tokens) => on(steer, tokens)) : on(steer, null),
    );
  }

  /** Keeps what a block in training should give for a chunk. */
  putTarget(c: number, tensor: Tensor): Promise<void> {
    return this.#store.put(target(c), tensor);
  }

  peekTarget<T>(c: number, body: (tensor: Tensor) => T): T {
    return this.#store.peek(target(c), body);
  }

  dropTarget(c: number): void {
    this.#store.take(target(c)).release();
  }

  release(): void {
    this.#store.releaseAll();
    this.#carried.clear();
    this.#waiting.clear();
    this.#steered.clear();
  }

  /** Puts away the state that a step gives. */
  async #within(
    stream: number,
    c: number,
    step: (tape: Tape, own: (tensor: Tensor) => Variable) => StageState,
  ): Promise<void> {
    const state = detached(this.gpu, step);
    this.#carried.set(`${stream}/${c}`, state.carry.length);
    await this.#store.put(residual(stream, c), state.residual);
    if (state.tap) await this.#store.put(tap(stream, c), state.tap);
    for (const [i, tensor] of state.carry.entries()) await this.#store.put(carried(stream, c, i), tensor);
  }
}
