/**
 * Rows of runs that differ in the seed of their calibration alone, as one row with its spread: mean and standard deviation (of n − 1) over
 * the seeds, which is the noise that a single run does not show.
 */
import type { RunResult } from '../run/events';
import { compareRows, type ComparedRow, type Shown } from './compare';
import { figuresOf } from './figures';

export interface SeedRow {
  readonly label: string;
  readonly seeds: readonly number[];
  readonly figures: readonly SeedFigure[];
}

export interface SeedFigure {
  readonly of: (typeof SEED_FIGURES)[number];
  readonly mean: number;
  /** Null of one seed. */
  readonly deviation: number | null;
}

export const SEED_FIGURES = [
  'meanError',
  'worstError',
  'perplexity',
  'kl',
  'klMedian',
  'klTail',
  'sameTop',
  'accuracy',
  'trajectory',
  'psnr',
  'ssim',
  'frechet',
] as const;

/** Of runs with at least two seeds of one recipe, that of the first among them; empty where there are none. */
export function seedRows(results: readonly RunResult[], shown: Shown): SeedRow[] {
  const first = results.at(0);
  if (!first) return [];
  const same = results.filter((one) => recipeKey(one) === recipeKey(first));
  const bySeed = new Map(same.map((one) => [one.recipe.calibration.seed, one]));
  if (bySeed.size < 2) return [];
  const seeds = [...bySeed.keys()].sort((a, b) => a - b);
  const tables = [...bySeed.values()].map((one) => compareRows(figuresOf(one), shown));
  return compareRows(figuresOf(first), shown).map(({ label }) => {
    const rows = tables.flatMap((table) => table.find((row) => row.label === label) ?? []);
    return { label, seeds, figures: SEED_FIGURES.flatMap((of) => spreadOf(rows, of)) };
  });
}

function spreadOf(rows: readonly ComparedRow[], of: SeedFigure['of']): SeedFigure[] {
  const values = rows.flatMap((row) => row[of] ?? []);
  // A figure that one of them lacks is of fewer seeds than the row says.
  if (values.length < rows.length || values.length === 0) return [];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [{ of, mean, deviation: values.length < 2 ? null : Math.sqrt(squares / (values.length - 1)) }];
}

/** All that makes two runs the same but for the seed. */
function recipeKey({ model, recipe }: RunResult): string {
  const { calibration, ...rest } = recipe;
  return JSON.stringify([model.fingerprint, rest, { ...calibration, seed: null }]);
}
