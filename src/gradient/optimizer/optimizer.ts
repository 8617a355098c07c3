/**
 * What changes parameters by their gradients: one fused kernel a parameter, by a rule (sgd.ts, sign-sgd.ts, rmsprop.ts, adamw.ts).
 *
 *   const optimizer = new Optimizer(gpu, adamW({ decay: 0.01 }), parameters);
 *   tape.backward(loss);  optimizer.step(rate(i));  optimizer.clearGradients();
 *
 * A parameter without a gradient is left out of a step, its count of steps too, as torch does it. Entries that a mask freezes keep value
 * and state. The optimizer owns its state and nothing else. `state` and `restore` carry it over a reload: with the parameters' values
 * they make the steps that follow come out to the same bits.
 */
import type { Gpu } from '../../gpu/gpu';
import { linearGrid, type Kernel } from '../../gpu/kernel';
import { Tensor } from '../../tensor/tensor';
import type { Parameter } from '../tape';

/** How one parameter is stepped. Kernels bind grad, mask, value, then the state; their params start with `count`. */
export interface UpdateRule {
  readonly name: 'SGD' | 'RMSprop' | 'AdamW' | 'sign';
  /** State tensors of the parameter's shape, zero before the first step. */
  readonly slots: number;
  readonly kernel: Kernel;
  /** Weight decay of parameters that say none of their own. */
  readonly decay: number;
  /** The kernel's params but `count` for step number `step` (1, 2, …). */
  readonly params: (step: number, rate: number, decay: number) => Readonly<Record<string, number>>;
}

/** A parameter with settings of its own. */
export interface Trained {
  readonly parameter: Parameter;
  /** Of the parameter's shape: entries with 0 are frozen. The caller's, who may rewrite it between steps. */
  readonly mask?: Tensor;
  /** Factor of the learning rate, default 1. */
  readonly rate?: number;
  /** Weight decay, default the rule's. */
  readonly decay?: number;
}

/** What a step leaves behind besides the values, as plain data. */
export interface OptimizerState {
  readonly rule: UpdateRule['name'];
  /** Steps each parameter has taken. */
  readonly steps: readonly number[];
  /** By parameter, then slot: rows × cols values. */
  readonly slots: readonly (readonly Float32Array<ArrayBuffer>[])[];
}

interface Entry extends Trained {
  readonly slots: readonly Tensor[];
  steps: number;
}

export class Optimizer {
  readonly #entries: Entry[];

  constructor(
    readonly gpu: Gpu,
    readonly rule: UpdateRule,
    trained: readonly (Parameter | Trained)[],
  ) {
    this.#entries = trained.map((one) => {
      const settings = 'parameter' in one ? one : { parameter: one };
      const { rows, cols } = settings.parameter.value;
      const { mask } = settings;
      if (mask && (mask.rows !== rows || mask.cols !== cols)) {
        throw new Error(`bug: a mask of ${mask.rows} × ${mask.cols} on a parameter of ${rows} × ${cols}`);
      }
      const slots = Array.from({ length: rule.slots }, () => Tensor.zeros(gpu, rows, cols, `${rule.name} state`));
      return { ...settings, steps: 0, slots };
    });
  }

  get parameters(): Parameter[] {
    return this.#entries.map(({ parameter }) => parameter);
  }

  /** Changes every parameter that has a gradient. */
  step(rate: number): void {
    for (const entry of this.#entries) {
      const { parameter, mask, slots } = entry;
      if (!parameter.grad) continue;
      entry.steps++;
      const count = parameter.value.bytes / 16;
      const own = this.rule.params(entry.steps, rate * (entry.rate ?? 1), entry.decay ?? this.rule.decay);
      this.gpu.launch(this.rule.kernel, {
        buffers: [parameter.grad, mask ?? parameter.grad, parameter.value, ...slots].map(({ buffer }) => buffer),
        params: { count, ...own },
        grid: linearGrid(count, 64),
        overrides: { MASKED: mask ? 1 : 0 },
        work: 32 * count,
      });
    }
  }

  clearGradients(): void {
    for (const { parameter } of this.#entries) parameter.clearGrad();
  }

  /** Steps taken and state tensors, which stay the optimizer's: what a snapshot copies. */
  get memory(): { readonly steps: readonly number[]; readonly tensors: readonly Tensor[] } {
    return {
      steps: this.#entries.map(({ steps }) => steps),
      tensors: this.#entries.flatMap(({ slots }) => slots),
    };
  }

  /** Sets the counts of steps back to those of `memory`; whoever calls it has copied the tensors back. */
  rewind(steps: readonly number[]): void {
    this.#entries.forEach((entry, i) => (entry.steps = steps[i]));
  }

  async state(): Promise<OptimizerState> {
    const { steps, tensors } = this.memory;
    const hosts = await this.gpu.read(...tensors.map(({ buffer, bytes }) => ({ buffer, bytes })));
    const values = tensors.map((tensor, i) => tensor.unpad(new Float32Array(hosts[i])));
    const { slots } = this.rule;
    return {
      rule: this.rule.name,
      steps,
      slots: this.#entries.map((_, i) => values.slice(i * slots, (i + 1) * slots)),
    };
  }

  /** Takes up a state that `state` gave, of the same rule and parameters. */
  restore(state: OptimizerState): void {
    if (state.rule !== this.rule.name || state.slots.length !== this.#entries.length) {
      throw new Error(
        `bug: a state of ${state.rule} for ${state.slots.length} parameters given to ${this.rule.name} for ${this.#entries.length}`,
      );
    }
    this.#entries.forEach(({ slots }, i) => {
      slots.forEach((slot, k) => {
        const values = Tensor.from(this.gpu, slot.rows, slot.cols, state.slots[i][k]);
        this.gpu.copy(values.buffer, 0, slot.buffer, 0, slot.bytes);
        values.release();
      });
    });
    this.rewind(state.steps);
  }

  release(): void {
    for (const { slots } of this.#entries) for (const slot of slots) slot.release();
    this.#entries.length = 0;
  }
}
