/**
 * All that the steps of a training depend on, by name: tensors and lists on the GPU, optimizers' states, and a few numbers. It is copied
 * to go back to when a step goes wrong, and read to go on elsewhere, in both cases to the same bits: whole buffers, padding included.
 */
import type { Gpu } from '../../gpu/gpu';
import type { Optimizer } from '../../gradient/optimizer/optimizer';
import { Indices } from '../../tensor/indices';
import type { Tensor } from '../../tensor/tensor';
import type { TrainingState } from '../training';

interface Held {
  readonly name: string;
  readonly buffer: GPUBuffer;
  readonly bytes: number;
  readonly kind: 'f32' | 'u32';
}

export class Memory {
  /** What is kept on the host; plain numbers. */
  numbers: Record<string, number>;
  /** What is to be said in the end, by name; does not change once it is there. */
  readonly notes: Record<string, string>;
  readonly #held: Held[] = [];
  readonly #optimizers: { readonly name: string; readonly optimizer: Optimizer }[] = [];
  readonly #copies: GPUBuffer[] = [];
  #numbersThen: Readonly<Record<string, number>> = {};
  #stepsThen: (readonly number[])[] = [];

  constructor(
    private readonly gpu: Gpu,
    /** Where an earlier training stood: what is held is set to it at once. */
    private readonly from: TrainingState | null,
  ) {
    this.numbers = { ...from?.numbers };
    this.notes = { ...from?.notes };
  }

  /** Whether an earlier training is taken up again. */
  get resumes(): boolean {
    return this.from !== null;
  }

  /** Holds a tensor or list, which stays its owner's. Set to the earlier state where there is one. */
  hold<T extends Tensor | Indices>(name: string, thing: T): T {
    const { buffer } = thing;
    const isList = thing instanceof Indices;
    const held: Held = isList
      ? { name, buffer, bytes: 4 * thing.length, kind: 'u32' }
      : { name, buffer, bytes: thing.bytes, kind: 'f32' };
    this.#held.push(held);
    this.#load(held);
    return thing;
  }

  /** Holds the state tensors of an optimizer and its counts of steps. */
  holdOptimizer(name: string, optimizer: Optimizer): void {
    const { steps, tensors } = optimizer.memory;
    tensors.forEach((tensor, i) => this.hold(`${name}.${i}`, tensor));
    this.#optimizers.push({ name, optimizer });
    const { from } = this;
    if (from) optimizer.rewind(steps.map((_, i) => from.numbers[`${name}.steps.${i}`] ?? 0));
  }

  /** Copies everything on the GPU, in place of what was copied before. */
  take(): void {
    this.#held.forEach(({ buffer, bytes }, i) => {
      this.#copies[i] ??= this.gpu.buffers.acquire(bytes, 'snapshot');
      this.gpu.copy(buffer, 0, this.#copies[i], 0, bytes);
    });
    this.#numbersThen = { ...this.numbers };
    this.#stepsThen = this.#optimizers.map(({ optimizer }) => optimizer.memory.steps);
  }

  /** Puts everything back to how it was at the last `take`. */
  goBack(): void {
    this.#held.forEach(({ buffer, bytes }, i) => this.gpu.copy(this.#copies[i], 0, buffer, 0, bytes));
    this.numbers = { ...this.#numbersThen };
    this.#optimizers.forEach(({ optimizer }, i) => optimizer.rewind(this.#stepsThen[i]));
  }

  /**
   * Everything as it was at the last `take`, as plain data; buffer by buffer, so that no readback is larger than the largest of them.
   * Who goes on from it can go back no further than who never stopped.
   */
  async read(step: number): Promise<TrainingState> {
    const arrays: Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> = {};
    for (const [i, { name, bytes, kind }] of this.#held.entries()) {
      const [read] = await this.gpu.read({ buffer: this.#copies[i], bytes });
      arrays[name] = kind === 'f32' ? new Float32Array(read) : new Uint32Array(read);
    }
    const counts = this.#optimizers.flatMap(({ name }, o) =>
      this.#stepsThen[o].map((count, i) => [`${name}.steps.${i}`, count] as const),
    );
    const numbers = { ...this.#numbersThen, ...Object.fromEntries(counts) };
    return { step, arrays, numbers, notes: { ...this.notes } };
  }

  /** Gives up the copies; what is held stays its owners'. */
  release(): void {
    for (const copy of this.#copies) this.gpu.buffers.release(copy);
    this.#copies.length = 0;
  }

  #load({ name, buffer, bytes }: Held): void {
    if (!this.from) return;
    const values = this.from.arrays[name];
    if (values?.byteLength !== bytes) {
      throw new Error(
        `bug: a state of training has ${values?.byteLength ?? 'no'} bytes of ${name}, and ${bytes} are needed`,
      );
    }
    this.gpu.write(buffer, values);
  }
}

/** What a scope gives back when it ends, in any order. */
export class Owner {
  readonly #things = new Set<{ release(): void }>();

  /** Takes a thing over. */
  own<T extends { release(): void }>(thing: T): T {
    this.#things.add(thing);
    return thing;
  }

  /** Gives a thing back before the end. */
  drop(thing: { release(): void }): void {
    if (this.#things.delete(thing)) thing.release();
  }

  release(): void {
    for (const thing of this.#things) thing.release();
    this.#things.clear();
  }
}
