/** The row that `allocate` looks at, out of its flags, and its budget in bits or bytes. */
import type { Recipe, RecipeRow } from '../../engine';
import type { Linear } from '../../model/architecture';
import { allotsOf } from '../../recipe/allotted';
import { parseRow } from '../../recipe/row';
import { methodIn, plannedLedgerOf } from '../../recipe/rows';
import { allocateFace } from '../../step/allocate/allocate.face';
import type { Arguments, Flags } from '../command';
import { UsageError } from '../exit-codes';
import { recipeRow } from '../method-flags';

const { measure, solver } = allocateFace.parameters;
const choices = (parameter: typeof measure) => (parameter.kind === 'choice' ? parameter.choices.join('|') : 'WORD');

export const ALLOCATE_FLAGS = {
  budget: {
    value: 'BITS|BYTES',
    help: 'Of all layers together: 3.5 is what they would take half at 3 and half at 4 bits, scales included; 400kB, 2.5MB, 1GB: bytes of layers.',
  },
  measure: { value: choices(measure), help: `${measure.help} Default hessian.` },
  candidates: { value: 'N,N', help: 'Widths that a layer may get, 2 to 8; default 2,3,4,8.' },
  'or-kept': { value: null, help: 'A layer may also stay as it is.' },
  tie: { value: null, help: 'Layers that read the same inputs get the same bits.' },
  solver: { value: choices(solver), help: `${solver.help} Default knapsack.` },
  'kl-windows': {
    value: 'N',
    help: 'kl, upgrade, gradient and trace: calibration windows that they run on, at most; default 16.',
  },
  out: { value: 'FILE', help: 'Writes a recipe with a rule for each layer there, which quantize --recipe runs.' },
} as const satisfies Flags;

/** With a budget that is yet to be said. */
export function allocatingRow(flags: Arguments): RecipeRow {
  const weights = recipeRow(flags, ['seed', 'measure', 'candidates', 'solver', 'windows'], 'rtn').steps;
  const given = {
    measure: flags.text('measure'),
    candidates: flags.text('candidates'),
    solver: flags.text('solver'),
    windows: flags.number('kl-windows'),
    keep: flags.boolean('or-kept') || null,
    tie: flags.boolean('tie') || null,
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  return parseRow({ steps: [{ step: 'allocate', options }, ...weights] }, 'the command line');
}

export function withBudget(recipe: Recipe, budget: number): Recipe {
  const rows = recipe.rows.map((row) =>
    parseRow(
      {
        ...row,
        steps: row.steps.map((step) =>
          step.step === 'allocate' ? { ...step, options: { ...step.options, budget } } : step,
        ),
      },
      'the command line',
    ),
  );
  return { ...recipe, rows };
}

const SIZES: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** In bits as the step takes it. Throws a UsageError where it is none, or not within what the candidates take. */
export function budgetOf(text: string, { rows: [row] }: Recipe, linears: readonly Linear[]): number {
  const found = /^(\d+(?:\.\d+)?) ?(B|kB|MB|GB)?$/.exec(text);
  const allots = allotsOf(row);
  if (!found || !allots) {
    throw new UsageError(`--budget is "${text}": it must be bits for a weight (3.5) or bytes of layers (400kB).`);
  }
  const [, number, unit] = found as unknown as [string, string, string | undefined];
  if (unit === undefined) return Number(number);
  const [least, most] = [allots.bits[0], allots.bits[allots.bits.length - 1]];
  const { method, options } = methodIn(row);
  const bytesAt = (bits: number) => plannedLedgerOf({ method, options: { ...options, bits } }, linears).total / 8;
  const [bytes, from, to] = [Number(number) * SIZES[unit], bytesAt(least), bytesAt(most)];
  if (bytes < from || bytes > to) {
    throw new UsageError(
      `--budget is ${text}, and the layers take ${Math.ceil(from)} bytes at ${least} bits and ${Math.ceil(to)} at ${most}: choose a budget between.`,
    );
  }
  // Sizes grow with bits in a straight line; never more than was asked for.
  const bits = from === to ? least : least + ((bytes - from) / (to - from)) * (most - least);
  return Math.floor(bits * 1e9) / 1e9;
}
