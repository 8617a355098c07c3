/**
 * ViM-VQ (arXiv:2503.09509; its rules in detail are the studio's own): mixtures as in VQ4DiT, trained together with their codebooks, with a hull
 * that moves (hull.ts) and codewords that are confirmed little by little:
 *
 *   every T_h steps:  the codeword nearest to u_i = v^_i − η ∂L/∂v^_i replaces the candidate of the smallest ratio,
 *                     where that brings the mixture nearer to u_i
 *   at every look:    the sub-vectors with the largest ratios are confirmed, until a share ρ_t of all is; ρ_t rises from 0 to 1, so that
 *                     those still free make good what hard codes cost
 *
 * In the end all are confirmed, and codebooks are trained a little longer, with rates falling by a cosine: those confirmed last need theirs
 * to make good. AdamW without decay.
 */
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { weightedSum } from '../../gradient/loss';
import type { Tape, Variable } from '../../gradient/tape';
import type { Tensor } from '../../tensor/tensor';
import type { Trainer, TrainingProblem } from '../training';
import { hullTarget, moveHull } from './hull';
import { train, type Look, type Training } from './loop';
import type { Memory, Owner } from './memory';
import { lastPhaseRate, Mixtures, rootMeanSquares } from './mixtures';
import { ratioOfBin } from './tally';
import { vimvqOptions, type VimvqOptions } from './trained-parameters';

export const trainVimvq: Trainer = (problem, options, host) =>
  train(problem, host, (owner, memory) => Vimvq.start(problem, vimvqOptions(options), owner, memory));

class Vimvq implements Training {
  readonly settledName = 'confirmed';
  readonly steps: number;
  readonly looks: readonly number[];
  /** Of a step that moves hulls, one a layer. */
  readonly #targets = new Map<number, Tensor>();
  readonly #rate: (step: number) => number;

  private constructor(
    private readonly problem: TrainingProblem,
    private readonly options: VimvqOptions,
    private readonly owner: Owner,
    private readonly mixtures: Mixtures,
    private readonly optimizer: Optimizer,
  ) {
    this.steps = options.steps + options.calibrationSteps;
    this.looks = [options.steps];
    this.#rate = lastPhaseRate(options);
  }

  static async start(problem: TrainingProblem, options: VimvqOptions, owner: Owner, memory: Memory): Promise<Vimvq> {
    const mixtures = await Mixtures.start(problem, owner, memory, { ...options, start: 'distances' });
    const { layers } = mixtures;
    const sizes = await rootMeanSquares(problem);
    const optimizer = owner.own(
      new Optimizer(
        problem.gpu,
        adamW({ decay: 0 }),
        layers.flatMap(({ codebook, logits }, i) => [
          { parameter: logits, rate: options.ratioRate },
          { parameter: codebook, rate: options.codebookStep * sizes[i] },
        ]),
      ),
    );
    memory.holdOptimizer('adamw', optimizer);
    return new Vimvq(problem, options, owner, mixtures, optimizer);
  }

  get pictured() {
    return this.mixtures.pictured;
  }

  get watched(): readonly Tensor[] {
    return [...this.mixtures.values, ...this.optimizer.memory.tensors];
  }

  weights(tape: Tape, step: number): Variable[] {
    const mixing = step < this.options.steps;
    const moving = mixing && (step + 1) % this.options.hullEvery === 0;
    return this.mixtures.layers.map((layer, i) => {
      const { weight } = this.problem.layers[i];
      const aim = (gradient: Tensor) =>
        this.#targets.set(i, this.owner.own(hullTarget(weight, weights.value, gradient, this.options.hullStep)));
      const weights = layer.weights(tape, { logits: mixing, codebook: true, onGradient: moving ? aim : undefined });
      return weights;
    });
  }

  objective(tape: Tape, loss: Variable): Variable {
    return weightedSum(tape, [loss], [this.mixtures.unit().data]);
  }

  update(step: number, factor: number): void {
    this.optimizer.step(factor * this.#rate(step));
    this.optimizer.clearGradients();
    const { tensors } = this.optimizer.memory;
    // The optimizer holds, for each layer, two tensors of the logits and then two of the codebook.
    for (const [i, target] of this.#targets) {
      moveHull(this.mixtures.layers[i], target, [tensors[4 * i], tensors[4 * i + 1]]);
      this.owner.drop(target);
    }
    this.#targets.clear();
  }

  look(): Look {
    return this.mixtures.look(true);
  }

  decide(step: number): void {
    const { steps, confirmFrom } = this.options;
    if (step > steps) return;
    const share = step === steps ? 1 : (step / steps - confirmFrom) / (1 - confirmFrom);
    this.mixtures.layers.forEach((layer, i) => {
      const { frozen, free } = this.mixtures.tallies[i];
      const { rows, subs } = layer.of.tiles;
      const wanted = Math.ceil((share - frozen) * rows * subs);
      if (share === 1) layer.freezeAbove(-1);
      else if (wanted > 0) layer.freezeAbove(thresholdFor(free, wanted));
    });
  }

  hard(): Tensor[] {
    return this.mixtures.hard();
  }

  finish() {
    return this.mixtures.finish(this.options);
  }
}

/** The ratio above which at least `wanted` of the free sub-vectors lie, by their bins. */
export function thresholdFor(free: Uint32Array, wanted: number): number {
  let above = 0;
  for (let bin = free.length - 1; bin >= 0; bin--) {
    above += free[bin];
    if (above >= wanted) return ratioOfBin(bin);
  }
  return -1;
}
