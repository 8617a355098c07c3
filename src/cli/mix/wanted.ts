/** What `mix` is asked for: rows of a recipe, and a budget in bits a weight or in bytes. */
import type { PreparedRun } from '../../engine';
import type { Linear } from '../../model/architecture';
import { assertMixable } from '../../run/mix';
import type { Arguments, Flags } from '../command';
import { UsageError } from '../exit-codes';
import { RUN_FLAGS } from '../quantize/flags';

export const MIX_FLAGS = {
  recipe: { value: 'FILE', help: 'A recipe.json of two rows or more.' },
  rows: { value: 'N,N', help: 'Which of its rows are mixed; default all.' },
  budget: {
    value: 'BITS|BYTES',
    help: 'Of all layers together, scales and all: 3.5 bits a weight on the mean; 400kB, 2.5MB, 1GB: bytes of layers.',
  },
  'kl-windows': { value: 'N', help: 'Calibration windows that layers are tried on, at most; default 16.' },
  format: { value: 'safetensors|own', help: 'Of the weights; default safetensors: dequantized.' },
  out: RUN_FLAGS.out,
  keep: RUN_FLAGS.keep,
} as const satisfies Flags;

/** Numbers of the run's rows. Throws a UsageError where there are no such rows, QS-RECIPE-01 where they cannot be mixed. */
export function mixRows(flags: Arguments, { rows, recipe }: Pick<PreparedRun, 'rows' | 'recipe'>): number[] {
  const text = flags.text('rows') ?? recipe.rows.map((_, i) => i + 1).join(',');
  const asked = text.split(',').map(Number);
  const wrong = asked.find(
    (row, i) => !(Number.isInteger(row) && row >= 1 && row <= recipe.rows.length) || asked.indexOf(row) < i,
  );
  if (wrong !== undefined) {
    throw new UsageError(
      `--rows is "${text}": it must name rows of the recipe, each once, from 1 to ${recipe.rows.length}, like 1,2.`,
    );
  }
  const found = asked.map((row) => rows.findIndex(({ from }) => from === row - 1));
  assertMixable(found.map((row) => rows[row]));
  return found;
}

const SIZES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** In bits of all layers. Throws a UsageError where it is no size. */
export function budgetIn(text: string, linears: readonly Linear[]): number {
  const found = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB)?$/.exec(text);
  if (!found || Number(found[1]) === 0) {
    throw new UsageError(`--budget is "${text}": it must be bits for a weight (3.5) or bytes of layers (400kB).`);
  }
  const [, number, unit] = found as unknown as [string, string, string | undefined];
  if (unit !== undefined) return Math.floor(8 * Number(number) * SIZES[unit]);
  return Math.floor(Number(number) * linears.reduce((sum, { rows, cols }) => sum + rows * cols, 0));
}
