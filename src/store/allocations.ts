/** Allocations of a run as pictures show them: the choice, its front, and what all layers alike would have come to. */
import type { RowAllocation, RowSummary } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import { expandRows, uniformBeside } from '../recipe/rows';
import type { RunFigures } from './run-view';

export interface ShownAllocation {
  readonly row: number;
  readonly label: string;
  readonly allocation: RowAllocation;
  /** In all layers, by which bits become bits per weight. */
  readonly weights: number;
  /** By candidate. */
  readonly uniform: readonly UniformChoice[];
  /** What the row came to; null before the end. */
  readonly measured: RowSummary | null;
}

/** All layers with the same candidate, but for those that rules give their bits. */
export interface UniformChoice {
  readonly name: string;
  readonly bits: number;
  /** Predicted. */
  readonly error: number;
  /** The run's row that is so; null where it has none. */
  readonly row: number | null;
  readonly measured: RowSummary | null;
}

/** Of all rows that allocate, in the rows' order; of none where shapes are not known. */
export function shownAllocations(figures: RunFigures, recipe: Recipe): ShownAllocation[] {
  const { plan, rows } = figures;
  const weights = plan?.layers.reduce((sum, layer) => sum + layer.rows * layer.cols, 0) ?? 0;
  if (!plan || !(weights > 0 && weights < Infinity)) return [];
  const told = new Map<number, RowAllocation>([
    ...(figures.allocations ?? []).map(({ row, allocation }) => [row, allocation] as const),
    ...rows.flatMap(({ row, allocation }) => (allocation ? [[row, allocation] as const] : [])),
  ]);
  const measured = (row: number | null) => rows.find((one) => one.row === row) ?? null;
  const beside = besideOf(recipe);
  return plan.rows.flatMap(({ row, label }) => {
    const allocation = told.get(row);
    if (!allocation) return [];
    const uniform = uniformChoices(allocation).map((choice, place) => {
      const own = beside(row)[place] ?? null;
      return { ...choice, row: own, measured: measured(own) };
    });
    return [{ row, label, allocation, weights, uniform, measured: measured(row) }];
  });
}

/** What every candidate would come to, were it all layers'. */
function uniformChoices({ candidates, bits, layers }: RowAllocation): Pick<UniformChoice, 'name' | 'bits' | 'error'>[] {
  const pinned = layers.reduce((rest, layer) => rest - layer.bits[layer.pick], bits);
  return candidates.map((name, place) => ({
    name,
    bits: layers.reduce((sum, layer) => sum + layer.bits[place], pinned),
    error: layers.reduce((sum, layer) => sum + layer.errors[place], 0),
  }));
}

/** By row and candidate the run's uniform rows; none where this version does not know the recipe's rows. */
function besideOf(recipe: Recipe): (row: number) => (number | null)[] {
  try {
    const rows = expandRows(recipe);
    return (row) => (rows[row] ? uniformBeside(rows, rows[row]).map((one) => one?.row ?? null) : []);
  } catch {
    return () => [];
  }
}
