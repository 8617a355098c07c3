/** Rows whose layers get their own bits (slot allocate): what may be given, what is pinned, and the uniform rows beside. */
import type { Options } from '../method/parameters';
import type { Allots } from '../step/face';
import { faceOfStep } from '../step/known';
import { makeLedger, LEDGER_PARTS, type Ledger } from '../quantizer/ledger';
import type { LayerRule } from './layer-rules';
import { weightsStep, type RecipeRow, type RecipeStep } from './row';

/** What a layer gets: options in the place of its row's; 'keep': it stays as it is. */
export type Allotted = Options | 'keep';

/** The step of the slot allocate; null where a row has none. */
export function allocateStep({ steps }: Pick<RecipeRow, 'steps'>): RecipeStep | null {
  return steps.find(({ step }) => faceOfStep(step).slot === 'allocate') ?? null;
}

/** What the row's layers may get; null where they all get the same. */
export function allotsOf(row: Pick<RecipeRow, 'steps'>): Allots | null {
  const step = allocateStep(row);
  return step && (faceOfStep(step.step).allots?.(step.options) ?? null);
}

/** In the order of a table of losses. */
export function candidatesOf({ bits, keep }: Allots): Allotted[] {
  return [...bits.map((width) => ({ bits: width })), ...(keep ? (['keep'] as const) : [])];
}

/** Whether a rule gives its layer its bits, so that there is nothing to allocate. */
export function pins(rule: LayerRule | null): boolean {
  return rule !== null && (rule.keep === true || Object.hasOwn(rule.options ?? {}, 'bits'));
}

/** A row's options where all layers get the same: of an allocating row, those of the uniform one just below its budget. */
export function uniformOptions(row: Pick<RecipeRow, 'steps'>, options: Options): Options {
  const allots = allotsOf(row);
  return allots ? { ...options, bits: Math.floor(allots.budget) } : options;
}

/**
 * The rows that an allocating row is to be compared with: the same with all layers alike, at its budget, or where that is no whole number
 * at the whole ones below and above.
 */
export function uniformRows(row: RecipeRow): RecipeRow[] {
  const allots = allotsOf(row);
  if (!allots || !weightsStep(row)) return [];
  const widths = new Set([Math.floor(allots.budget), Math.ceil(allots.budget)]);
  return [...widths].map((bits) => uniformRow(row, bits));
}

/** An allocating row with so many bits for every layer. */
export function uniformRow(row: RecipeRow, bits: number): RecipeRow {
  const weights = weightsStep(row);
  return {
    ...(row.name === undefined ? {} : { name: `${row.name}, uniform ${bits}-bit` }),
    steps: row.steps
      .filter((step) => step !== allocateStep(row))
      .map((step) => (step === weights ? { ...step, options: { ...step.options, bits } } : step)),
  };
}

/** An account between those at the whole numbers of bits below and above. */
export function betweenLedgers(bits: number, at: (whole: number) => Ledger): Ledger {
  const [below, share] = [at(Math.floor(bits)), bits - Math.floor(bits)];
  if (share === 0) return below;
  const above = at(Math.ceil(bits));
  const mixed = LEDGER_PARTS.map((part) => [part, (1 - share) * below.parts[part] + share * above.parts[part]]);
  return makeLedger(below.weights, Object.fromEntries(mixed) as Ledger['parts']);
}
