/**
 * The steps that all methods with learned grids have in common (grid-layer.ts): effective weights, the loss in such units that gradients
 * do not depend on the size of the problem, optimizers with rates of their own, and how many codes have settled or moved. What is theirs
 * alone is in a scheme, which each method makes.
 */
import { weightedSum } from '../../gradient/loss';
import type { Optimizer } from '../../gradient/optimizer/optimizer';
import { Tape, type Variable } from '../../gradient/tape';
import type { Scalars } from '../../tensor/reduce';
import type { Tensor } from '../../tensor/tensor';
import type { QuantizedLayer } from '../quantized-layer';
import type { TrainingProblem } from '../training';
import type { GridLayer } from './grid-layer';
import type { Look, Training } from './loop';
import type { Memory } from './memory';
import { startUnit } from './mixtures';

export interface GridScheme {
  readonly steps: number;
  readonly layers: readonly GridLayer[];
  readonly optimizers: readonly { readonly optimizer: Optimizer; readonly rate: (step: number) => number }[];
  readonly watched: readonly Tensor[];
  readonly settledName: string;
  /** 1 for each weight of a layer that counts as settled, else 0; the caller's. */
  settled(layer: GridLayer, i: number): Tensor;
  /** Added to the loss, whose unit is then what one weight's rounding costs; absent or null: nothing. */
  penalty?(tape: Tape, step: number): Variable | null;
  /** Told the loss of the values as they are, before they change. */
  observe?(loss: Tensor): void;
  /** Before codes are made: may change values a last time, and says what is to be said of the layers. */
  close?(): Promise<string | null> | null;
}

export class GridTraining implements Training {
  readonly looks: readonly number[] = [];
  readonly #weights: number;

  constructor(
    private readonly problem: TrainingProblem,
    private readonly memory: Memory,
    private readonly scheme: GridScheme,
  ) {
    this.#weights = scheme.layers.reduce((sum, { weights }) => sum + weights, 0);
  }

  get steps(): number {
    return this.scheme.steps;
  }

  get settledName(): string {
    return this.scheme.settledName;
  }

  get watched(): readonly Tensor[] {
    const { watched, optimizers } = this.scheme;
    return [...watched, ...optimizers.flatMap(({ optimizer }) => optimizer.memory.tensors)];
  }

  weights(tape: Tape): Variable[] {
    return this.scheme.layers.map((layer) => layer.effective(tape));
  }

  objective(tape: Tape, loss: Variable, step: number): Variable {
    this.scheme.observe?.(loss.value);
    const unit = this.#weights / startUnit(this.memory);
    const penalty = this.scheme.penalty?.(tape, step) ?? null;
    return penalty ? weightedSum(tape, [loss, penalty], [unit, 1]) : weightedSum(tape, [loss], [unit]);
  }

  update(step: number, factor: number): void {
    for (const { optimizer, rate } of this.scheme.optimizers) {
      optimizer.step(factor * rate(step));
      optimizer.clearGradients();
    }
  }

  look(scalars: Scalars): Look {
    const { layers } = this.scheme;
    const places = layers.map((layer, i) => {
      const settled = this.scheme.settled(layer, i);
      const place = scalars.sumOfSquares(settled);
      settled.release();
      return place;
    });
    return {
      ranges: [],
      read: (sums) => ({
        settled: places.reduce((sum, place) => sum + sums[place], 0) / this.#weights,
        usageEntropy: null,
        ratios: null,
      }),
    };
  }

  decide(): void {
    // All schedules go by the step alone.
  }

  hard(): Tensor[] {
    return this.scheme.layers.map((layer) => layer.hard());
  }

  async finish(): Promise<QuantizedLayer[]> {
    const note = (await this.scheme.close?.()) ?? null;
    const results: QuantizedLayer[] = [];
    for (const layer of this.scheme.layers) results.push(await layer.finish(this.problem.gpu, note));
    return results;
  }
}

/** Codes that are still those of the nearest levels of the grid that was begun with. */
export const UNCHANGED = {
  settledName: 'codes as rounded at first',
  settled: (layer: GridLayer) => layer.unchanged(),
} as const;
