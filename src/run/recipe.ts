/**
 * The recipe: one JSON object that says everything a result depends on besides the model. The link, the command line, the store
 * and the fingerprint all read this schema. Version 1.
 */
import { StudioError } from '../base/errors';
import { CATALOGUE } from '../method/catalogue';
import { defaultOptions, type Options, type OptionValue, type Parameter } from '../method/parameters';

export const RECIPE_VERSION = 1;

export interface Recipe {
  readonly version: typeof RECIPE_VERSION;
  /** What is compared; the first row's grid is also the one of the RTN baseline that is always computed beside. */
  readonly rows: readonly RecipeRow[];
  readonly calibration: Calibration;
  readonly heldOut: HeldOut;
  /** How a diffusion network samples: its calibration trajectories, and the images it is judged by. Defaults when absent. */
  readonly sampling?: Sampling;
  /** Names of other networks whose weights the codebook of VQ4ALL is drawn from too; none when absent. */
  readonly networks?: readonly string[];
}

export interface Sampling {
  readonly steps: number;
  /** Of classifier-free guidance; 1 is none. */
  readonly guidance: number;
  readonly sampler: 'ddpm' | 'ddim';
  /** Sampled at the end, of all classes in turn. */
  readonly images: number;
}

export const SAMPLING_DEFAULTS: Sampling = { steps: 50, guidance: 4, sampler: 'ddpm', images: 64 };

export interface RecipeRow {
  readonly method: string;
  readonly options: Options;
}

export interface Calibration {
  /**
   * file: a text or images beside the model or that the person chose; random: uniform token ids, or noise; generated: text the model
   * writes itself, or what a diffusion network meets on its own trajectories.
   */
  readonly source: 'file' | 'random' | 'generated';
  /** Name of the text for source 'file'. */
  readonly file: string | null;
  readonly windows: number;
  /** Tokens a window; images have their own length. */
  readonly length: number;
  readonly seed: number;
}

export interface HeldOut {
  /** Name of the text; null takes the windows that follow the calibration windows of the same source. */
  readonly file: string | null;
  readonly windows: number;
}

/** Bounds of everything that is not a method's own option. */
export const RECIPE_LIMITS = {
  rows: { min: 1, max: 9 },
  windows: { min: 1, max: 4096 },
  heldOutWindows: { min: 1, max: 4096 },
  length: { min: 8, max: 8192 },
  seed: { min: 0, max: 2 ** 31 - 1 },
  networks: { min: 1, max: 8 },
  samplingSteps: { min: 1, max: 1000 },
  sampledImages: { min: 2, max: 4096 },
  guidance: { min: 0, max: 100 },
} as const;

/** Reads a recipe from outside. Throws QS-RECIPE-01 in one sentence on anything unknown or out of range. */
export function parseRecipe(value: unknown): Recipe {
  const recipe = object(value, 'recipe');
  if (recipe.version !== RECIPE_VERSION) {
    refuse(`the recipe has version ${show(recipe.version)}, and version ${RECIPE_VERSION} is read: write it again`);
  }
  if (!Array.isArray(recipe.rows)) refuse(`recipe.rows is ${show(recipe.rows)}: it must be a list`);
  const { min, max } = RECIPE_LIMITS.rows;
  if (recipe.rows.length < min || recipe.rows.length > max) {
    refuse(`a recipe has ${min} to ${max} rows, this one has ${recipe.rows.length}`);
  }
  const calibration = object(recipe.calibration, 'recipe.calibration');
  const heldOut = object(recipe.heldOut, 'recipe.heldOut');
  const source = calibration.source;
  if (source !== 'file' && source !== 'random' && source !== 'generated') {
    refuse(`calibration.source is ${show(source)}: it must be file, random or generated`);
  }
  return {
    version: RECIPE_VERSION,
    rows: recipe.rows.map((row: unknown, i) => parseRow(row, `row ${i + 1}`)),
    calibration: {
      source,
      file: optionalText(calibration.file, 'calibration.file'),
      windows: integer(calibration.windows, 'calibration.windows', RECIPE_LIMITS.windows),
      length: integer(calibration.length, 'calibration.length', RECIPE_LIMITS.length),
      seed: integer(calibration.seed, 'calibration.seed', RECIPE_LIMITS.seed),
    },
    heldOut: {
      file: optionalText(heldOut.file, 'heldOut.file'),
      windows: integer(heldOut.windows, 'heldOut.windows', RECIPE_LIMITS.heldOutWindows),
    },
    // Left out where it is not given, so that a recipe of a text model has the same fingerprint as ever.
    ...(recipe.sampling === undefined ? {} : { sampling: parseSampling(object(recipe.sampling, 'recipe.sampling')) }),
    ...(recipe.networks === undefined ? {} : { networks: parseNetworks(recipe.networks) }),
  };
}

