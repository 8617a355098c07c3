/**
 * SSVQ (arXiv:2503.08668): signs split off and learnt, magnitudes from a codebook.
 *
 *   S = sign(W);  (C, A) = k-means(|W|);  L_s = α W / mean |W|;   Ŵ = C[A] ⊙ sign(L_s), sign(0) = 1
 *   ∂L/∂C_k = Σ_{A_i = k} g_i ⊙ sign(L_s,i),   ∂L/∂L_s := g ⊙ C[A] (straight through)
 *   each step:  f ← m f + (1 − m) · (the sign has flipped);   every F_i steps signs with f > τ are frozen at what they were most often
 *
 * AdamW, rates and τ falling by a cosine; no decay on L_s; codewords are kept from falling below zero, where signs would change meaning.
 */
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { cosineRate } from '../../gradient/optimizer/schedule';
import { signSplit } from '../../gradient/codebook';
import { weightedSum } from '../../gradient/loss';
import type { Tape, Variable } from '../../gradient/tape';
import type { Scalars } from '../../tensor/reduce';
import type { Tensor } from '../../tensor/tensor';
import { joinNotes, paddingNote } from '../codebook-notes';
import type { QuantizedLayer } from '../quantized-layer';
import type { Trainer, TrainingProblem } from '../training';
import { finishLayer } from './finish';
import { train, type Look, type Pictured, type Training } from './loop';
import type { Memory, Owner } from './memory';
import { rootMeanSquares, startUnit } from './mixtures';
import { SignLayer } from './sign-layer';
import { ssvqOptions, type SsvqOptions } from './trained-parameters';

/** AdamW's: what a step takes off a codeword, in units of its rate. */
const DECAY = 0.01;

/** Share of the steps between two freeze checks where none is said: 500 of the paper's about 12 500. */
const CHECKS = 25;

export const trainSsvq: Trainer = (problem, options, host) =>
  train(problem, host, (owner, memory) => Ssvq.start(problem, ssvqOptions(options), owner, memory));

class Ssvq implements Training {
  readonly settledName = 'frozen signs';
  readonly steps: number;
  readonly looks: readonly number[] = [];
  readonly #rate: (step: number) => number;
  readonly #limit: (step: number) => number;
  readonly #every: number;
  /** How many there are in all layers. */
  readonly #weights: number;

  private constructor(
    private readonly problem: TrainingProblem,
    private readonly options: SsvqOptions,
    private readonly memory: Memory,
    private readonly layers: readonly SignLayer[],
    private readonly optimizer: Optimizer,
  ) {
    const { steps, freezeFrom, freezeTo, freezeEvery } = options;
    this.steps = steps;
    this.#rate = cosineRate({ peak: 1, steps });
    this.#limit = cosineRate({ peak: freezeFrom, floor: freezeTo, steps });
    this.#weights = layers.reduce((sum, { tiles }) => sum + tiles.rows * tiles.cols, 0);
    this.#every = freezeEvery ?? Math.max(1, Math.round(steps / CHECKS));
  }

  static async start(problem: TrainingProblem, options: SsvqOptions, owner: Owner, memory: Memory): Promise<Ssvq> {
    const layers: SignLayer[] = [];
    for (const [i, { weight }] of problem.layers.entries()) {
      layers.push(await SignLayer.start(weight, options, { owner, memory, name: String(i) }));
    }
    const sizes = await rootMeanSquares(problem);
    const trained = layers.flatMap(({ codebook, latent, free }, i) => [
      // Rates go with the size of the weights, and a decay must not: where they are large it would take codewords to nothing.
      { parameter: codebook, rate: options.codebookStep * sizes[i], decay: DECAY / Math.max(1, sizes[i]) },
      { parameter: latent, rate: options.signRate, decay: 0, mask: free },
    ]);
    const optimizer = owner.own(new Optimizer(problem.gpu, adamW({ decay: DECAY }), trained));
    memory.holdOptimizer('adamw', optimizer);
    return new Ssvq(problem, options, memory, layers, optimizer);
  }

  get pictured(): Pictured {
    const { codebook, tiles } = this.layers[0];
    return { layer: this.problem.layers[0].name, codebook: codebook.value, dim: tiles.dim };
  }

  get watched(): readonly Tensor[] {
    return [
      ...this.layers.flatMap(({ codebook, latent }) => [codebook.value, latent.value]),
      ...this.optimizer.memory.tensors,
    ];
  }

  weights(tape: Tape): Variable[] {
    const learnt = this.options.signs === 'learnt';
    return this.layers.map(({ codebook, latent, tiles, codes }) =>
      signSplit(tape, codebook, learnt ? latent : tape.constant(latent.value), tiles, codes),
    );
  }

  objective(tape: Tape, loss: Variable): Variable {
    // In such units that a weight's gradient is far above the optimizer's ε whatever the size of the problem.
    return weightedSum(tape, [loss], [this.#weights / startUnit(this.memory)]);
  }

  update(step: number, factor: number): void {
    this.optimizer.step(factor * this.#rate(step));
    this.optimizer.clearGradients();
    for (const layer of this.layers) {
      layer.clampCodebook();
      layer.observe(this.options.flipMomentum);
      if ((step + 1) % this.#every === 0) layer.settle(this.#limit(step));
    }
  }

  look(scalars: Scalars): Look {
    const places = this.layers.map(({ free }) => scalars.sumOfSquares(free));
    const entropy = this.layers.reduce((sum, { entropy }) => sum + entropy, 0) / this.layers.length;
    return {
      ranges: [],
      read: (sums) => {
        const free = places.reduce((sum, place) => sum + sums[place], 0);
        return { settled: 1 - free / this.#weights, usageEntropy: entropy, ratios: null };
      },
    };
  }

  decide(): void {
    // Signs are frozen by the step alone.
  }

  hard(): Tensor[] {
    return this.layers.map((layer) => layer.hard());
  }

  async finish(): Promise<QuantizedLayer[]> {
    const results: QuantizedLayer[] = [];
    for (const { tiles, codebook, latent, codes, note } of this.layers) {
      const [codebooks, signs, assignments] = await Promise.all([
        codebook.value.read(),
        latent.value.read(),
        codes.read(),
      ]);
      results.push(
        finishLayer(this.problem.gpu, {
          ...{ tiles, codebooks, codebookBits: this.options.codebookBits, codes: assignments, latent: signs },
          note: joinNotes(paddingNote(tiles.cols, { dim: tiles.dim, scaleBlock: null }), note),
        }),
      );
    }
    return results;
  }
}
