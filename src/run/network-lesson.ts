/**
 * A network for transforms to learn on as a whole (step/step.ts): weights of all its blocks on the GPU, hidden states before the first block
 * and full precision's behind the last. A step goes through the blocks, keeps what stands before each, and comes back block by block, each
 * gone through once more on a tape of its own (Chen et al. 2016, arXiv:1604.06174): memory is that of one block's tape.
 */
import { StudioError } from '../base/errors';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import { faceOf } from '../method/catalogue';
import { wantsHessian } from '../method/families';
import {
  loadStagedBlock,
  runStaged,
  uploadLinear,
  type Block,
  type Linear,
  type StagedBlock,
} from '../model/architecture';
import { contextOn, releaseContext, type Context } from '../model/context';
import { linearsIn } from '../model/linears';
import { inTurn, type Hooks } from '../model/hooks';
import { backToEntry, backToExit, enterBlock, leaveBlock } from '../model/skips';
import type { Bindings } from '../model/staged-block';
import { onlineHooks } from '../model/view/online';
import type { NetworkView } from '../model/view/view';
import type { NetworkLesson, TapQuantizer } from '../step/step';
import type { Tensor } from '../tensor/tensor';
import { untiled } from '../tensor/weight';
import { ActivationStore } from './activation-store';
import { keptBy, stored, tapsOf } from './block-lesson';
import { chunksOf, type Chunk } from './chunks';
import { assertHeld, type HeldWords } from './held-weights';
import type { LossKind, OutputLoss } from './output-loss';
import { ACTIVATION_BYTES } from './plan-bytes';
import type { ActivationRun, RunHost } from './prepared-run';
import type { RunView } from './views';

export interface Taught {
  readonly run: ActivationRun;
  readonly host: RunHost;
  /** Whose row says what is rounded. */
  readonly of: RunView;
  /** What is learned on. */
  readonly view: NetworkView;
  readonly loss: LossKind;
}

/** By minibatches of at most so many windows, or half of them, a quarter … where GPU memory does not reach. */
export async function networkLesson(taught: Taught, windows: number): Promise<NetworkLesson> {
  const { gpu } = taught.host;
  assertHeld(taught.view.network, gpu, LEARNING);
  for (let each = windows; each >= 1; each = Math.floor(each / 2)) {
    const lesson = await gpu.attempt(async () => {
      const made = await Lesson.open(taught, each);
      try {
        await made.loss(0, (tape) => ({ weight: (linear) => tape.constant(made.weight(linear)) }), true);
        return made;
      } catch (error) {
        made.release();
        throw error;
      }
    });
    if (lesson) return lesson;
  }
  throw new StudioError(
    'QS-GPU-05',
    `Out of GPU memory: learning on the whole network does not fit with one window a step; use shorter windows, or rotate.`,
  );
}

const LEARNING: HeldWords = {
  work: 'Learning on the whole network',
  nothing: (block) => `Nothing can be learned on ${block}`,
  instead: 'choose rotate',
};

class Lesson implements NetworkLesson {
  readonly #blocks: StagedBlock[] = [];
  readonly #weights = new Map<string, Tensor>();
  readonly #quantizers: TapQuantizer[] = [];
  /** The row's quantizers, by block. */
  readonly #taps = new Map<number, Hooks>();
  /** Before the first block, by chunk, and in full precision behind the last. */
  readonly #states: ActivationStore;
  readonly #contexts: (Context | null)[] = [];
  readonly #chunks: readonly Chunk[];
  readonly #online: Hooks | null;
  #output: OutputLoss | null = null;

  static async open(taught: Taught, windows: number): Promise<Lesson> {
    const lesson = new Lesson(taught, windows);
    try {
      await lesson.#load();
      return lesson;
    } catch (error) {
      lesson.release();
      throw error;
    }
  }

  private constructor(
    private readonly taught: Taught,
    windows: number,
  ) {
    const { run, host, view } = taught;
    const { calibration, heldOut } = run.subject;
    this.#chunks = chunksOf({ calibration, heldOut: { ...heldOut, windows: 0 } }, windows * calibration.length);
    this.#states = new ActivationStore(host.gpu, host.activationBytes ?? ACTIVATION_BYTES);
    this.#online = onlineHooks(host.gpu, view.online);
  }

  get gpu() {
    return this.taught.host.gpu;
  }

  get batches(): number[] {
    return this.#chunks.map(({ geometry }) => geometry.windows);
  }

  get roundsInputs(): boolean {
    return this.#taps.size > 0;
  }

  get roundsWeights(): boolean {
    const { view, of } = this.taught;
    const { row } = of;
    return row !== null && linearsIn(view.network).some((linear) => !keptBy(row, linear));
  }

  get solves(): boolean {
    const { row } = this.taught.of;
    return row !== null && wantsHessian(faceOf(row.method), row.options);
  }

  weight({ name }: Linear): Tensor {
    const weight = this.#weights.get(name);
    if (!weight) throw new Error(`bug: ${name} was not loaded`);
    return weight;
  }

  storedWeight(tape: Tape, linear: Linear, weight: Variable): Variable {
    const { row } = this.taught.of;
    return row === null || keptBy(row, linear) ? weight : stored(tape, row, linear, weight);
  }

