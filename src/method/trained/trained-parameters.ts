/**
 * The options of the methods that train. What the papers say is the default where it fits a browser (faces.ts names them);
 * what they do not say was chosen here on the layer proxy of the samples.
 */
import type { CodebookBits } from '../../quantizer/codebook';
import { CODEBOOK_PARAMETERS } from '../codebook-parameters';
import type { Options, Parameters } from '../parameters';
import { LENGTH_PARAMETERS } from './length-parameters';

const { codewords, dim, codebookBits, emIterations, seed } = CODEBOOK_PARAMETERS;

/** How long, on what, and from which codebook. */
const TRAINING_PARAMETERS = {
  codewords,
  dim,
  codebookBits,
  emIterations: {
    ...emIterations,
    default: 100,
    label: 'k-means iterations',
    help: 'Rounds of k-means before training, at most; it stops when nothing moves.',
  },
  ...LENGTH_PARAMETERS,
  seed,
} as const satisfies Parameters;

const CANDIDATES = {
  kind: 'integer',
  min: 1,
  max: 8,
  default: 2,
  unit: 'codewords',
  label: 'Candidates',
  help: 'Nearest codewords that a sub-vector may choose from, n.',
} as const;

const RATIO_RATE = {
  kind: 'number',
  min: 0,
  max: 10,
  default: 0.05,
  label: 'Ratio rate',
  help: 'Learning rate of the logits of the ratios.',
} as const;

const CALIBRATION_STEPS = {
  kind: 'integer',
  min: 0,
  max: 100_000,
  default: 100,
  unit: 'steps',
  label: 'Codebook-only steps',
  help: 'Further steps in which only codebooks are trained, with all assignments fixed.',
} as const;

const CODEBOOK_STEP = {
  kind: 'number',
  min: 0,
  max: 1,
  default: 0.02,
  unit: 'of the root mean square weight',
  label: 'Codeword step size',
  help: 'About what a codeword moves in a step, as a share of the layer’s root mean square weight.',
} as const;

export const VQ4DIT_PARAMETERS = {
  ...TRAINING_PARAMETERS,
  candidates: CANDIDATES,
  variant: {
    kind: 'choice',
    choices: ['released', 'paper'],
    default: 'released',
    label: 'Variant',
    help: 'released follows the published code (ratios by distance, codebooks after their layer); paper trains both at once from equal ratios.',
  },
  ratioRate: RATIO_RATE,
  codebookStep: { ...CODEBOOK_STEP, default: 0.005 },
  freezeAt: {
    kind: 'number',
    min: 0.5,
    max: 1,
    default: 0.99,
    unit: 'of a ratio',
    label: 'Freeze at',
    help: 'A sub-vector is frozen at the codeword whose ratio is above this.',
  },
  ratioWeight: {
    kind: 'number',
    min: 0,
    max: 1000,
    default: 0.1,
    unit: 'of the data’s loss',
    label: 'λ ratio',
    help: 'Weight of the ratio loss in units of the data’s loss before training; the released variant has none.',
  },
  calibrationSteps: CALIBRATION_STEPS,
} as const satisfies Parameters;

export const VIMVQ_PARAMETERS = {
  ...TRAINING_PARAMETERS,
  candidates: CANDIDATES,
  ratioRate: RATIO_RATE,
  codebookStep: CODEBOOK_STEP,
  hullEvery: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    default: 10,
    unit: 'steps',
    label: 'Hull every',
    help: 'Steps after which a sub-vector’s least used candidate may give way to a better codeword.',
  },
  hullStep: {
    kind: 'number',
    min: 0,
    max: 10,
    default: 1,
    unit: 'of the quantization error',
    label: 'Hull step',
    help: 'How far against the gradient a better codeword is looked for, in units of the layer’s quantization error.',
  },
  confirmFrom: {
    kind: 'number',
    min: 0,
    max: 0.95,
    default: 0.2,
    unit: 'of the steps',
    label: 'Confirm from',
    help: 'Share of the steps before the first codewords are confirmed; from there the confirmed share rises evenly to all.',
  },
  calibrationSteps: CALIBRATION_STEPS,
} as const satisfies Parameters;

const { emIterations: _, ...WITHOUT_KMEANS } = TRAINING_PARAMETERS;

