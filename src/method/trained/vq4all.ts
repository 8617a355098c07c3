/**
 * VQ4ALL (arXiv:2412.06875): a universal codebook that stays as it is; a network learns its assignments only, as mixtures of the n
 * nearest codewords that are fixed one after another (progressive network construction, PNC).
 *
 *   Ŵ[r, :] = s_r · v^, s_r the root mean square of row r (or 1);   L = L_d + λ_r L_r,  L_r = mean Σ_j r (1 − r) over what is free
 *   fixed at its largest ratio where max_j r_ij > α_th; α_th falls evenly from `fixFrom` to 1/n, so that all are fixed in the end
 *
 * L_d is the problem's loss in units of its value with the nearest codewords. A layer by itself, without a network, draws a codebook of its
 * own.
 */
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { cosineRate } from '../../gradient/optimizer/schedule';
import { weightedSum } from '../../gradient/loss';
import { ratioLoss } from '../../gradient/ratio-loss';
import type { Tape, Variable } from '../../gradient/tape';
import { Tensor } from '../../tensor/tensor';
import { storeCodebooks } from '../codebook-finish';
import type { Trainer, TrainingProblem } from '../training';
import { train, type Look, type Training } from './loop';
import type { Memory, Owner } from './memory';
import { MixtureLayer } from './mixture-layer';
import { Mixtures } from './mixtures';
import { vq4allOptions, type Vq4allOptions } from './trained-parameters';
import { normalisedRows, subVectorsOf, universalCodebook } from './universal-codebook';

/** What rates fall to, as a share of the first. */
const FLOOR = 0.1;

const OWN = 'simplified: codebook from this network alone';

export const trainVq4all: Trainer = (problem, options, host) =>
  train(problem, host, (owner, memory) => Vq4all.start(problem, vq4allOptions(options), owner, memory));

/** A layer's weight, rows × cols, and what its rows have been divided by, if anything. */
interface Rows {
  readonly values: Float32Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer> | null;
}

class Vq4all implements Training {
  readonly settledName = 'fixed';
  readonly steps: number;
  readonly looks: readonly number[] = [];
  readonly #rate: (step: number) => number;

  private constructor(
    private readonly problem: TrainingProblem,
    private readonly options: Vq4allOptions,
    private readonly mixtures: Mixtures,
    private readonly optimizer: Optimizer,
    private readonly rows: readonly Rows[],
  ) {
    this.steps = options.steps;
    this.#rate = cosineRate({ peak: 1, floor: FLOOR, steps: this.steps });
  }

  static async start(problem: TrainingProblem, options: Vq4allOptions, owner: Owner, memory: Memory): Promise<Vq4all> {
    const { gpu, layers } = problem;
    const rows: Rows[] = [];
    for (const { weight } of layers) {
      const values = await weight.read();
      rows.push(options.rowScales ? normalisedRows(values, weight.rows, weight.cols) : { values, scales: null });
    }
    const words = storeCodebooks(wordsOf(problem, rows, options), 1, options.codebookBits);
    const codebook = owner.own(Tensor.from(gpu, 1, words.length, words, 'universal codebook'));
    memory.hold('universal', codebook);
    const settings = { ...options, start: 'distances', codebook } as const;
    const mixtures = await Mixtures.from(problem, memory, async ({ weight }, i) => {
      const { values, scales } = rows[i];
      const normalised = Tensor.from(gpu, weight.rows, weight.cols, values, 'normalised weight');
      const onGpu = scales && owner.own(Tensor.from(gpu, 1, weight.rows, scales, 'row scales'));
      const layer = await MixtureLayer.start(normalised, settings, { owner, memory, name: String(i) }, onGpu);
      normalised.release();
      return layer;
    });
    const logits = mixtures.layers.map(({ logits }) => ({ parameter: logits, rate: options.ratioRate }));
    const optimizer = owner.own(new Optimizer(gpu, adamW({ decay: 0 }), logits));
    memory.holdOptimizer('adamw', optimizer);
    return new Vq4all(problem, options, mixtures, optimizer, rows);
  }

  get watched(): readonly Tensor[] {
    return [...this.mixtures.layers.map(({ logits }) => logits.value), ...this.optimizer.memory.tensors];
  }

  weights(tape: Tape): Variable[] {
    return this.mixtures.layers.map((layer) => layer.weights(tape, { logits: true, codebook: false }));
  }

  objective(tape: Tape, loss: Variable): Variable {
    const parts = this.mixtures.layers.flatMap(({ part }) => part ?? []);
    const undecided = ratioLoss(tape, parts, { form: 'product' });
    const { data, ratio } = this.mixtures.unit(this.options.ratioWeight);
    return weightedSum(tape, [loss, undecided], [data, ratio]);
  }

  update(step: number, factor: number): void {
    this.optimizer.step(factor * this.#rate(step));
    this.optimizer.clearGradients();
    const { steps, fixFrom } = this.options;
    const left = 1 - (step + 1) / steps;
    for (const layer of this.mixtures.layers) {
      const least = 1 / layer.of.n;
      layer.freezeAbove(left === 0 ? -1 : least + (fixFrom - least) * left);
    }
  }

  look(): Look {
    return this.mixtures.look();
  }

  decide(): void {
    // Thresholds follow from the step alone.
  }

  hard(): Tensor[] {
    return this.mixtures.hard();
  }

  finish() {
    const shared = this.problem.universalCodebook ?? null;
    return this.mixtures.finish({
      codebookBits: this.options.codebookBits,
      sharedBy: shared?.sharedBy ?? null,
      scales: this.rows.map(
        ({ scales }, i) => scales && { values: scales, block: this.problem.layers[i].weight.cols, bits: 16 },
      ),
      note: shared && shared.networks > 1 ? null : OWN,
    });
  }
}

/** The given codewords, or some from the problem's own layers. */
function wordsOf(
  { layers, universalCodebook: given }: TrainingProblem,
  rows: readonly Rows[],
  { codewords, dim, seed }: Vq4allOptions,
): Float32Array<ArrayBuffer> {
  if (given) {
    const { length } = given.codewords;
    if (length % dim !== 0) throw new Error(`bug: ${length} values of a universal codebook for d = ${dim}`);
    return given.codewords;
  }
  const sources = layers.map(({ weight }, i) => subVectorsOf(rows[i].values, weight.rows, weight.cols, dim));
  return universalCodebook(sources, { codewords, dim, seed });
}