function parseNetworks(value: unknown): readonly string[] {
  const { min, max } = RECIPE_LIMITS.networks;
  if (!Array.isArray(value) || value.length < min || value.length > max) {
    refuse(`recipe.networks is ${show(value)}: it must be a list of ${min} to ${max} names`);
  }
  return value.map((name: unknown, i) => optionalText(name, `networks[${i}]`) ?? refuse(`networks[${i}] is empty`));
}

function parseSampling(value: Record<string, unknown>): Sampling {
  const given = { ...SAMPLING_DEFAULTS, ...value };
  const { guidance, sampler } = given;
  const { min, max } = RECIPE_LIMITS.guidance;
  if (typeof guidance !== 'number' || !(guidance >= min && guidance <= max)) {
    refuse(`sampling.guidance is ${show(guidance)}: it must lie in ${min} … ${max}`);
  }
  if (sampler !== 'ddpm' && sampler !== 'ddim') refuse(`sampling.sampler is ${show(sampler)}: it must be ddpm or ddim`);
  return {
    steps: integer(given.steps, 'sampling.steps', RECIPE_LIMITS.samplingSteps),
    guidance,
    sampler,
    images: integer(given.images, 'sampling.images', RECIPE_LIMITS.sampledImages),
  };
}

/** One row: the method's defaults, overlaid with what is given. Unknown options are refused, not dropped. */
export function parseRow(value: unknown, where: string): RecipeRow {
  const row = object(value, where);
  const face = CATALOGUE.find((method) => method.id === row.method);
  if (!face) {
    refuse(`${where}: there is no method ${show(row.method)}: choose ${CATALOGUE.map((m) => m.id).join(', ')}`);
  }
  const given = row.options === undefined ? {} : object(row.options, `${where}.options`);
  const options: Record<string, OptionValue> = { ...defaultOptions(face.parameters) };
  for (const [name, option] of Object.entries(given)) {
    const parameter = face.parameters[name];
    if (!Object.hasOwn(face.parameters, name)) {
      refuse(`${where}: ${face.title} has no option ${show(name)}: it has ${Object.keys(face.parameters).join(', ')}`);
    }
    options[name] = parseOption(option, parameter, `${where}: ${name}`);
  }
  return { method: face.id, options };
}

function parseOption(value: unknown, parameter: Parameter, where: string): OptionValue {
  switch (parameter.kind) {
    case 'integer':
      return integer(value, where, parameter);
    case 'optional-integer':
      return value === null ? null : integer(value, where, parameter);
    case 'number':
      if (typeof value !== 'number' || !(value >= parameter.min && value <= parameter.max)) {
        refuse(`${where} is ${show(value)}: it must lie in ${parameter.min} … ${parameter.max}`);
      }
      return value;
    case 'choice':
      if (typeof value !== 'string' || !parameter.choices.includes(value)) {
        refuse(`${where} is ${show(value)}: it must be ${parameter.choices.join(' or ')}`);
      }
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') refuse(`${where} is ${show(value)}: it must be true or false`);
      return value;
  }
}

function integer(value: unknown, where: string, limits: { min: number; max: number }): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < limits.min || value > limits.max) {
    refuse(`${where} is ${show(value)}: it must be a whole number in ${limits.min} … ${limits.max}`);
  }
  return value;
}

function optionalText(value: unknown, where: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string' || value.length > 300) refuse(`${where} is ${show(value)}: it must be a file name`);
  return value;
}

function object(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${where} is ${show(value)}: it must be {…}`);
  return value as Record<string, unknown>;
}

function show(value: unknown): string {
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 60);
  } catch {
    // JSON that can be read may be too deep to be written.
    return 'something very deep';
  }
}

function refuse(sentence: string): never {
  throw new StudioError('QS-RECIPE-01', `${sentence}.`);
}
