/**
 * A whole network on one tape, for what is trained through all of its blocks at once: full-precision weights and everything else of it on the
 * GPU, batches of windows before the first block, and what full precision makes of them behind every block, which is computed once.
 *
 *   L = output loss + λ · mean over the blocks of ‖F̂ − F‖² / ‖F‖²,   F: hidden states behind a block
 *
 * as distillation between layers has it (Romero et al. 2015, arXiv:1412.6550; VQ4DiT's code takes the features alone). In segments
 * (src/gradient/segment.ts), a block each, a step keeps one block's tape and takes a third longer; gradients are the same to the bit.
 */
import { meanSquare, weightedSum } from '../gradient/loss';
import { segment } from '../gradient/segment';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import type { Gpu } from '../gpu/gpu';
import type { TrainingProblem } from '../method/training';
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
import type { Geometry } from '../model/model';
import { enterBlock, enterOn, leaveBlock, leaveOn } from '../model/skips';
import { onlineHooks } from '../model/view/online';
import type { NetworkView } from '../model/view/view';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import { untiled } from '../tensor/weight';
import { ActivationStore } from './activation-store';
import { NonFiniteWeights } from './finite-weights';
import { assertHeld, type HeldWords } from './held-weights';
import type { OutputOnTape } from './output-on-tape';
import { ACTIVATION_BYTES } from './plan-bytes';
import type { RunHost } from './prepared-run';
import type { Embedded, Subject } from './subject';

/** How it is refused where its weights cannot be held. */
export const WHOLE_TRAINING: HeldWords = {
  work: 'Training the whole network',
  nothing: () => 'The whole network is not trained',
  instead: 'train block by block',
};

/** How the network is run in a step. */
export interface StepBindings {
  /** A linear's W on the tape, rows × cols. */
  weight(linear: Linear): Variable;
  /** What acts within, behind the view's own. */
  readonly hooks?: Hooks | null;
}

export interface StepOptions {
  /** λ. */
  readonly features: number;
  /** In segments. */
  readonly sparing: boolean;
}

interface Batch {
  readonly geometry: Geometry;
  readonly context: Context | null;
  /** Mean squares of what stands behind each block. */
  readonly sizes: readonly number[];
}

export class NetworkOnTape {
  readonly blocks: readonly Block[];
  readonly linears: readonly Linear[];
  /** In full precision, zeros in the place of what is not finite, and what is to be said of that; by name. */
  readonly weights = new Map<string, Tensor>();
  readonly notes = new Map<string, string | null>();
  readonly #blocks: StagedBlock[] = [];
  readonly #online: Hooks | null;
  readonly #states: ActivationStore;
  readonly #batches: Batch[] = [];
  #output: OutputOnTape | null = null;

  /** Throws as assertHeld (held-weights.ts). */
  static async load(subject: Subject, view: NetworkView, host: RunHost): Promise<NetworkOnTape> {
    assertHeld(view.network, host.gpu, WHOLE_TRAINING);
    const made = new NetworkOnTape(view, host, subject.calibration.length);
    try {
      await made.#load(subject, view, host);
      return made;
    } catch (error) {
      made.release();
      throw error;
    }
  }

  private constructor(
    view: NetworkView,
    host: RunHost,
    /** Rows of hidden states that a window begins with. */
    readonly length: number,
  ) {
    this.gpu = host.gpu;
    this.blocks = view.network.blocks;
    this.linears = linearsIn(view.network);
    this.#states = new ActivationStore(host.gpu, host.activationBytes ?? ACTIVATION_BYTES);
    this.#online = onlineHooks(host.gpu, view.online);
  }

  readonly gpu: Gpu;

