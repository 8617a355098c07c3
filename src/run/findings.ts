/**
 * What a run's steps find out before layers are quantized, from the recipe alone: transforms that are fitted on every block or learn on the
 * whole network, once for each view (fit-view.ts, learn-views.ts), and allocation's tables of losses, each once for all rows that share it (prologue.ts). For the plan.
 */
import { allocateStep } from '../recipe/allotted';
import { weightsStep, type RecipeStep } from '../recipe/row';
import { transformsOf, viewKeyOf, type RunRow } from '../recipe/rows';
import type { Fitting, Lessons, Probing } from '../step/face';
import { STEP_FACES } from '../step/faces';

/** One transform of one view, on every block. */
export interface Fitted extends Fitting {
  readonly view: number;
  /** A row of the view. */
  readonly row: RunRow;
}

/** One table of losses. */
export interface Probed extends Probing {
  readonly row: RunRow;
}

export interface Findings {
  readonly fitted: readonly Fitted[];
  readonly taught: readonly Lessons[];
  readonly probed: readonly Probed[];
}

const ONE_PASS: Fitting = { passes: 1 };

export function findingsOf(rows: readonly RunRow[]): Findings {
  const byView = new Map([...rows].reverse().map((row) => [row.view, row]));
  const fitted = [...byView.values()].flatMap((row) =>
    transformsOf(row).flatMap(({ step, options }): Fitted[] => {
      const { scope, fitting } = STEP_FACES[step];
      return scope(options) === 'block' ? [{ ...(fitting?.(options) ?? ONE_PASS), view: row.view, row }] : [];
    }),
  );
  const taught = [...byView.values()].flatMap((row) =>
    transformsOf(row).flatMap(({ step, options }) => STEP_FACES[step].lessons?.(options) ?? []),
  );
  const tables = new Map<string, Probed>();
  for (const row of rows) {
    const step = allocateStep(row);
    const probing = step && STEP_FACES[step.step].probing?.(step.options);
    if (step && probing && !tables.has(tableOf(row, step))) tables.set(tableOf(row, step), { ...probing, row });
  }
  return { fitted, taught, probed: [...tables.values()] };
}

/** Equal for rows that measure the same: of one view, by one measure, on one grid with its rules. */
export function tableOf(row: RunRow, { step, options }: RecipeStep): string {
  const { budget: _budget, solver: _solver, tie: _tie, ...measured } = options;
  const { bits: _bits, ...grid } = row.options;
  return JSON.stringify([viewKeyOf(row), step, measured, row.method, grid, weightsStep(row)?.layers ?? null]);
}
