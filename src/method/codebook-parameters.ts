/** The options of the codebook family: one table a group of methods, as parameters.ts has them for grids. */
import type { CodebookBits } from '../quantizer/codebook';
import type { Init } from '../codebook/init';
import { COMPENSATION_PARAMETERS, type Options, type Parameters } from './parameters';

/** The codebooks' shape and storage, which every codebook method has. */
export const CODEBOOK_PARAMETERS = {
  codewords: {
    kind: 'integer',
    min: 2,
    max: 65536,
    default: 256,
    steps: 'doubling',
    unit: 'codewords',
    label: 'Codewords',
    help: 'Entries of a codebook, K; an index takes ⌈log₂ K⌉ bits.',
  },
  dim: {
    kind: 'integer',
    min: 1,
    max: 8,
    default: 4,
    unit: 'inputs',
    label: 'Dimension',
    help: 'Neighbouring inputs that one index stands for, d.',
  },
  codebookGroup: {
    kind: 'optional-integer',
    min: 64,
    max: 2 ** 30,
    nullLabel: 'the layer',
    default: null,
    unit: 'weights',
    label: 'Group',
    help: 'Weights that share one codebook; a smaller group fits better and costs K · d codebook values each.',
  },
  codebookColumns: {
    kind: 'optional-integer',
    min: 8,
    max: 65536,
    nullLabel: 'all',
    default: null,
    unit: 'inputs',
    label: 'Group columns',
    help: 'Inputs that a group spans; its rows follow from the group’s number of weights.',
  },
  codebookBits: {
    kind: 'choice',
    choices: ['8', '16', '32'],
    default: '16',
    unit: 'bits',
    label: 'Codebook bits',
    help: 'What each codebook value is stored in: 8 is an integer with one step a codebook, 16 and 32 are floats.',
  },
  emIterations: {
    kind: 'integer',
    min: 0,
    max: 1000,
    default: 30,
    unit: 'rounds',
    label: 'Iterations',
    help: 'Rounds of assigning sub-vectors and moving codewords, at most; it stops when nothing moves.',
  },
  scaleBlock: {
    kind: 'optional-integer',
    min: 8,
    max: 65536,
    nullLabel: 'none',
    default: null,
    unit: 'inputs',
    label: 'Scale block',
    help: 'Inputs of a row that share a 4-bit logarithmic scale, which is divided out before clustering.',
  },
  seed: {
    kind: 'integer',
    min: 0,
    max: 2 ** 31 - 1,
    default: 0,
    label: 'Seed',
    help: 'Where random choices start from; the same seed gives the same codes.',
  },
} as const satisfies Parameters;

/** How distances are weighted. */
export const LOOKUP = {
  kind: 'choice',
  choices: ['none', 'hessian'],
  default: 'none',
  label: 'Lookup',
  help: 'hessian weighs each input by its energy when codewords are chosen and moved; none treats all alike.',
} as const;

/** GPTVQ's; a group of 2048 weights for 16 codewords of two adds an eighth of a bit a weight, as in the paper's tables. */
export const GPTVQ_PARAMETERS = {
  ...CODEBOOK_PARAMETERS,
  codewords: { ...CODEBOOK_PARAMETERS.codewords, default: 16 },
  dim: { ...CODEBOOK_PARAMETERS.dim, default: 2 },
  codebookGroup: { ...CODEBOOK_PARAMETERS.codebookGroup, default: 2048 },
  codebookColumns: { ...CODEBOOK_PARAMETERS.codebookColumns, default: 256 },
  codebookBits: { ...CODEBOOK_PARAMETERS.codebookBits, default: '8' },
  emIterations: { ...CODEBOOK_PARAMETERS.emIterations, default: 100 },
  lookup: { ...LOOKUP, default: 'hessian' },
  recipe: {
    kind: 'choice',
    choices: ['released', 'exact'],
    default: 'released',
    label: 'Variant',
    help: 'released follows the published code; exact follows the derivation: lookups by the error that is carried on, codebooks by least squares.',
  },
  codebookUpdate: {
    kind: 'boolean',
    default: true,
    label: 'Codebook update',
    help: 'At the end refine all codebooks together on the layer’s output error, codes fixed.',
  },
  damping: COMPENSATION_PARAMETERS.damping,
  blockSize: COMPENSATION_PARAMETERS.blockSize,
} as const satisfies Parameters;

export const KMEANS_PARAMETERS = {
  ...CODEBOOK_PARAMETERS,
  lookup: LOOKUP,
  init: {
    kind: 'choice',
    choices: ['kmeans++', 'mahalanobis', 'random'],
    default: 'kmeans++',
    label: 'Start',
    help: 'The first codewords: spread out (kmeans++), evenly through the order of distance from the mean, or at random.',
  },
} as const satisfies Parameters;

export interface KMeansMethodOptions {
  readonly codewords: number;
  readonly dim: number;
  readonly codebookGroup: number | null;
  readonly codebookColumns: number | null;
  readonly codebookBits: CodebookBits;
  readonly emIterations: number;
  readonly scaleBlock: number | null;
  readonly seed: number;
  readonly lookup: 'none' | 'hessian';
  readonly init: Exclude<Init, 'levels'>;
}

/** A recipe row's options with their types; the recipe's reader has checked every value against the parameter table. */
export function kmeansOptions(options: Options): KMeansMethodOptions {
  return { ...options, codebookBits: Number(options.codebookBits) } as unknown as KMeansMethodOptions;
}

export interface GptvqOptions {
  readonly codewords: number;
  readonly dim: number;
  readonly codebookGroup: number | null;
  readonly codebookColumns: number | null;
  readonly codebookBits: CodebookBits;
  readonly emIterations: number;
  readonly scaleBlock: number | null;
  readonly seed: number;
  readonly lookup: 'none' | 'hessian';
  readonly recipe: 'released' | 'exact';
  readonly codebookUpdate: boolean;
  readonly damping: number;
  readonly blockSize: number;
}

export function gptvqOptions(options: Options): GptvqOptions {
  return { ...options, codebookBits: Number(options.codebookBits) } as unknown as GptvqOptions;
}
