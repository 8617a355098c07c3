/** What the rows of a run take in storage, wherever its figures come from. */
import type { Ledger } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import { expandRows, plannedLedgerOf } from '../recipe/rows';
import type { RunFigures } from './run-view';

/**
 * By row: as the layers came out once the run has summed them up, else as planned from the recipe. A row whose method this version does
 * not know, in a result of a later one, has none.
 */
export function rowLedgers(figures: RunFigures, recipe: Recipe): Map<number, Ledger> {
  const { plan, rows } = figures;
  if (!plan || plan.layers.length === 0) return new Map();
  const measured = rows.flatMap(({ row, ledger }) => (ledger ? [[row, ledger] as const] : []));
  return new Map([...planned(plan.layers, recipe), ...measured]);
}

function planned(layers: NonNullable<RunFigures['plan']>['layers'], recipe: Recipe): [number, Ledger][] {
  try {
    return expandRows(recipe).map((row) => [row.row, plannedLedgerOf(row, layers)]);
  } catch {
    return [];
  }
}
