/**
 * AdaRound (arXiv:2004.10568), and with a block's outputs as its loss BRECQ's reconstruction (2102.05426): scales stay, and each weight
 * learns whether it goes down or up.
 *
 *   Ŵ = s (clamp(⌊W / s⌋ + h(V) + z, 0, L) − z),   h(V) = clamp(1.2 σ(V) − 0.1, 0, 1),   V₀ such that Ŵ = W inside the grid
 *   L = L_d + λ Σ (1 − |2 h − 1|^β);  β₀ in the first share of the steps (without the second term), then in a line to β₁;   hard: h = [V ≥ 0]
 *
 * L_d is measured in what rounding to the nearest adds to it, a weight: so λ is a share of that whatever the layers' sizes. Adam, constant rate.
 */
import { undecided } from '../../gradient/learned-grid';
import { weightedSum } from '../../gradient/loss';
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { linearRate } from '../../gradient/optimizer/schedule';
import { Parameter, Tape } from '../../gradient/tape';
import { settledRoundings, softStart } from '../../tensor/learned-grid';
import { Scalars } from '../../tensor/reduce';
import { Tensor } from '../../tensor/tensor';
import type { Trainer, TrainingProblem } from '../training';
import { fittedGrid, GridLayer } from './grid-layer';
import { adaroundOptions, type AdaroundOptions } from './grid-parameters';
import { GridTraining } from './grid-training';
import { judge, short, train, type StartTraining } from './loop';

/** Share of settled roundings below which hardening is worth a word. */
const SETTLED = 0.99;

export const trainAdaround: Trainer = (problem, options, host) =>
  train(problem, host, starting(problem, adaroundOptions(options)));

function starting(problem: TrainingProblem, options: AdaroundOptions): StartTraining {
  return async (owner, memory) => {
    const { gpu } = problem;
    const latents: Parameter[] = [];
    const layers: GridLayer[] = [];
    for (const [i, { weight }] of problem.layers.entries()) {
      const size = options.groupSize ?? weight.cols;
      const values = await fittedGrid(weight, options, options.clip);
      const grid = owner.own(Tensor.from(gpu, weight.rows, values.length / weight.rows, values, 'grid'));
      const start = owner.own(softStart(weight, grid, { bits: options.bits, size }));
      const latent = new Parameter(memory.hold(`${i}.latent`, start));
      latents.push(latent);
      const parts = {
        ...({ form: 'soft', latent, startGrid: grid } as const),
        weight: new Tape(gpu).constant(weight),
        grid: (tape: Tape) => tape.constant(grid),
      };
      layers.push(new GridLayer(weight, options, parts));
    }
    const optimizer = owner.own(new Optimizer(gpu, adamW({ decay: 0 }), latents));
    memory.holdOptimizer('adam', optimizer);
    const { steps, regulariser, warmUp, betaFrom, betaTo, roundingRate } = options;
    const first = Math.floor(warmUp * steps);
    const beta = linearRate({ from: betaFrom, to: betaTo, first, last: Math.max(first + 1, steps - 1) });
    return new GridTraining(problem, memory, {
      ...{ steps, layers, settledName: 'settled roundings' },
      optimizers: [{ optimizer, rate: () => roundingRate }],
      watched: latents.map(({ value }) => value),
      settled: (_, i) => settledRoundings(latents[i].value),
      penalty(tape, step) {
        if (step < first || regulariser === 0) return null;
        return weightedSum(
          tape,
          latents.map((latent) => undecided(tape, latent, beta(step), regulariser)),
        );
      },
      close: () => unsettled(problem, layers, latents),
    });
  };
}

/** Says how many roundings were not settled when they were made hard, and what that cost; null where it was nearly none. */
async function unsettled(
  problem: TrainingProblem,
  layers: readonly GridLayer[],
  latents: readonly Parameter[],
): Promise<string | null> {
  const { gpu, lossName } = problem;
  const scalars = new Scalars(gpu);
  for (const { value } of latents) {
    const settled = settledRoundings(value);
    scalars.sumOfSquares(settled);
    settled.release();
  }
  const all = layers.reduce((sum, { weights }) => sum + weights, 0);
  const share = (await scalars.read()).reduce((sum, count) => sum + count, 0) / all;
  if (share > SETTLED) return null;
  const soft = layers.map((layer) => {
    const tape = new Tape(gpu, { recording: false });
    const weight = tape.take(layer.effective(tape));
    tape.release();
    return weight;
  });
  const losses = [
    await judge(problem, soft),
    await judge(
      problem,
      layers.map((layer) => layer.hard()),
    ),
  ];
  return `${Math.floor(1000 * share) / 10} % of the roundings had settled (|h − ½| > 0.49) when they were made hard: ${lossName} ${short(losses[0])} before it, ${short(losses[1])} after; more steps, a higher rate or a larger λ settle more.`;
}
