/**
 * OmniQuant's learnable weight clipping (arXiv:2308.13137): weights are rounded to the nearest level of ranges that shrink as the loss asks.
 *
 *   s = (σ(γ) max − σ(β) min) / (2ᵇ − 1),   z = ⌊−σ(β) min / s⌉ without gradient, as the released code has it,   γ₀ = β₀ = 4;   AdamW, constant rate
 */
import { clippedGrid } from '../../gradient/learned-grid';
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { Parameter, Tape } from '../../gradient/tape';
import { clippedGrid as gridOf, type ClipSpec } from '../../tensor/learned-grid';
import { Tensor } from '../../tensor/tensor';
import type { Trainer, TrainingProblem } from '../training';
import { GridLayer, reachOf } from './grid-layer';
import { omniquantOptions, type OmniquantOptions } from './grid-parameters';
import { GridTraining, UNCHANGED } from './grid-training';
import { train, type StartTraining } from './loop';

/** γ and β before the first step: σ(4) = 0.982. */
const FIRST = 4;

export const trainOmniquant: Trainer = (problem, options, host) =>
  train(problem, host, starting(problem, omniquantOptions(options)));

function starting(problem: TrainingProblem, options: OmniquantOptions): StartTraining {
  return async (owner, memory) => {
    const { gpu } = problem;
    const { bits, symmetric, groupSize, steps, clipRate } = options;
    const spec: ClipSpec = { bits, symmetric, sigmoid: true, zeroSlopes: false };
    const layers: GridLayer[] = [];
    const trained: Parameter[] = [];
    for (const [i, { weight }] of problem.layers.entries()) {
      const values = await reachOf(weight, groupSize);
      const cols = values.length / weight.rows;
      const reach = owner.own(Tensor.from(gpu, weight.rows, cols, values, 'reach'));
      const first = new Float32Array(values.length).fill(FIRST);
      const factor = owner.own(Tensor.from(gpu, weight.rows, cols, first, 'clips'));
      const startGrid = owner.own(gridOf(reach, factor, spec));
      const clips = new Parameter(memory.hold(`${i}.clips`, factor));
      trained.push(clips);
      const parts = {
        ...({ form: 'nearest', latent: null, startGrid } as const),
        weight: new Tape(gpu).constant(weight),
        grid: (tape: Tape) => clippedGrid(tape, reach, clips, spec),
      };
      layers.push(new GridLayer(weight, options, parts));
    }
    const optimizer = owner.own(new Optimizer(gpu, adamW({ decay: 0 }), trained));
    memory.holdOptimizer('adamw', optimizer);
    return new GridTraining(problem, memory, {
      ...{ steps, layers, ...UNCHANGED },
      optimizers: [{ optimizer, rate: () => clipRate }],
      watched: trained.map(({ value }) => value),
    });
  };
}