export const VQ4ALL_PARAMETERS = {
  ...WITHOUT_KMEANS,
  codewords: { ...codewords, default: 4096 },
  rowScales: {
    kind: 'boolean',
    default: true,
    label: 'Row scales',
    help: 'Divides each row by its root mean square, stored as a 16-bit float, so that layers of any size can share codewords.',
  },
  candidates: { ...CANDIDATES, default: 4 },
  ratioRate: RATIO_RATE,
  fixFrom: {
    kind: 'number',
    min: 0.5,
    max: 1,
    default: 0.9,
    unit: 'of a ratio',
    label: 'Fix at',
    help: 'A sub-vector is fixed at the codeword whose ratio is above this, which falls until all are fixed.',
  },
  ratioWeight: {
    kind: 'number',
    min: 0,
    max: 1000,
    default: 0.1,
    label: 'λ ratio',
    help: 'Weight of the ratio loss in units of the data’s loss before training.',
  },
} as const satisfies Parameters;

export const SSVQ_PARAMETERS = {
  ...TRAINING_PARAMETERS,
  codewords: { ...codewords, default: 16 },
  dim: { ...dim, default: 8 },
  signs: {
    kind: 'choice',
    choices: ['learnt', 'fixed'],
    default: 'learnt',
    label: 'Signs',
    help: 'Whether signs are learnt, or stay those of the weights; a bit each either way.',
  },
  signScale: {
    kind: 'number',
    min: 0.001,
    max: 1000,
    default: 1,
    unit: 'mean weights',
    label: 'Sign α',
    help: 'Latent signs start at this times the weight, in units of the layer’s mean weight; smaller ones flip sooner.',
  },
  signRate: {
    kind: 'number',
    min: 0,
    max: 10,
    default: 0.02,
    label: 'Sign rate',
    help: 'Learning rate of the latent signs, falling by a cosine.',
  },
  codebookStep: { ...CODEBOOK_STEP, default: 0.005 },
  flipMomentum: {
    kind: 'number',
    min: 0,
    max: 0.9999,
    default: 0.9,
    label: 'Flip momentum',
    help: 'How much of a sign’s flip frequency is kept from step to step.',
  },
  freezeEvery: {
    kind: 'optional-integer',
    min: 1,
    max: 100_000,
    nullLabel: '1/25 of the steps',
    default: null,
    unit: 'steps',
    label: 'Freeze every',
    help: 'Steps between two checks that freeze signs which flip too often; 500 in the paper, which trains for thousands.',
  },
  freezeFrom: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.4,
    unit: 'flips a step',
    label: 'Flip limit, first',
    help: 'Flip frequency above which a sign is frozen at the first check.',
  },
  freezeTo: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.1,
    unit: 'flips a step',
    label: 'Flip limit, last',
    help: 'What that limit falls to by a cosine.',
  },
} as const satisfies Parameters;

interface TrainingOptions {
  readonly codewords: number;
  readonly dim: number;
  readonly codebookBits: CodebookBits;
  readonly emIterations: number;
  readonly steps: number;
  readonly seed: number;
}

export interface Vq4ditOptions extends TrainingOptions {
  readonly candidates: number;
  readonly variant: 'released' | 'paper';
  readonly ratioRate: number;
  readonly codebookStep: number;
  readonly freezeAt: number;
  readonly ratioWeight: number;
  readonly calibrationSteps: number;
}

export function vq4ditOptions(options: Options): Vq4ditOptions {
  return typed(options);
}

export interface VimvqOptions extends TrainingOptions {
  readonly candidates: number;
  readonly ratioRate: number;
  readonly codebookStep: number;
  readonly hullEvery: number;
  readonly hullStep: number;
  readonly confirmFrom: number;
  readonly calibrationSteps: number;
}

export function vimvqOptions(options: Options): VimvqOptions {
  return typed(options);
}

export interface Vq4allOptions extends Omit<TrainingOptions, 'emIterations'> {
  readonly rowScales: boolean;
  readonly candidates: number;
  readonly ratioRate: number;
  readonly fixFrom: number;
  readonly ratioWeight: number;
}

export function vq4allOptions(options: Options): Vq4allOptions {
  return typed(options);
}

export interface SsvqOptions extends TrainingOptions {
  readonly signs: 'learnt' | 'fixed';
  readonly signScale: number;
  readonly signRate: number;
  readonly codebookStep: number;
  readonly flipMomentum: number;
  readonly freezeEvery: number | null;
  readonly freezeFrom: number;
  readonly freezeTo: number;
}

export function ssvqOptions(options: Options): SsvqOptions {
  return typed(options);
}

/** A recipe row's options with their types; the recipe's reader has checked every value against the parameter table. */
function typed<T>(options: Options): T {
  return { ...options, codebookBits: Number(options.codebookBits) } as unknown as T;
}
