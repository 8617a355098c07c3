/**
 * The rows of a run: the recipe's, preceded by an RTN baseline on the first row's grid unless the recipe has that very row.
 */
import { faceOf } from '../method/catalogue';
import { GRID_PARAMETERS, scalarOptions, type Options } from '../method/parameters';
import { affineBitsPerWeight, groupCount, type AffineLayout } from '../quantizer/affine';
import { parseRow, type Recipe } from './recipe';

export interface RunRow {
  readonly row: number;
  readonly method: string;
  readonly options: Options;
  readonly label: string;
  readonly baseline: boolean;
}

/** All rows that a recipe computes, in the order of their numbers. */
export function expandRows(recipe: Recipe): RunRow[] {
  const first = scalarOptions(recipe.rows[0].options);
  const grid = Object.fromEntries(
    Object.keys(GRID_PARAMETERS).map((name) => [name, first[name as keyof typeof GRID_PARAMETERS]]),
  );
  const baseline = parseRow({ method: 'rtn', options: grid }, 'baseline');
  const same = recipe.rows.findIndex((row) => row.method === 'rtn' && sameOptions(row.options, baseline.options));
  const rows = same >= 0 ? recipe.rows : [baseline, ...recipe.rows];
  const labels = uniqueLabels(rows.map((row) => labelOf(row.method, row.options)));
  return rows.map((row, i) => ({ ...row, row: i, label: labels[i], baseline: i === Math.max(same, 0) }));
}

/** 'GPTAQ 3-bit g64 act': the method and what of its options is not the default. */
export function labelOf(method: string, options: Options): string {
  const face = faceOf(method);
  const scalar = scalarOptions(options);
  const words = [face.title, `${scalar.bits}-bit`];
  if (scalar.groupSize !== null) words.push(`g${scalar.groupSize}`);
  if (scalar.symmetric) words.push('sym');
  if (scalar.clip === 'mse') words.push('clip');
  if (scalar.actOrder) words.push('act');
  if (scalar.staticGroups && scalar.groupSize !== null) words.push('static');
  if (scalar.variant === 'exact') words.push('exact');
  for (const name of ['alpha', 'alpha2', 'damping', 'blockSize']) {
    const parameter = face.parameters[name];
    if (parameter && options[name] !== parameter.default) words.push(`${parameter.label} ${options[name]}`);
  }
  return words.join(' ');
}

/** Stored bits per weight of one layer under a row's options. */
export function bitsPerWeight(options: Options, rows: number, cols: number): number {
  return affineBitsPerWeight(layoutFor(options, rows, cols));
}

function layoutFor(options: Options, rows: number, cols: number): AffineLayout {
  const { bits, symmetric, groupSize, actOrder, staticGroups } = scalarOptions(options);
  const groups = groupCount(cols, groupSize);
  return { rows, cols, bits, symmetric, groups, indexed: actOrder && !staticGroups && groups > 1 };
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
