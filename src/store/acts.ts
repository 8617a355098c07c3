/** What a person does that could cost something: each is done at once, told, and can be undone. */
import type { Recipe } from '../recipe/recipe';
import type { RecipeRow } from '../recipe/row';
import type { Aside, ModelsStore } from './models';
import { defaultRecipe, type Preset } from './presets';
import type { RecipeStore } from './recipe';
import type { StoredRunsStore } from './stored-runs';
import type { Deed, ToastsStore } from './toasts';

export interface Acts {
  usePreset(preset: Preset['id']): void;
  removeRow(row: number): void;
  /** A paper's row at the end, or in the place of one. */
  putRow(row: RecipeRow, title: string, inPlaceOf: number | null): void;
  /** Rows behind one, which they are about. */
  addRows(rows: readonly RecipeRow[], behind: number): void;
  /** Puts the recipe of a run, of the sample or of a link on the bench. */
  takeRecipe(recipe: Recipe, by: 'run' | 'sample' | 'link'): void;
  removeModel(key: string): void;
  removeRun(id: string): void;
}

export interface ActsOn {
  readonly recipes: RecipeStore;
  readonly models: ModelsStore;
  readonly storedRuns: StoredRunsStore;
  readonly toasts: ToastsStore;
  /** Told when something was deleted for good. */
  readonly onDiscarded: () => void;
}

export function createActs({ recipes, models, storedRuns, toasts, onDiscarded }: ActsOn): Acts {
  /** A change of the recipe as a whole; one that changes nothing is not worth a word. */
  const onRecipe = (deed: Deed, change: () => void) => {
    const before = recipes.getState().snapshot();
    change();
    if (same(recipes.getState().recipe, before.recipe)) return;
    toasts.getState().say(deed, () => recipes.getState().restore(before));
  };
  const putOff = (deed: Deed, { restore, discard }: Aside) =>
    toasts.getState().say(deed, restore, () => void discard().then(onDiscarded));
  return {
    usePreset: (preset) => onRecipe({ kind: 'preset', preset }, () => recipes.getState().usePreset(preset)),
    removeRow: (row) => onRecipe({ kind: 'row-removed', row }, () => recipes.getState().removeRow(row)),
    putRow(row, title, inPlaceOf) {
      const { insertRows, setRow, recipe: before } = recipes.getState();
      const at = inPlaceOf ?? before.rows.length;
      onRecipe({ kind: 'paper', title, row: at }, () => {
        if (inPlaceOf === null) insertRows([row]);
        else setRow(inPlaceOf, row);
      });
    },
    addRows: (rows, behind) =>
      onRecipe({ kind: 'rows-added', rows: rows.length, behind }, () => {
        recipes.getState().insertRows(rows, behind);
      }),
    takeRecipe(recipe, by) {
      // One that nobody has touched is no loss.
      const { recipe: own, model, load } = recipes.getState();
      if (same(own, defaultRecipe(model))) load(recipe);
      else onRecipe({ kind: 'recipe-replaced', by }, () => load(recipe));
    },
    removeModel(key) {
      const name = models.getState().models.find((model) => model.key === key)?.name;
      if (name === undefined) return;
      // What was put aside before is settled first, so that only one thing is ever in between.
      toasts.getState().settle();
      putOff({ kind: 'model-removed', name }, models.getState().setAside(key));
    },
    removeRun(id) {
      const name = storedRuns.getState().runs.find((run) => run.id === id)?.modelName;
      if (name === undefined) return;
      toasts.getState().settle();
      putOff({ kind: 'run-removed', name }, storedRuns.getState().setAside(id));
    },
  };
}

function same(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
