/** How far a run is, in words that do not take the layers of all rows for the layers of the model. */
import type { Recipe } from '../recipe/recipe';
import { expandRows } from '../recipe/rows';
import { progressOf } from '../store/progress';
import type { LiveRun } from '../store/run-view';
import type { StoredRun } from '../worker/protocol';
import * as format from './format';
import { words } from './words';

/** '44 of 140 (35 layers × 4 rows)'; '12 of 35 layers' of a single row. */
export function countWords(done: number, total: number, rows: number): string {
  const layers = format.integer(Math.round(total / Math.max(1, rows)));
  return words.run.layers(format.integer(done), format.integer(total), layers, format.integer(rows));
}

/** Empty until the run has a plan. */
export function liveCount(run: LiveRun): string {
  const { done, total } = progressOf(run);
  return run.plan === null || total === 0 ? '' : countWords(done, total, run.plan.rows.length);
}

export function storedCount({ finishedLayers, totalLayers, result, figures, recipe }: StoredRun): string {
  const rows = (result?.plan ?? figures?.plan)?.rows.length ?? rowsOf(recipe);
  return countWords(finishedLayers, totalLayers, rows);
}

/** With the baseline that a run adds; of a recipe with a method that this version does not know, its own rows. */
function rowsOf(recipe: Recipe): number {
  try {
    return expandRows(recipe).length;
  } catch {
    return recipe.rows.length;
  }
}
