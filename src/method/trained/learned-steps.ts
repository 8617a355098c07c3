/**
 * Weights that are trained through the grid that they are rounded to, together with its steps:
 *
 *   Ŵ = s (clamp(⌊W / s⌉ + z, 0, 2ᵇ − 1) − z);   ∂W = g [inside],   ∂s = Σ g (inside ? c − z − W / s : c − z),   ∂z = Σ g (inside ? 0 : −s)
 *
 * Block-AP (EfficientQAT's first phase, arXiv:2407.11062): W, s and z, from minimum and maximum, inside by what weights are rounded to, rates
 * falling by a cosine to a twentieth. LSQ (arXiv:1902.08153): W and s, from s = 2 mean |w| / √(2ᵇ⁻¹ − 1), inside by what
 * weights are before, rates falling to nothing. The zero of a symmetric grid is not
 * trained. AdamW without decay, in units of weights and steps.
 */
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer, type Trained } from '../../gradient/optimizer/optimizer';
import { cosineRate } from '../../gradient/optimizer/schedule';
import { concatColumns } from '../../gradient/slice';
import { Parameter, type Tape } from '../../gradient/tape';
import { groupCount } from '../../quantizer/affine';
import { Tensor } from '../../tensor/tensor';
import type { Trainer, TrainingProblem } from '../training';
import { fittedGrid, GridLayer } from './grid-layer';
import { learnedStepOptions, type LearnedStepOptions } from './grid-parameters';
import { GridTraining, UNCHANGED } from './grid-training';
import { train, type StartTraining } from './loop';
import { rootMeanSquares } from './mixtures';

interface Kind {
  /** What rates fall to, of what they begin with. */
  readonly floor: number;
  readonly decide: 'rounded' | 'real';
  /** The first grid, rows × (2·groups). */
  grid(weight: Tensor, options: LearnedStepOptions): Promise<Float32Array<ArrayBuffer>>;
}

const BLOCK_AP: Kind = {
  floor: 0.05,
  decide: 'rounded',
  grid: (weight, options) => fittedGrid(weight, options, options.clip),
};

const LSQ: Kind = { floor: 0, decide: 'real', grid: meanGrid };

export const trainBlockAp: Trainer = (problem, options, host) =>
  train(problem, host, starting(problem, learnedStepOptions(options), BLOCK_AP));

export const trainLsq: Trainer = (problem, options, host) =>
  train(problem, host, starting(problem, learnedStepOptions(options), LSQ));

/** Of a group without weights that say anything. */
const LEAST_STEP = 1e-8;

/** LSQ's first steps: s = 2 mean |w| / √(2ᵇ⁻¹ − 1), z = 2ᵇ⁻¹. */
async function meanGrid(weight: Tensor, { bits, groupSize }: LearnedStepOptions): Promise<Float32Array<ArrayBuffer>> {
  const { rows, cols } = weight;
  const [groups, size] = [groupCount(cols, groupSize), groupSize ?? cols];
  const grid = new Float32Array(2 * rows * groups);
  const values = await weight.read();
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      const own = values.subarray(row * cols + group * size, row * cols + Math.min(cols, (group + 1) * size));
      const mean = own.reduce((sum, value) => sum + Math.abs(value), 0) / own.length;
      const at = 2 * row * groups + group;
      grid[at] = Math.max((2 * mean) / Math.sqrt(2 ** (bits - 1) - 1), LEAST_STEP);
      grid[at + groups] = 2 ** (bits - 1);
    }
  }
  return grid;
}

function starting(problem: TrainingProblem, options: LearnedStepOptions, kind: Kind): StartTraining {
  return async (owner, memory) => {
    const { gpu } = problem;
    const { steps, symmetric, weightStep, scaleStep, zeroStep } = options;
    const sizes = await rootMeanSquares(problem);
    const layers: GridLayer[] = [];
    const trained: Trained[] = [];
    for (const [i, { weight: original }] of problem.layers.entries()) {
      const values = await kind.grid(original, options);
      const groups = values.length / original.rows / 2;
      const part = (first: number) =>
        Float32Array.from(
          { length: values.length / 2 },
          (_, at) => values[2 * groups * Math.floor(at / groups) + first + (at % groups)],
        );
      const own = (what: string, columns: number, from: Float32Array) =>
        owner.own(Tensor.from(gpu, original.rows, columns, from, what));
      const first = part(0);
      const weight = new Parameter(memory.hold(`${i}.weight`, owner.own(original.clone('trained weight'))));
      const scales = new Parameter(memory.hold(`${i}.scales`, own('scales', groups, first)));
      const zeros = new Parameter(memory.hold(`${i}.zeros`, own('zeros', groups, part(groups))));
      const parts = {
        ...({ form: 'nearest', decide: kind.decide, weight, latent: null } as const),
        startGrid: own('grid', 2 * groups, values),
        grid: (tape: Tape) => concatColumns(tape, [scales, symmetric ? tape.constant(zeros.value) : zeros]),
      };
      layers.push(new GridLayer(original, options, parts));
      const mean = first.reduce((sum, scale) => sum + scale, 0) / first.length;
      trained.push({ parameter: weight, rate: weightStep * sizes[i] }, { parameter: scales, rate: scaleStep * mean });
      if (!symmetric) trained.push({ parameter: zeros, rate: zeroStep });
    }
    const optimizer = owner.own(new Optimizer(gpu, adamW({ decay: 0 }), trained));
    memory.holdOptimizer('adamw', optimizer);
    return new GridTraining(problem, memory, {
      ...{ steps, layers, ...UNCHANGED },
      optimizers: [{ optimizer, rate: cosineRate({ peak: 1, floor: kind.floor, steps }) }],
      watched: trained.map(({ parameter }) => parameter.value),
    });
  };
}
