/** The options of Serial-to-Parallel. Rates and rounds are the studio's own, and not tuned. */
import { GRID_PARAMETERS, type Options, type Parameters } from '../parameters';

export const SERIAL_TO_PARALLEL_PARAMETERS = {
  bits: { ...GRID_PARAMETERS.bits, default: 4 },
  clip: { ...GRID_PARAMETERS.clip, default: 'mse' },
  pipeline: {
    kind: 'choice',
    choices: ['serial-to-parallel', 'parallel', 'serial'],
    default: 'serial-to-parallel',
    label: 'Pipeline',
    help: 'Whose states are trained on: those that the quantized network meets, new ones each round, all steps mixed; full precision’s, mixed (parallel); or full precision’s in their order, one step after another (serial).',
  },
  rounds: {
    kind: 'integer',
    min: 1,
    max: 1000,
    default: 6,
    label: 'Rounds',
    unit: 'rounds',
    help: 'How often states are sampled anew; after each the held-out trajectories are looked at, and the best is kept.',
  },
  steps: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    default: 40,
    unit: 'steps',
    label: 'Steps a round',
    help: 'Minibatches that are trained on in a round, one after another.',
  },
  images: {
    kind: 'integer',
    min: 1,
    max: 4096,
    default: 16,
    unit: 'images',
    label: 'Images a round',
    help: 'Trajectories from noise to picture that a round samples; each gives a state for every step of the sampler.',
  },
  batch: {
    kind: 'integer',
    min: 1,
    max: 4096,
    default: 8,
    unit: 'states',
    label: 'Batch',
    help: 'Noisy images a step. With few, updates are noisy, which is where the pipelines differ.',
  },
  features: {
    kind: 'number',
    min: 0,
    max: 1000,
    default: 0.1,
    unit: 'of relative squares',
    label: 'λ features',
    help: 'Weight of the blocks’ outputs beside the network’s: each as a share of its own squares, their mean; 0: none.',
  },
  weightRate: {
    kind: 'number',
    min: 0,
    max: 10,
    default: 0.01,
    unit: 'of a grid’s step',
    label: 'Weight rate',
    help: 'About what a weight moves in a step, as a share of its layer’s mean grid step; falls by a cosine in each round.',
  },
  rangeRate: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.001,
    unit: 'of a range',
    label: 'Range rate',
    help: 'The same of the ends of ranges, of weights and of inputs, as a share of their mean width.',
  },
  freezing: {
    kind: 'choice',
    choices: ['oscillation', 'none'],
    default: 'oscillation',
    label: 'Freezing',
    help: 'oscillation: a weight whose code keeps turning back and forth is frozen at the level where it mostly was, so that the others can settle; none: all weights are trained to the end.',
  },
  seed: {
    kind: 'integer',
    min: 0,
    max: 2 ** 31 - 1,
    default: 0,
    label: 'Seed',
    help: 'Noise, and the order of the states.',
  },
} as const satisfies Parameters;

export interface SerialToParallelOptions {
  readonly bits: number;
  readonly clip: 'none' | 'mse';
  readonly pipeline: 'serial-to-parallel' | 'parallel' | 'serial';
  readonly rounds: number;
  readonly steps: number;
  readonly images: number;
  readonly batch: number;
  readonly features: number;
  readonly weightRate: number;
  readonly rangeRate: number;
  readonly freezing: 'oscillation' | 'none';
  readonly seed: number;
}

/** Of a row whose options have been read. */
export function serialToParallelOptions(options: Options): SerialToParallelOptions {
  return options as unknown as SerialToParallelOptions;
}
