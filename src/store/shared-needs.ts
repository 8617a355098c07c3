/** What it takes to run a link's recipe here, and which run of one's own is one of it. */
import type { Recipe } from '../recipe/recipe';
import type { RunResult } from '../run/events';
import type { StoredModel, StoredRun } from '../worker/protocol';
import { dataOf } from './models';
import type { LiveRun } from './run-view';
import { SAMPLES, sampleKey, type Sample } from './samples';
import type { SharedContent } from './shared';

/** What a stored model's key is of its fingerprint (src/worker/library.ts). */
const KEY_DIGITS = 24;

export interface Needed {
  /** The model that the figures are of, where it is stored here. */
  readonly model: StoredModel | null;
  /** The bundled sample that it is; it can be fetched. */
  readonly sample: Sample | null;
  /** Where it is none of these: a stored model of its name, which is another. */
  readonly namesake: StoredModel | null;
  /** Files that the recipe reads beside the model and that are not there; of a model that is not here, all of them. */
  readonly files: readonly string[];
}

/** What running a link's recipe here would need. */
export function neededBy({ recipe, sample, result }: SharedContent, models: readonly StoredModel[]): Needed {
  const bundled = SAMPLES.find(({ id }) => id === sample) ?? null;
  const key = bundled ? sampleKey(bundled) : result.model.fingerprint.slice(0, KEY_DIGITS);
  const model = models.find((one) => one.key === key) ?? null;
  const read = recipe ? [recipe.calibration.file, recipe.heldOut.file] : [];
  const names = [...new Set(read.filter((name) => name !== null))];
  // A sample brings its files.
  const there = model ? dataOf(model) : bundled ? names : [];
  const another = model === null && bundled === null;
  const namesake = another ? (models.find(({ name }) => name === result.model.name) ?? null) : null;
  return { model, sample: bundled, namesake, files: names.filter((name) => !there.includes(name)) };
}

/** A finished run of the link's recipe on the link's model, the newest first; the one at hand before those that are stored. */
export function ownRun(
  { recipe, result }: SharedContent,
  live: LiveRun | null,
  stored: readonly StoredRun[],
): { readonly id: string; readonly result: RunResult } | null {
  if (recipe === null) return null;
  const runs = [...(live?.phase === 'finished' ? [live] : []), ...stored.filter(({ state }) => state === 'finished')];
  for (const { id, result: own } of runs) {
    if (own && own.model.fingerprint === result.model.fingerprint && sameRecipe(own.recipe, recipe)) {
      return { id, result: own };
    }
  }
  return null;
}

function sameRecipe(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b));
}

/** The same with its keys in one order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, inOrder(one)]));
}
