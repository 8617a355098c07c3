/**
 * The options of the methods that learn roundings and grids. Papers train for thousands of steps on large sets; the defaults here are
 * what fits a browser, in units that do not depend on the size of weights (grid-faces.ts says where that differs).
 */
import { GRID_PARAMETERS, type Options, type Parameters } from '../parameters';
import type { GridOptions } from './grid-layer';
import { LENGTH_PARAMETERS } from './length-parameters';

const { bits, groupSize, symmetric, clip } = GRID_PARAMETERS;

export const ADAROUND_PARAMETERS = {
  ...{ bits, groupSize, symmetric },
  clip: { ...clip, default: 'mse' },
  ...LENGTH_PARAMETERS,
  roundingRate: {
    kind: 'number',
    min: 0,
    max: 10,
    default: 0.1,
    label: 'Rounding rate',
    help: 'Learning rate of the latent roundings V; 0.001 in the papers, which take 20 000 steps.',
  },
  regulariser: {
    kind: 'number',
    min: 0,
    max: 10_000,
    default: 20,
    unit: 'of what rounding a weight costs',
    label: 'λ rounding',
    help: 'Weight of the term that draws roundings down or up, in units of what rounding to the nearest adds to the loss, a weight.',
  },
  warmUp: {
    kind: 'number',
    min: 0,
    max: 0.9,
    default: 0.2,
    unit: 'of the steps',
    label: 'Free share',
    help: 'Share of the steps in which roundings follow the data alone, before that term sets in.',
  },
  betaFrom: {
    kind: 'number',
    min: 2,
    max: 100,
    default: 20,
    label: 'β, first',
    help: 'Exponent of that term when it sets in: large ones act only on what is nearly decided.',
  },
  betaTo: {
    kind: 'number',
    min: 2,
    max: 100,
    default: 2,
    label: 'β, last',
    help: 'What that exponent falls to in a straight line, so that all is decided in the end.',
  },
} as const satisfies Parameters;

export const AUTOROUND_PARAMETERS = {
  ...{ bits, groupSize, symmetric },
  ...LENGTH_PARAMETERS,
  steps: { ...LENGTH_PARAMETERS.steps, default: 200 },
  rate: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0,
    label: 'Rate',
    help: 'What roundings and clips move in the first step, falling to nothing in a straight line; 0 means 1 / steps.',
  },
  learnRange: {
    kind: 'boolean',
    default: true,
    label: 'Learn ranges',
    help: 'Whether each group’s minimum and maximum may shrink with the roundings.',
  },
} as const satisfies Parameters;

const STEPS_OF_ITS_OWN = {
  weightStep: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.005,
    unit: 'of the root mean square weight',
    label: 'Weight step size',
    help: 'About what a weight moves in a step, as a share of the layer’s root mean square weight.',
  },
  scaleStep: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.005,
    unit: 'of the mean scale',
    label: 'Scale step size',
    help: 'About what a scale moves in a step, as a share of the layer’s mean scale.',
  },
  zeroStep: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.005,
    unit: 'of a level',
    label: 'Zero step size',
    help: 'About what a zero point moves in a step before it is rounded, in levels; a symmetric grid’s does not move.',
  },
} as const satisfies Parameters;

export const BLOCK_AP_PARAMETERS = {
  ...{ bits, groupSize, symmetric, clip },
  ...LENGTH_PARAMETERS,
  ...STEPS_OF_ITS_OWN,
} as const satisfies Parameters;

export const LSQ_PARAMETERS = {
  ...{ bits, groupSize },
  symmetric: { ...symmetric, default: true },
  ...LENGTH_PARAMETERS,
  ...STEPS_OF_ITS_OWN,
} as const satisfies Parameters;

export const OMNIQUANT_PARAMETERS = {
  ...{ bits, groupSize, symmetric },
  ...LENGTH_PARAMETERS,
  clipRate: {
    kind: 'number',
    min: 0,
    max: 10,
    default: 0.05,
    label: 'Clip rate',
    help: 'Learning rate of γ and β, whose sigmoids multiply maximum and minimum; 0.005 to 0.01 in the released recipes, which take thousands of steps.',
  },
} as const satisfies Parameters;

interface LearnedGridOptions extends GridOptions {
  readonly steps: number;
}

export interface AdaroundOptions extends LearnedGridOptions {
  readonly clip: 'none' | 'mse';
  readonly roundingRate: number;
  readonly regulariser: number;
  readonly warmUp: number;
  readonly betaFrom: number;
  readonly betaTo: number;
}

export function adaroundOptions(options: Options): AdaroundOptions {
  return typed(options);
}

export interface AutoroundOptions extends LearnedGridOptions {
  /** Of the first step; null: 1 / steps. */
  readonly rate: number | null;
  readonly learnRange: boolean;
}

export function autoroundOptions(options: Options): AutoroundOptions {
  return typed({ ...options, rate: options.rate === 0 ? null : options.rate });
}

export interface LearnedStepOptions extends LearnedGridOptions {
  readonly clip: 'none' | 'mse';
  readonly weightStep: number;
  readonly scaleStep: number;
  readonly zeroStep: number;
}

export function learnedStepOptions(options: Options): LearnedStepOptions {
  return typed({ clip: 'none', ...options });
}

export interface OmniquantOptions extends LearnedGridOptions {
  readonly clipRate: number;
}

export function omniquantOptions(options: Options): OmniquantOptions {
  return typed(options);
}

/** A recipe row's options with their types; the recipe's reader has checked every value against the parameter table. */
function typed<T>(options: Options): T {
  return options as unknown as T;
}
