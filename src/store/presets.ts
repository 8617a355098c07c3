/** Ready-made recipes. A preset is a function of nothing but the catalogue's defaults; its words are in the catalogue of strings. */
import { defaultOptions, type Options } from '../method/parameters';
import { CATALOGUE, faceOf } from '../method/catalogue';
import { type MethodId } from '../method/face';
import { RECIPE_VERSION, SAMPLING_DEFAULTS, type Recipe, type Sampling } from '../recipe/recipe';
import { rowOfStep, type RecipeRow } from '../recipe/row';
import type { StoredModel } from '../worker/protocol';

/** A row with the method's defaults; options that the method has not are left away. */
export function rowOf(method: MethodId, options: Options = {}): RecipeRow {
  const { parameters } = faceOf(method);
  const known = Object.entries(options).filter(([name]) => Object.hasOwn(parameters, name));
  return rowOfStep(method, { ...defaultOptions(parameters), ...Object.fromEntries(known) });
}

export interface Preset {
  readonly id: 'trio' | 'sweep' | 'rounding' | 'residual' | 'codebooks';
  rows(): RecipeRow[];
}

const COMPARED_CODEBOOKS: readonly string[] = ['kmeans', 'gptvq'];

export const PRESETS: readonly Preset[] = [
  {
    id: 'trio',
    rows: () => (['rtn', 'gptq', 'gptaq', 'rescomp'] as const).map((method) => rowOf(method, { bits: 3 })),
  },
  {
    id: 'residual',
    rows: () => (['gptq', 'gptq_r', 'gptaq', 'rescomp', 'shift'] as const).map((method) => rowOf(method, { bits: 3 })),
  },
  { id: 'sweep', rows: () => [2, 3, 4].flatMap((bits) => [rowOf('rtn', { bits }), rowOf('gptq', { bits })]) },
  {
    id: 'codebooks',
    // Two bits a weight, on grids and as indices of 16 pairs.
    rows: () => [
      rowOf('rtn', { bits: 2 }),
      rowOf('gptq', { bits: 2 }),
      ...CATALOGUE.filter(({ id }) => COMPARED_CODEBOOKS.includes(id)).map(({ id }) =>
        rowOf(id, { codewords: 16, dim: 2 }),
      ),
    ],
  },
  { id: 'rounding', rows: () => [2, 3, 4].map((bits) => rowOf('rtn', { bits })) },
];

type Data = Pick<Recipe, 'calibration' | 'heldOut' | 'sampling'>;

/** Images, whose number of tokens is the model's own, have no length; this one stands in the recipe and is not read. */
const LENGTH = 128;

/** What a person finds on the recipe screen for a model, on the model's own files where it has some. */
export function defaultRecipe(model: StoredModel | null): Recipe {
  const preset = PRESETS.find((one) => one.id === defaultPreset(model));
  return { version: RECIPE_VERSION, rows: preset?.rows() ?? [rowOf('rtn')], ...defaultData(model) };
}

/** The paper trio for text. Networks on images are small enough that only two bits tell methods apart, codebooks among them. */
function defaultPreset(model: StoredModel | null): Preset['id'] {
  if (model !== null && model.limitation !== null) return 'rounding';
  return model?.task === 'classification' || model?.task === 'diffusion' ? 'codebooks' : 'trio';
}

function defaultData(model: StoredModel | null): Data {
  switch (model?.task) {
    case 'classification': {
      const file = calibrationImages(model.images);
      return {
        calibration: { source: file === null ? 'random' : 'file', file, windows: 64, length: LENGTH, seed: 1 },
        heldOut: { file: heldOutImages(model.images), windows: 256 },
      };
    }
    case 'diffusion':
      return {
        calibration: { source: 'generated', file: null, windows: 64, length: LENGTH, seed: 1 },
        heldOut: { file: null, windows: 32 },
        sampling: defaultSampling(model),
      };
    default: {
      const texts = model?.texts ?? [];
      const file = calibrationText(texts) ?? null;
      return {
        calibration: { source: file === null ? 'random' : 'file', file, windows: 16, length: LENGTH, seed: 1 },
        heldOut: { file: heldOutText(texts, file) ?? null, windows: 8 },
      };
    }
  }
}