  /** Sends windows, which are taken over, through all blocks in full precision, for what hooks see on the way. */
  pass({ hidden, context }: Embedded, geometry: Geometry, hooks: Hooks | null): void {
    let last = hidden;
    for (const after of this.#passed(hidden, context, geometry, hooks)) last = after;
    last.release();
    releaseContext(context);
  }

  /** Another batch, which is taken over: sends it through all blocks in full precision, and keeps what stands behind each. */
  async teach(embedded: Embedded, geometry: Geometry): Promise<void> {
    const { gpu } = this;
    const at = this.#batches.length;
    const scalars = new Scalars(gpu);
    const after: Tensor[] = [];
    const places: number[] = [];
    try {
      let last = embedded.hidden.clone('hidden');
      for (const hidden of this.#passed(last, embedded.context, geometry, null)) {
        after.push(hidden.clone('behind a block'));
        places.push(scalars.sumOfSquares(hidden));
        last = hidden;
      }
      last.release();
      const sums = await scalars.read();
      const sizes = after.map(({ rows, cols }, b) => sums[places[b]] / (rows * cols));
      await this.#states.put(keyOf(at, 0), embedded.hidden);
      for (const [b, tensor] of after.entries()) await this.#states.put(keyOf(at, b + 1), tensor);
      this.#batches.push({ geometry, context: embedded.context, sizes });
    } finally {
      scalars.release();
    }
  }

  /** Gives all batches back. */
  forget(): void {
    for (const { context } of this.#batches) releaseContext(context);
    this.#batches.length = 0;
    this.#states.releaseAll();
  }

  /** All layers as a training problem on the batches there are, and will be. */
  problem(
    { hooks, ...options }: StepOptions & Pick<StepBindings, 'hooks'>,
    more: Partial<TrainingProblem>,
  ): TrainingProblem {
    const places = new Map(this.linears.map(({ name }, i) => [name, i]));
    const batches = () => this.#batches.length;
    return {
      ...more,
      gpu: this.gpu,
      layers: this.linears.map((linear) => ({ name: linear.name, weight: this.#weight(linear), statistics: null })),
      get batches() {
        return batches();
      },
      lossName: options.features === 0 ? this.#outputs.name : `${this.#outputs.name} and features`,
      loss: (tape, batch, weights) => {
        const weight = ({ name }: Linear) => weights[places.get(name) as number];
        return this.loss(tape, batch, { weight, hooks }, options);
      },
    };
  }

  /** 1 × 1. */
  loss(tape: Tape, batch: number, bindings: StepBindings, { features, sparing }: StepOptions): Variable {
    const { geometry, context, sizes } = this.#batches[batch];
    const held = (b: number) => tape.keep(this.#states.peek(keyOf(batch, b), (x) => x.clone('of a batch')));
    let hidden = tape.constant(held(0));
    const losses: Variable[] = [];
    const shares: number[] = [];
    let full = hidden.value;
    const kept: Variable[] = [];
    for (const [b, staged] of this.#blocks.entries()) {
      const input = enterOn(tape, staged.block, hidden, kept);
      hidden = sparing
        ? this.#segment(tape, staged, input, context, geometry, bindings)
        : this.#through(tape, staged, input, context, geometry, bindings);
      leaveOn(staged.block, hidden, kept);
      full = held(b + 1);
      if (features === 0) continue;
      losses.push(meanSquare(tape, hidden, full));
      // A block that gives nothing but zeros has no share.
      shares.push(sizes[b] > 0 ? features / (this.#blocks.length * sizes[b]) : 0);
    }
    losses.push(this.#outputs.loss(tape, hidden, full, context));
    return weightedSum(tape, losses, [...shares, 1]);
  }

  release(): void {
    this.forget();
    for (const one of [...this.#blocks, ...this.weights.values()]) one.release();
    this.#online?.release?.();
    this.#output?.release();
  }

  get #outputs(): OutputOnTape {
    if (!this.#output) throw new Error('bug: a network without its output');
    return this.#output;
  }

  async #load(subject: Subject, view: NetworkView, host: RunHost): Promise<void> {
    const { gpu } = host;
    this.#output = await subject.outputOnTape(gpu, view, host.head);
    for (const block of view.network.blocks) {
      for (const linear of linearsIn({ blocks: [block] })) {
        host.control.check();
        const nonFinite = new NonFiniteWeights(linear.weight);
        const weight = await uploadLinear(gpu, view.source, linear, { inspect: nonFinite.zero });
        this.weights.set(linear.name, untiled(weight));
        this.notes.set(linear.name, nonFinite.note);
      }
      this.#blocks.push(await loadStagedBlock(gpu, view.source, block));
    }
  }

  #weight({ name }: Linear): Tensor {
    const weight = this.weights.get(name);
    if (!weight) throw new Error(`bug: ${name} was not loaded`);
    return weight;
  }

  /** What stands behind each block in full precision, as it is reached. Takes `hidden`, and all but the last that it gives. */
  *#passed(hidden: Tensor, context: Context | null, geometry: Geometry, hooks: Hooks | null): Generator<Tensor> {
    const kept: Tensor[] = [];
    let input = hidden;
    for (const staged of this.#blocks) {
      input = enterBlock(staged.block, input, kept);
      // As if it were to go back: then a network of the same weights gives the same bits in a step.
      const tape = new Tape(this.gpu);
      const weight = (linear: Linear) => tape.constant(this.#weight(linear));
      const made = this.#through(tape, staged, new Parameter(input), context, geometry, { weight, hooks });
      const output = tape.take(made);
      tape.release();
      input.release();
      input = output;
      leaveBlock(staged.block, output, kept);
      yield output;
    }
  }

  #through(
    tape: Tape,
    staged: StagedBlock,
    hidden: Variable,
    context: Context | null,
    geometry: Geometry,
    { weight, hooks = null }: StepBindings,
  ): Variable {
    return runStaged(tape, staged, hidden, contextOn(tape, context), geometry, {
      weight,
      hooks: inTurn(this.#online, hooks),
    });
  }

  /** The same block as a segment: its weights are inputs, so that gradients find them. */
  #segment(
    tape: Tape,
    staged: StagedBlock,
    hidden: Variable,
    context: Context | null,
    geometry: Geometry,
    { weight, hooks }: StepBindings,
  ): Variable {
    const linears = linearsIn({ blocks: [staged.block] });
    const places = new Map(linears.map(({ name }, i) => [name, i + 1]));
    const [made] = segment(tape, [hidden, ...linears.map(weight)], (own, inputs) => {
      const bindings = { weight: ({ name }: Linear) => inputs[places.get(name) as number], hooks };
      return [this.#through(own, staged, inputs[0], context, geometry, bindings)];
    });
    return made;
  }
}

function keyOf(batch: number, block: number): string {
  return `${batch}/${block}`;
}