  async loss(
    batch: number,
    bindings: (tape: Tape, block: Block) => Bindings<Variable>,
    back: boolean,
  ): Promise<number> {
    const before: Tensor[] = [];
    const kept: Tensor[] = [];
    let hidden = this.#states.peek(`first ${batch}`, (x) => x.clone('hidden'));
    try {
      for (const staged of this.#blocks) {
        hidden = enterBlock(staged.block, hidden, kept);
        const tape = new Tape(this.gpu, { recording: false });
        const after = tape.take(this.#through(tape, staged, tape.constant(hidden), batch, bindings));
        tape.release();
        if (back) before.push(hidden);
        else hidden.release();
        hidden = after;
        leaveBlock(staged.block, hidden, kept);
      }
      const { loss, gradient } = await this.#lost(batch, hidden, back);
      if (gradient) this.#goBack(before, gradient, batch, bindings);
      return loss;
    } finally {
      for (const tensor of [hidden, ...before, ...kept]) tensor.release();
    }
  }

  release(): void {
    for (const one of [...this.#blocks, ...this.#weights.values(), ...this.#quantizers]) one.release();
    this.#contexts.forEach(releaseContext);
    this.#states.releaseAll();
    this.#online?.release?.();
    this.#output?.release();
  }

  async #load(): Promise<void> {
    const { run, host, of, view, loss } = this.taught;
    const { gpu } = host;
    if (!run.subject.outputLoss) throw new Error(`bug: nothing is learned on networks for ${run.subject.task}`);
    this.#output = await run.subject.outputLoss(gpu, view, host.head);
    for (const block of view.network.blocks) {
      for (const linear of linearsIn({ blocks: [block] })) {
        this.#weights.set(linear.name, untiled(await uploadLinear(gpu, view.source, linear)));
      }
      this.#blocks.push(await loadStagedBlock(gpu, view.source, block));
    }
    const subject = await run.subject.open(gpu, view);
    try {
      for (const [c, chunk] of this.#chunks.entries()) {
        host.control.check();
        const { hidden, context } = await subject.embed(chunk);
        this.#contexts.push(context);
        await this.#states.put(`first ${c}`, hidden);
        if (loss === 'kl') await this.#states.put(`last ${c}`, this.#fullPrecision(c));
      }
    } finally {
      subject.release();
    }
    const { row } = of;
    for (const block of row ? view.network.blocks : []) {
      const weight = (linear: Linear) => uploadLinear(gpu, view.source, linear);
      const taps = row && (await tapsOf(gpu, row, block, weight, this.#quantizers));
      if (taps) this.#taps.set(block.index, taps);
    }
  }

  #fullPrecision(batch: number): Tensor {
    let hidden = this.#states.peek(`first ${batch}`, (x) => x.clone('hidden'));
    const kept: Tensor[] = [];
    for (const staged of this.#blocks) {
      hidden = enterBlock(staged.block, hidden, kept);
      const tape = new Tape(this.gpu, { recording: false });
      const plain = { weight: (linear: Linear) => tape.constant(this.weight(linear)) };
      const after = tape.take(this.#through(tape, staged, tape.constant(hidden), batch, () => plain));
      tape.release();
      hidden.release();
      hidden = after;
      leaveBlock(staged.block, hidden, kept);
    }
    return hidden;
  }

  #through(
    tape: Tape,
    staged: StagedBlock,
    hidden: Variable,
    batch: number,
    bindings: (tape: Tape, block: Block) => Bindings<Variable>,
  ): Variable {
    const own = bindings(tape, staged.block);
    const hooks = inTurn(this.#online, own.hooks ?? null, this.#taps.get(staged.block.index) ?? null);
    const steer = contextOn(tape, this.#contexts[batch]);
    return runStaged(tape, staged, hidden, steer, this.#chunks[batch].geometry, { ...own, hooks });
  }

  #lost(batch: number, hidden: Tensor, back: boolean) {
    const { loss } = this.taught;
    const full = loss === 'kl' ? this.#states.peek(`last ${batch}`, (x) => x.clone('full precision')) : null;
    if (!this.#output) throw new Error('bug: a lesson without a loss');
    return this.#output.of(loss, this.#chunks[batch], hidden, full, back).finally(() => full?.release());
  }

  /** Takes the gradient. */
  #goBack(
    before: readonly Tensor[],
    gradient: Tensor,
    batch: number,
    bindings: (tape: Tape, block: Block) => Bindings<Variable>,
  ): void {
    let seed = gradient;
    const skipped: Tensor[] = [];
    for (const [place, staged] of [...this.#blocks.entries()].reverse()) {
      seed = backToExit(staged.block, seed, skipped);
      const tape = new Tape(this.gpu);
      const leaf = new Parameter(before[place]);
      tape.backward(this.#through(tape, staged, leaf, batch, bindings), seed);
      tape.release();
      seed.release();
      if (!leaf.grad) throw new Error(`bug: no gradient came through ${staged.block.name}`);
      seed = backToEntry(staged.block, leaf.grad, skipped);
    }
    seed.release();
  }
}
