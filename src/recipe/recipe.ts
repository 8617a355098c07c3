/**
 * The recipe: one JSON object that says everything a result depends on besides the model. The link, the command line, the store
 * and the fingerprint all read this schema. Version 2: rows are pipelines of steps (row.ts). Version 1 is read as well, so that old
 * links and files open; it is written no more.
 */
import { parseMethodRow, parseRow, type RecipeRow } from './row';
import { integer, list, object, onlyKeys, optionalText, refuse, show } from './values';

export const RECIPE_VERSION = 2;

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
  /** What every row continues at the end of a run of a language model; nothing when absent. */
  readonly continuation?: ContinuationRequest;
}

export interface ContinuationRequest {
  readonly prompt: string;
  /** Written at most. */
  readonly tokens: number;
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
  rows: { min: 1, max: 16 },
  windows: { min: 1, max: 4096 },
  heldOutWindows: { min: 1, max: 4096 },
  length: { min: 8, max: 8192 },
  seed: { min: 0, max: 2 ** 31 - 1 },
  networks: { min: 1, max: 8 },
  samplingSteps: { min: 1, max: 1000 },
  sampledImages: { min: 2, max: 4096 },
  guidance: { min: 0, max: 100 },
  promptLetters: { min: 1, max: 2000 },
  continuedTokens: { min: 1, max: 64 },
} as const;

/** By the recipe's version. */
const ROW_READERS: ReadonlyMap<unknown, (value: unknown, where: string) => RecipeRow> = new Map([
  [1, parseMethodRow],
  [RECIPE_VERSION, parseRow],
]);

/** Reads a recipe from outside. Throws QS-RECIPE-01 in one sentence on anything unknown or out of range. */
export function parseRecipe(value: unknown): Recipe {
  const recipe = object(value, 'recipe');
  const rowReader = ROW_READERS.get(recipe.version);
  if (!rowReader) {
    refuse(
      `the recipe has version ${show(recipe.version)}, and versions 1 and ${RECIPE_VERSION} are read: write it again`,
    );
  }
  const rows = list(recipe.rows, 'recipe.rows', RECIPE_LIMITS.rows, 'rows');
  const calibration = object(recipe.calibration, 'recipe.calibration');
  const heldOut = object(recipe.heldOut, 'recipe.heldOut');
  const source = calibration.source;
  if (source !== 'file' && source !== 'random' && source !== 'generated') {
    refuse(`calibration.source is ${show(source)}: it must be file, random or generated`);
  }
  return {
    version: RECIPE_VERSION,
    rows: rows.map((row, i) => rowReader(row, `row ${i + 1}`)),
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
    ...(recipe.continuation === undefined
      ? {}
      : { continuation: parseContinuation(object(recipe.continuation, 'recipe.continuation')) }),
  };
}

function parseContinuation(value: Record<string, unknown>): ContinuationRequest {
  onlyKeys(value, 'recipe.continuation', ['prompt', 'tokens']);
  const { prompt } = value;
  const { min, max } = RECIPE_LIMITS.promptLetters;
  if (typeof prompt !== 'string' || prompt.length < min || prompt.length > max) {
    refuse(`continuation.prompt is ${show(prompt)}: it must be a text of ${min} to ${max} letters`);
  }
  return { prompt, tokens: integer(value.tokens, 'continuation.tokens', RECIPE_LIMITS.continuedTokens) };
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
