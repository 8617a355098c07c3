/**
 * The recipe of a result or of a stored run, which another version of the studio may have written: read as ever where it can be, and
 * without rows where a step is not known here. What its rows were is in the plan's labels.
 */
import { isStudioError } from '../base/errors';
import { parseRecipe, type Recipe } from './recipe';
import { object, refuse, show } from './values';

/** Throws QS-RECIPE-01 where it is no recipe at all. */
export function shownRecipe(value: unknown): Recipe {
  try {
    return parseRecipe(value);
  } catch (error) {
    if (!isStudioError(error)) throw error;
    const given = object(value, 'recipe');
    if (!Array.isArray(given.rows)) refuse(`recipe.rows is ${show(given.rows)}: it must be a list`);
    const { seed, windows, length, file, source } = object(given.calibration, 'recipe.calibration');
    return {
      ...(given as unknown as Recipe),
      rows: [],
      calibration: { seed, windows, length, file, source } as Recipe['calibration'],
    };
  }
}
