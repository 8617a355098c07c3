/**
 * How a method's options are described: one record a parameter, read by the recipe's validation, the recipe screen and the
 * command line alike. Option names are the recipe's JSON keys.
 */
export type OptionValue = number | string | boolean | null;
export type Options = Readonly<Record<string, OptionValue>>;

interface Described {
  /** As the field says it: 'Group size'. */
  readonly label: string;
  /** One sentence for the method card and the form's hint. */
  readonly help: string;
  /** What a value counts, or what it is a share of: 'inputs', 'of the mean diagonal'. */
  readonly unit?: string;
}

export type Parameter = Described &
  (
    | {
        readonly kind: 'integer';
        readonly min: number;
        readonly max: number;
        readonly default: number;
        /** Any number in range is taken; the form offers the powers of two. */
        readonly steps?: 'doubling';
      }
    | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly default: number }
    /** An integer, or null with the meaning `nullLabel`. */
    | {
        readonly kind: 'optional-integer';
        readonly min: number;
        readonly max: number;
        readonly nullLabel: string;
        readonly default: number | null;
      }
    /** Whole numbers, rising, as a text: '2,3,4,8'. */
    | { readonly kind: 'integers'; readonly min: number; readonly max: number; readonly default: string }
    | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default: string }
    | { readonly kind: 'boolean'; readonly default: boolean }
  );

export type Parameters = Readonly<Record<string, Parameter>>;

/** The numbers of an option of the kind 'integers'; null where the value is none. */
export function integersIn(value: OptionValue, { min, max }: { readonly min: number; readonly max: number }) {
  if (typeof value !== 'string' || !/^\d{1,9}(,\d{1,9})*$/.test(value)) return null;
  const numbers = value.split(',').map(Number);
  const good = numbers.every((number, i) => number >= min && number <= max && (i === 0 || number > numbers[i - 1]));
  return good ? numbers : null;
}

/** The options of the scalar (affine) family: RTN, GPTQ, GPTAQ, GPTQ+R, GPTAQ+R and Shift. */
export interface ScalarOptions {
  readonly bits: number;
  /** Inputs that share a scale; null: one scale a row. */
  readonly groupSize: number | null;
  readonly symmetric: boolean;
  readonly clip: 'none' | 'mse';
  /** Scales of groups are whole multiples of a unit of their row's, and all values whole numbers of 8 bits of it. */
  readonly progressive: boolean;
  readonly actOrder: boolean;
  readonly staticGroups: boolean;
  /** λ as a share of the Hessian's mean diagonal. */
  readonly damping: number;
  readonly blockSize: number;
  readonly alpha: number;
  readonly alpha2: number;
  readonly variant: 'released' | 'exact';
}

/** The grid's options, which every scalar method has. */
export const GRID_PARAMETERS = {
  bits: { kind: 'integer', min: 2, max: 8, default: 3, label: 'Bits', unit: 'bits', help: 'Width of a code: 2 to 8.' },
  groupSize: {
    kind: 'optional-integer',
    min: 8,
    max: 65536,
    nullLabel: 'per row',
    default: null,
    unit: 'inputs',
    label: 'Group size',
    help: 'Inputs that share one scale; per row means one scale for a whole output.',
  },
  symmetric: {
    kind: 'boolean',
    default: false,
    label: 'Symmetric',
    help: 'Levels mirror around zero and no zero point is stored; otherwise the grid spans minimum to maximum.',
  },
  clip: {
    kind: 'choice',
    choices: ['none', 'mse'],
    default: 'none',
    label: 'Clip search',
    help: 'mse shrinks each range over 80 steps and keeps the one with the least |error|^2.4.',
  },
  progressive: {
    kind: 'boolean',
    default: false,
    label: 'Progressive',
    help: 'Scales of groups are whole multiples of an 8-bit unit of their row, so that codes decode to 8-bit integers (QServe); with a group size, levels of minimum to maximum and no clip search.',
  },
} as const satisfies Parameters;

/** What the column loop adds. */
export const COMPENSATION_PARAMETERS = {
  actOrder: {
    kind: 'boolean',
    default: false,
    label: 'Act-order',
    help: 'Quantize columns by falling Hessian diagonal, so that the most active inputs are compensated by the rest.',
  },
  staticGroups: {
    kind: 'boolean',
    default: false,
    label: 'Static groups',
    help: 'Fit all group scales before any compensation; with act-order this keeps a group’s inputs contiguous.',
  },
  damping: {
    kind: 'number',
    min: 0,
    max: 1,
    default: 0.01,
    unit: 'of the mean diagonal',
    label: 'Damping',
    help: 'Added to the Hessian diagonal as a share of its mean.',
  },
  blockSize: {
    kind: 'integer',
    min: 8,
    max: 1024,
    default: 128,
    unit: 'columns',
    label: 'Block size',
    help: 'Columns compensated in one pass before the rest is updated; results of the released variant depend on it.',
  },
  variant: {
    kind: 'choice',
    choices: ['released', 'exact'],
    default: 'released',
    label: 'Variant',
    help: 'released follows the published code; exact follows the derivation and does not depend on the block size.',
  },
} as const satisfies Parameters;

export const ALPHA = {
  kind: 'number',
  min: 0,
  max: 1,
  default: 0.25,
  label: 'α',
  help: 'Share of the input deviation that is compensated (0.25 in the published code, 1 in the paper).',
} as const satisfies Parameter;

export const ALPHA2 = {
  kind: 'number',
  min: 0,
  max: 1,
  default: 0.25,
  label: 'α2',
  help: 'Share of the compensation-aware error that is compensated (0.25 in the published code).',
} as const satisfies Parameter;

/** The default option values of a parameter table. */
export function defaultOptions(parameters: Parameters): Options {
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, parameter.default]));
}

/** A recipe row's options as the scalar family's; what the method does not have (RTN's damping) gets a value that is not read. */
export function scalarOptions(options: Options): ScalarOptions {
  const unread = {
    groupSize: null,
    symmetric: false,
    progressive: false,
    actOrder: false,
    staticGroups: false,
    damping: 0,
    blockSize: 128,
    alpha: 0,
    alpha2: 0,
    variant: 'released',
  };
  // the recipe's reader has checked every value against the method's parameter table.
  return { ...unread, ...options } as unknown as ScalarOptions;
}
