/**
 * The rows of a run: the recipe's, preceded by an RTN baseline on the grid nearest to the first row unless the recipe has that very row.
 */
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { Options } from '../method/parameters';
import { sumLedgers, type Ledger } from '../quantizer/ledger';
import { parseRow, type Recipe, type RecipeRow } from './recipe';

export interface RunRow {
  readonly row: number;
  readonly method: string;
  readonly options: Options;
  readonly label: string;
  readonly baseline: boolean;
}

/** All rows that a recipe computes, in the order of their numbers. */
export function expandRows(recipe: Recipe): RunRow[] {
  const [first] = recipe.rows;
  const grid = FAMILIES[faceOf(first.method).family].nearestGrid(first.options);
  const baseline = parseRow({ method: 'rtn', options: grid }, 'baseline');
  const same = recipe.rows.findIndex((row) => row.method === 'rtn' && sameOptions(row.options, baseline.options));
  const rows = same >= 0 ? recipe.rows : [baseline, ...recipe.rows];
  const labels = uniqueLabels(rows.map((row) => labelOf(row.method, row.options)));
  return rows.map((row, i) => ({ ...row, row: i, label: labels[i], baseline: i === Math.max(same, 0) }));
}

/** 'GPTAQ 3-bit g64 act', 'GPTVQ K16 d2': the method and what of its options is not the default. */
export function labelOf(method: string, options: Options): string {
  const face = faceOf(method);
  return [face.title, ...FAMILIES[face.family].labelWords(face, options)].join(' ');
}

/** What one layer will take under a row's options; `sharedBy`: weights that its codebook serves, where it is not its own. */
export function plannedLedger(
  { method, options }: RecipeRow,
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
  row: RecipeRow,
  layers: readonly { readonly rows: number; readonly cols: number }[],
  sharedBy: number | null = null,
): Ledger {
  const all = layers.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const served = faceOf(row.method).needs.networks ? (sharedBy ?? all) : null;
  return sumLedgers(layers.map(({ rows, cols }) => plannedLedger(row, rows, cols, served)));
}

/** Whether a row's method trains whole blocks. */
export function trains({ method, options }: RecipeRow): boolean {
  return faceOf(method).trains === true && options.proxy !== true;
}

/** Steps of a row that trains, a block. */
export function trainingSteps({ options }: RecipeRow): number {
  return [options.steps, options.calibrationSteps].reduce<number>((sum, n) => sum + (Number(n) || 0), 0);
}

/** Windows a step where a row does not say. */
const DEFAULT_BATCH = 8;

/** Windows that a row that trains takes a step. */
export function trainingBatch({ options }: RecipeRow): number {
  return typeof options.batch === 'number' ? options.batch : DEFAULT_BATCH;
}

function sameOptions(a: Options, b: Options): boolean {
  return Object.keys(b).every((name) => a[name] === b[name]);
}

function uniqueLabels(labels: string[]): string[] {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label} (${count})`;
  });
}
