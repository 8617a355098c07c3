/**
 * VQ4DiT (arXiv:2408.17131, equations 5 to 10): every sub-vector is a mixture of its n nearest codewords; the ratios are learnt, and a sub-vector is
 * frozen at the codeword whose ratio passes a threshold.
 *
 *   z_ij = log(δ_in / (δ_ij + 1e-5)), r_i = softmax(z_i), v^_i = Σ_j r_ij c_{A_ij};   frozen where max_j r_ij > 0.99
 *   released:  L = L_d + [L_r > its smallest so far] · L_r,  L_r = n · mean r (1 − r) over what is free; a layer's codebook is trained
 *              only once more than 99 % of its sub-vectors are frozen, the rest at their largest ratio
 *   paper:     r_ij = 1 / n to begin with, L = λ_d L_d + λ_r L_r, L_r = Σ (1 − |2r − 1|) / #sub-vectors; codebooks trained along
 *
 * L_d is the problem's loss in units of what plain k-means adds to it, so that L_r weighs the same whatever the loss is. After the last
 * step what is still free takes its largest ratio; then codebooks are trained a little longer, with rates that fall to nothing.
 */
import { rmsProp } from '../../gradient/optimizer/rmsprop';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { weightedSum } from '../../gradient/loss';
import { ratioLoss } from '../../gradient/ratio-loss';
import type { Tape, Variable } from '../../gradient/tape';
import { Tensor } from '../../tensor/tensor';
import type { Trainer, TrainingProblem } from '../training';
import { train, type Look, type Training } from './loop';
import type { Memory, Owner } from './memory';
import { lastPhaseRate, Mixtures, rootMeanSquares } from './mixtures';
import { vq4ditOptions, type Vq4ditOptions } from './trained-parameters';

/** Of RMSprop, as published. */
const ALPHA = 0.9;
/** Share of a layer's sub-vectors beyond which it is hard. */
const HARD = 0.99;
/** Steps after which the released code begins another sampling trajectory, and L_r is let in anew. */
const TRAJECTORY = 50;

export const trainVq4dit: Trainer = (problem, options, host) =>
  train(problem, host, (owner, memory) => Vq4dit.start(problem, vq4ditOptions(options), owner, memory));

class Vq4dit implements Training {
  readonly settledName = 'frozen';
  readonly steps: number;
  readonly looks: readonly number[];
  readonly #rate: (step: number) => number;

  private constructor(
    private readonly options: Vq4ditOptions,
    private readonly mixtures: Mixtures,
    private readonly optimizer: Optimizer,
    /** The smallest L_r so far, 1 × 1. */
    private readonly least: Tensor,
  ) {
    this.steps = options.steps + options.calibrationSteps;
    this.looks = [options.steps];
    this.#rate = lastPhaseRate(options);
  }

  static async start(problem: TrainingProblem, options: Vq4ditOptions, owner: Owner, memory: Memory): Promise<Vq4dit> {
    const mixtures = await Mixtures.start(problem, owner, memory, {
      ...options,
      start: options.variant === 'paper' ? 'equal' : 'distances',
    });
    const { layers } = mixtures;
    const sizes = await rootMeanSquares(problem);
    const optimizer = owner.own(
      new Optimizer(
        problem.gpu,
        rmsProp({ alpha: ALPHA }),
        layers.flatMap(({ codebook, logits }, i) => [
          { parameter: logits, rate: options.ratioRate },
          { parameter: codebook, rate: options.codebookStep * sizes[i] },
        ]),
      ),
    );
    memory.holdOptimizer('rmsprop', optimizer);
    const least = memory.hold('least ratio loss', owner.own(Tensor.zeros(problem.gpu, 1, 1, 'least ratio loss')));
    return new Vq4dit(options, mixtures, optimizer, least);
  }

  get pictured() {
    return this.mixtures.pictured;
  }

  get watched(): readonly Tensor[] {
    return [...this.mixtures.values, ...this.optimizer.memory.tensors];
  }

  weights(tape: Tape, step: number): Variable[] {
    const paper = this.options.variant === 'paper';
    return this.mixtures.layers.map((layer, i) => {
      const hard = this.#isHard(i, step);
      return layer.weights(tape, { logits: !hard, codebook: hard || paper });
    });
  }

  objective(tape: Tape, loss: Variable, step: number): Variable {
    const { variant, ratioWeight } = this.options;
    const { data, ratio } = this.mixtures.unit(variant === 'paper' ? ratioWeight : 1);
    const parts = this.mixtures.layers.flatMap(({ part }, i) => (part && !this.#isHard(i, step) ? [part] : []));
    if (parts.length === 0) return weightedSum(tape, [loss], [data]);
    if (variant === 'paper') {
      return weightedSum(tape, [loss, ratioLoss(tape, parts, { form: 'sharp' })], [data, ratio]);
    }
    const gate = { least: this.least, restart: step % TRAJECTORY === 0 };
    return weightedSum(tape, [loss, ratioLoss(tape, parts, { form: 'product', gate })], [data, ratio]);
  }

  update(step: number, factor: number): void {
    this.optimizer.step(factor * this.#rate(step));
    this.optimizer.clearGradients();
    this.mixtures.layers.forEach((layer, i) => {
      if (!this.#isHard(i, step)) layer.freezeAbove(this.options.freezeAt);
    });
  }

  look(): Look {
    return this.mixtures.look();
  }

  decide(step: number): void {
    this.mixtures.tallies.forEach(({ frozen }, i) => {
      if (this.#isHard(i, step - 1) || (step < this.options.steps && frozen <= HARD)) return;
      this.mixtures.layers[i].freezeAbove(-1);
      this.mixtures.memory.numbers[`${i}.hard`] = 1;
    });
  }

  hard(): Tensor[] {
    return this.mixtures.hard();
  }

  finish() {
    return this.mixtures.finish(this.options);
  }

  /** Whether all of a layer is frozen before this step. */
  #isHard(layer: number, step: number): boolean {
    return step >= this.options.steps || this.mixtures.memory.numbers[`${layer}.hard`] === 1;
  }
}