/** A sample should be over in a minute or two on any machine; as many images as the page shows side by side. */
function defaultSampling(model: StoredModel): Sampling {
  return model.sample
    ? { steps: 12, guidance: 2, sampler: 'ddim', images: 12 }
    : { ...SAMPLING_DEFAULTS, sampler: 'ddim', images: 16 };
}

/** A recipe that this model can carry out: of its task, with names of files that it has. */
export function fitted(recipe: Recipe, model: StoredModel | null): Recipe {
  if (model === null) return recipe;
  // Only what writes text has a prompt to continue.
  const { calibration, heldOut, sampling, continuation, ...rest } = recipe;
  if (!suits(recipe, model)) return { ...rest, ...defaultData(model) };
  switch (model.task) {
    case 'classification':
      return { ...rest, ...fittedImages(recipe, model.images) };
    case 'diffusion':
      return {
        ...rest,
        calibration: { ...calibration, source: 'generated', file: null },
        heldOut: { ...heldOut, file: null },
        sampling: sampling ?? defaultSampling(model),
      };
    default:
      return { ...rest, ...fittedTexts(recipe, model.texts), ...(continuation ? { continuation } : {}) };
  }
}

/** Whether the recipe's data are of the model's kind. A recipe that names no file may be for text or for a classifier. */
function suits({ calibration, heldOut, sampling }: Recipe, { task }: StoredModel): boolean {
  if (sampling !== undefined) return task === 'diffusion';
  const names = [calibration.file, heldOut.file].filter((name) => name !== null);
  const images = names.some((name) => /\.npz$/i.test(name));
  switch (task) {
    case 'classification':
      return images || (names.length === 0 && calibration.source !== 'generated');
    case 'diffusion':
      return false;
    default:
      return !images;
  }
}

function fittedImages({ calibration, heldOut }: Recipe, images: readonly string[]): Data {
  const there = (name: string | null) => name !== null && images.includes(name);
  const wanted =
    calibration.source === 'file' && !there(calibration.file) ? calibrationImages(images) : calibration.file;
  const file = calibration.source === 'file' ? wanted : null;
  return {
    calibration: { ...calibration, source: file === null ? 'random' : 'file', file },
    heldOut: { ...heldOut, file: there(heldOut.file) ? heldOut.file : heldOutImages(images) },
  };
}

function fittedTexts({ calibration, heldOut }: Recipe, texts: readonly string[]): Data {
  const missing = (name: string | null) => name === null || !texts.includes(name);
  const text = calibrationText(texts);
  const file = calibration.source === 'file' && missing(calibration.file) ? (text ?? null) : calibration.file;
  const source = calibration.source === 'file' && file === null ? 'random' : calibration.source;
  const held = heldOut.file !== null && missing(heldOut.file) ? heldOutText(texts, file) : heldOut.file;
  return { calibration: { ...calibration, source, file }, heldOut: { ...heldOut, file: held ?? null } };
}

function calibrationText(texts: readonly string[]): string | undefined {
  return texts.find((name) => /calib|train/i.test(name)) ?? texts[0];
}

function heldOutText(texts: readonly string[], taken: string | null): string | undefined {
  return texts.find((name) => name !== taken && /held|eval|valid|test/i.test(name));
}

function calibrationImages(images: readonly string[]): string | null {
  return images.find((name) => /calib|train/i.test(name)) ?? images[0] ?? null;
}

/** Of a file that is calibrated with as well, the images that follow. */
function heldOutImages(images: readonly string[]): string | null {
  return images.find((name) => /held|eval|valid|test/i.test(name)) ?? images[0] ?? null;
}
