/**
 * The rows of a run: the recipe's, preceded by an RTN baseline on the grid nearest to the first row unless the recipe has that very row.
 */
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { Options } from '../method/parameters';
import { sumLedgers, type Ledger } from '../quantizer/ledger';
import { methodOfStep, STEP_FACES } from '../step/faces';
import type { Recipe } from './recipe';
import { parseMethodRow, weightsOf, type RecipeRow, type RecipeStep } from './row';

/** A row of a run. Its method and options are those of the step that quantizes weights. */
export interface RunRow extends QuantizesWeights {
  readonly row: number;
  readonly steps: readonly RecipeStep[];
  readonly label: string;
  readonly baseline: boolean;
  /** Its place in the recipe; null for the baseline that the run adds. */
  readonly from: number | null;
}

/** What quantizes a row's weights. */
export interface QuantizesWeights {
  readonly method: string;
  readonly options: Options;
}

/** All rows that a recipe computes, in the order of their numbers. */
export function expandRows(recipe: Recipe): RunRow[] {
  const { method, options } = methodIn(recipe.rows[0]);
  const grid = FAMILIES[faceOf(method).family].nearestGrid(options);
  const baseline = parseMethodRow({ method: 'rtn', options: grid }, 'baseline');
  const same = recipe.rows.findIndex((row) => sameSteps(row, baseline));
  const rows = same >= 0 ? recipe.rows : [baseline, ...recipe.rows];
  const labels = uniqueLabels(rows.map(labelOf));
  const added = rows.length - recipe.rows.length;
  return rows.map((row, i) => ({
    row: i,
    ...methodIn(row),
    steps: row.steps,
    label: labels[i],
    baseline: i === Math.max(same, 0),
    from: i < added ? null : i - added,
  }));
}

/** The method and options by which a row quantizes weights. */
export function methodIn(row: RecipeRow): QuantizesWeights {
  const { step, options } = weightsOf(row);
  return { method: methodOfStep(step).id, options };
}

/** What a person calls the row, else its steps: 'GPTAQ 3-bit g64 act', 'GPTVQ K16 d2'. */
export function labelOf({ name, steps }: RecipeRow): string {
  return name ?? steps.map(({ step, options }) => STEP_FACES[step].words(options).join(' ')).join(' → ');
}

/** What one layer will take under a row's options; `sharedBy`: weights that its codebook serves, where it is not its own. */
export function plannedLedger(
  { method, options }: QuantizesWeights,
  rows: number,
  cols: number,
  sharedBy: number | null = null,
): Ledger {
  return FAMILIES[faceOf(method).family].plannedLedger(options, rows, cols, sharedBy);
}

/**
 * What all layers together will take under a row's options. A codebook that all layers share serves `sharedBy` weights, of these layers
 * alone unless it is said.
 */
export function plannedLedgerOf(
  row: QuantizesWeights,
  layers: readonly { readonly rows: number; readonly cols: number }[],
  sharedBy: number | null = null,
): Ledger {
  const all = layers.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const served = faceOf(row.method).needs.networks ? (sharedBy ?? all) : null;
  return sumLedgers(layers.map(({ rows, cols }) => plannedLedger(row, rows, cols, served)));
}

/** Whether a row's method trains whole blocks. */
export function trains({ method, options }: QuantizesWeights): boolean {
  return faceOf(method).trains === true && options.proxy !== true;
}

/** Steps of a row that trains, a block. */
export function trainingSteps({ options }: QuantizesWeights): number {
  return [options.steps, options.calibrationSteps].reduce<number>((sum, n) => sum + (Number(n) || 0), 0);
}

/** Windows a step where a row does not say. */
const DEFAULT_BATCH = 8;

/** Windows that a row that trains takes a step. */
export function trainingBatch({ options }: QuantizesWeights): number {
  return typeof options.batch === 'number' ? options.batch : DEFAULT_BATCH;
}

function sameSteps(a: RecipeRow, b: RecipeRow): boolean {
  return (
    a.steps.length === b.steps.length &&
    b.steps.every(({ step, options }, i) => {
      const other = a.steps[i];
      return other.step === step && Object.keys(options).every((name) => other.options[name] === options[name]);
    })
  );
}

function uniqueLabels(labels: string[]): string[] {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label} (${count})`;
  });
}
