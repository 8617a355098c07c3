/** Ready-made recipes. A preset is a function of nothing but the catalogue's defaults; its words are in the catalogue of strings. */
import { defaultOptions } from '../method/parameters';
import { CATALOGUE, faceOf, type MethodId } from '../method/catalogue';
import { RECIPE_VERSION, type Recipe, type RecipeRow } from '../run/recipe';
import type { StoredModel } from '../worker/protocol';

/** A row with the method's defaults; options that the method has not are left away. */
export function rowOf(method: MethodId, options: RecipeRow['options'] = {}): RecipeRow {
  const { parameters } = faceOf(method);
  const known = Object.entries(options).filter(([name]) => Object.hasOwn(parameters, name));
  return { method, options: { ...defaultOptions(parameters), ...Object.fromEntries(known) } };
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

/** What a person finds on the recipe screen for a model: the paper trio, on the model's own texts where it has some. */
export function defaultRecipe(model: StoredModel | null): Recipe {
  const weightOnly = model !== null && model.limitation !== null;
  const preset = PRESETS.find((one) => one.id === (weightOnly ? 'rounding' : 'trio'));
  const texts = model?.texts ?? [];
  const file = calibrationText(texts) ?? null;
  return {
    version: RECIPE_VERSION,
    rows: preset?.rows() ?? [rowOf('rtn')],
    calibration: { source: file === null ? 'random' : 'file', file, windows: 16, length: 128, seed: 1 },
    heldOut: { file: heldOutText(texts, file) ?? null, windows: 8 },
  };
}

/** A recipe whose texts exist beside the model: names that it does not have are replaced by the best it has. */
export function fitted(recipe: Recipe, model: StoredModel | null): Recipe {
  if (model === null) return recipe;
  const { calibration, heldOut } = recipe;
  const missing = (name: string | null) => name === null || !model.texts.includes(name);
  const text = calibrationText(model.texts);
  const file = calibration.source === 'file' && missing(calibration.file) ? (text ?? null) : calibration.file;
  const source = calibration.source === 'file' && file === null ? 'random' : calibration.source;
  const held = heldOut.file !== null && missing(heldOut.file) ? heldOutText(model.texts, file) : heldOut.file;
  return { ...recipe, calibration: { ...calibration, source, file }, heldOut: { ...heldOut, file: held ?? null } };
}

function calibrationText(texts: readonly string[]): string | undefined {
  return texts.find((name) => /calib|train/i.test(name)) ?? texts[0];
}

function heldOutText(texts: readonly string[], taken: string | null): string | undefined {
  return texts.find((name) => name !== taken && /held|eval|valid|test/i.test(name));
}
