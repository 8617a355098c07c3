/**
 * A reverse-mode tape over src/tensor: operations compute at once and, where a gradient may be asked for, leave behind how to go back.
 *
 *   const w = new Parameter(weights);                     // outlives the tape
 *   const tape = new Tape(gpu);
 *   const loss = meanSquare(tape, linear(tape, tape.constant(x), w, null), target);
 *   tape.backward(loss);                                  // w.grad += dloss/dw
 *   tape.release();                                       // every intermediate goes back to the pool
 *
 * Ownership: a tape owns what its operations make (values, and what they keep for going back) until `release`; `take` moves one
 * value out. Parameters and constants belong to whoever made them. With `recording: false` the same code is a plain forward pass.
 * An operation is a function `op(tape, ...inputs, settings) → Variable` in a file of this room; nothing here knows any of them.
 * Griewank and Walther, Evaluating Derivatives, 2nd edition, chapter 3 (reverse mode).
 */
import type { Gpu } from '../gpu/gpu';
import { axpy } from '../tensor/elementwise';
import { Tensor } from '../tensor/tensor';

/** A value that an operation can take. */
export class Variable {
  /** ∂loss/∂value once `backward` has passed; belongs to the tape, or to the parameter itself. */
  grad: Tensor | null = null;

  constructor(
    readonly value: Tensor,
    /** Whether a gradient is to flow into it. */
    readonly needsGrad: boolean,
  ) {}
}

/** A leaf that is trained: its gradient gathers over tapes until `clearGrad`. Does not own its value. */
export class Parameter extends Variable {
  constructor(value: Tensor) {
    super(value, true);
  }

  /** Other values in the same tensor, rows × cols. */
  assign(values: Float32Array): void {
    const { gpu, rows, cols, buffer, bytes } = this.value;
    const made = Tensor.from(gpu, rows, cols, values);
    gpu.copy(made.buffer, 0, buffer, 0, bytes);
    made.release();
  }

  clearGrad(): void {
    this.grad?.release();
    this.grad = null;
  }
}

/**
 * From ∂loss/∂output to ∂loss/∂input for each input, in their order: new tensors, which the tape takes over, or null for an input
 * without `needsGrad`. `grad` stays the tape's.
 */
export type Backward = (grad: Tensor) => readonly (Tensor | null)[];

/** The same for several outputs; null where nothing came back to one. */
export type BackwardOfAll = (grads: readonly (Tensor | null)[]) => readonly (Tensor | null)[];

interface Node {
  readonly outputs: readonly Variable[];
  readonly inputs: readonly Variable[];
  readonly backward: BackwardOfAll;
}

export interface TapeOptions {
  /** False: nothing can be differentiated, and nothing is kept for it. */
  readonly recording?: boolean;
}

export class Tape {
  readonly recording: boolean;
  readonly #nodes: Node[] = [];
  readonly #owned = new Set<Tensor>();
  readonly #gradients = new Set<Variable>();
  readonly #beside: { release(): void }[] = [];
  #bytes = 0;
  #peakBytes = 0;

  constructor(
    readonly gpu: Gpu,
    { recording = true }: TapeOptions = {},
  ) {
    this.recording = recording;
  }

  /** The most bytes of intermediates and gradients this tape has held at once. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** A value that nothing flows into; stays the caller's. */
  constant(value: Tensor): Variable {
    return new Variable(value, false);
  }

  /** Whether an operation on these inputs has to remember how to go back. */
  needs(...inputs: readonly (Variable | null)[]): boolean {
    return this.recording && inputs.some((input) => input?.needsGrad);
  }

  /** Takes over a tensor an operation made besides its output, until `release`. */
  keep(tensor: Tensor): Tensor {
    this.#owned.add(tensor);
    this.#count(tensor.bytes);
    return tensor;
  }

  /** Takes over what is no tensor, until `release`: lists of rows. */
  keepBeside<T extends { release(): void }>(thing: T): T {
    this.#beside.push(thing);
    return thing;
  }

  /** The result of an operation: takes over `value`. `backward` is dropped where no gradient flows. */
  record(value: Tensor, inputs: readonly Variable[], backward: Backward): Variable {
    const [output] = this.recordAll([value], inputs, ([grad]) => backward(grad as Tensor));
    return output;
  }

  /** The same for an operation of several results. */
  recordAll(values: readonly Tensor[], inputs: readonly Variable[], backward: BackwardOfAll): Variable[] {
    const needsGrad = this.needs(...inputs);
    const outputs = values.map((value) => new Variable(this.keep(value), needsGrad));
    if (needsGrad) this.#nodes.push({ outputs, inputs, backward });
    return outputs;
  }

  /** Gives a value this tape owns to the caller; its way back is still known. */
  take({ value }: Variable): Tensor {
    if (!this.#owned.delete(value)) throw new Error('bug: a value was taken from a tape that does not own it');
    this.#count(-value.bytes);
    return value;
  }

  /**
   * Sends ∂loss/∂of = `seed` (default: 1, for a 1 × 1 loss) back through everything recorded; parameters gather what reaches them.
   * `seed` stays the caller's. May be called once.
   */
  backward(of: Variable, seed?: Tensor): void {
    if (!of.needsGrad) throw new Error('bug: no gradient flows into this value');
    const { gpu, rows, cols } = of.value;
    if (!seed && rows * cols !== 1) throw new Error(`bug: a ${rows} × ${cols} value has no gradient without a seed`);
    const one = seed ?? Tensor.from(gpu, 1, 1, [1], 'gradient');
    this.backwardAll([[of, one]]);
    if (!seed) one.release();
  }

  /** The same from several values at once, each with its seed. */
  backwardAll(seeds: readonly (readonly [of: Variable, seed: Tensor])[]): void {
    for (const [of, seed] of seeds) {
      if (!of.needsGrad) throw new Error('bug: no gradient flows into this value');
      const { rows, cols } = of.value;
      if (seed.rows !== rows || seed.cols !== cols) {
        throw new Error(`bug: a seed of ${seed.rows} × ${seed.cols} for ${rows} × ${cols}`);
      }
      this.#gather(of, seed.clone('gradient'));
    }
    for (const { outputs, inputs, backward } of this.#nodes.toReversed()) {
      if (outputs.every(({ grad }) => grad === null)) continue;
      const parts = backward(outputs.map(({ grad }) => grad));
      if (parts.length !== inputs.length) throw new Error('bug: a backward step that does not answer for every input');
      parts.forEach((part, i) => {
        if (part && inputs[i].needsGrad) this.#gather(inputs[i], part);
        else part?.release();
      });
      for (const output of outputs) this.#drop(output);
    }
    this.#nodes.length = 0;
  }

  /** Gives everything back. Values and gradients of this tape must not be used afterwards; parameters keep theirs. */
  release(): void {
    for (const variable of this.#gradients) this.#drop(variable);
    for (const tensor of this.#owned) tensor.release();
    this.#owned.clear();
    for (const thing of this.#beside.splice(0)) thing.release();
    this.#nodes.length = 0;
    this.#bytes = 0;
  }

  /** Adds `part`, which is taken over, to a variable's gradient. */
  #gather(variable: Variable, part: Tensor): void {
    if (variable.grad) {
      axpy(1, part, variable.grad);
      part.release();
      return;
    }
    variable.grad = part;
    if (variable instanceof Parameter) return;
    this.#gradients.add(variable);
    this.#count(part.bytes);
  }

  #drop(variable: Variable): void {
    if (!this.#gradients.delete(variable) || !variable.grad) return;
    this.#count(-variable.grad.bytes);
    variable.grad.release();
    variable.grad = null;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
  }
}
