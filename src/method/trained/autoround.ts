/**
 * AutoRound (SignRound, arXiv:2309.05516): additive roundings and clips of the range, by the signs of their gradients.
 *
 *   Ŵ = s (clamp(⌊W / s + V⌉ + z, 0, 2ᵇ − 1) − z),   s = (α max − β min) / (2ᵇ − 1),  z = ⌊−β min / s⌉,   V₀ = 0, α₀ = β₀ = 1
 *   V ← clamp(V − r sign ∂V, −½, ½),   α, β ← clamp(· − r′ sign ∂, 0, 1),   r, r′ falling in a line from 1 / steps;   the values of the least loss are kept
 */
import { clippedGrid } from '../../gradient/learned-grid';
import { keepBest, NO_LOSS } from '../../gradient/optimizer/keep-best';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { linearRate } from '../../gradient/optimizer/schedule';
import { signSgd } from '../../gradient/optimizer/sign-sgd';
import { Parameter, Tape } from '../../gradient/tape';
import { clippedGrid as gridOf, type ClipSpec } from '../../tensor/learned-grid';
import { Tensor } from '../../tensor/tensor';
import type { Trainer, TrainingProblem } from '../training';
import { GridLayer, reachOf } from './grid-layer';
import { autoroundOptions, type AutoroundOptions } from './grid-parameters';
import { GridTraining, UNCHANGED } from './grid-training';
import { train, type StartTraining } from './loop';

export const trainAutoround: Trainer = (problem, options, host) =>
  train(problem, host, starting(problem, autoroundOptions(options)));

function starting(problem: TrainingProblem, options: AutoroundOptions): StartTraining {
  return async (owner, memory) => {
    const { gpu } = problem;
    const { bits, symmetric, groupSize, steps, learnRange } = options;
    const spec: ClipSpec = { bits, symmetric, sigmoid: false, zeroSlopes: true };
    const layers: GridLayer[] = [];
    const [latents, factors]: [Parameter[], Parameter[]] = [[], []];
    for (const [i, { weight }] of problem.layers.entries()) {
      const values = await reachOf(weight, groupSize);
      const cols = values.length / weight.rows;
      const reach = owner.own(Tensor.from(gpu, weight.rows, cols, values, 'reach'));
      const ones = new Float32Array(values.length).fill(1);
      const factor = owner.own(Tensor.from(gpu, weight.rows, cols, ones, 'clips'));
      const startGrid = owner.own(gridOf(reach, factor, spec));
      const learned = new Parameter(memory.hold(`${i}.clips`, factor));
      const zeros = owner.own(Tensor.zeros(gpu, weight.rows, weight.cols, 'latent roundings'));
      const latent = new Parameter(memory.hold(`${i}.latent`, zeros));
      latents.push(latent);
      factors.push(learned);
      const parts = {
        ...({ form: 'added', latent, startGrid } as const),
        weight: new Tape(gpu).constant(weight),
        grid: (tape: Tape) => (learnRange ? clippedGrid(tape, reach, learned, spec) : tape.constant(startGrid)),
      };
      layers.push(new GridLayer(weight, options, parts));
    }
    const rate = linearRate({ from: options.rate ?? 1 / steps, to: 0, last: steps });
    const trained = [...latents, ...factors].map(({ value }, i) => {
      return { value, best: memory.hold(`best.${i}`, owner.own(value.clone('best values'))) };
    });
    const least = memory.hold('least', owner.own(Tensor.from(gpu, 1, 1, [NO_LOSS], 'least loss')));
    return new GridTraining(problem, memory, {
      ...{ steps, layers, ...UNCHANGED },
      optimizers: [
        { optimizer: owner.own(new Optimizer(gpu, signSgd({ low: -0.5, high: 0.5 }), latents)), rate },
        ...(learnRange
          ? [{ optimizer: owner.own(new Optimizer(gpu, signSgd({ low: 0, high: 1 }), factors)), rate }]
          : []),
      ],
      watched: trained.map(({ value }) => value),
      observe: (loss) => keepBest(loss, least, trained),
      close() {
        for (const { value, best } of trained) gpu.copy(best.buffer, 0, value.buffer, 0, value.bytes);
        return null;
      },
    });
  };
}
