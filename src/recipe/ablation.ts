/** Rows that show what each step of a row does: ordinary rows, named after what they leave out or how far they go. */
import { STEP_FACES } from '../step/faces';
import { ROW_STEPS, type RecipeRow, type RecipeStep } from './row';
import { labelOf, stepKey } from './rows';

/** The row without each of its steps in turn; `called`: what the row is called, where that is more than its steps. */
export function withoutEach({ name, steps }: RecipeRow, called: string | null = name ?? null): RecipeRow[] {
  if (steps.length <= ROW_STEPS.min) return [];
  return steps.map((step, at) => ({
    name: named(`without ${wordsOf(step)}`, called),
    steps: steps.toSpliced(at, 1),
  }));
}

/** The first step alone, the first two, and so on; all of them are the row itself. */
export function ladder({ name, steps }: RecipeRow, called: string | null = name ?? null): RecipeRow[] {
  return steps.slice(1).map((_, last) => {
    const first = { steps: steps.slice(0, last + 1) };
    return { name: named(`${last + 1} of ${steps.length}: ${labelOf(first)}`, called), ...first };
  });
}

/**
 * What each row leaves out of rows that have all its steps, in their order, and more. A row that is itself a part of another is left out
 * as such, so that a ladder's rows are compared with its top. By row: places of the larger rows, with the steps in words.
 */
export function leftOut(rows: readonly Pick<RecipeRow, 'steps'>[]): { row: number; steps: string[] }[][] {
  const beside = rows.map((one) =>
    rows.flatMap((larger, row) => {
      const steps = extraSteps(one.steps, larger.steps);
      return steps === null || steps.length === 0 ? [] : [{ row, steps: steps.map(wordsOf) }];
    }),
  );
  return beside.map((larger) => larger.filter(({ row }) => beside[row].length === 0));
}

/** The steps of `larger` that are not among `steps`; null where `steps` are not all of them there, in their order. */
function extraSteps(steps: readonly RecipeStep[], larger: readonly RecipeStep[]): RecipeStep[] | null {
  const keys = steps.map(stepKey);
  let found = 0;
  const extra = larger.filter((step) => {
    const here = found < keys.length && stepKey(step) === keys[found];
    if (here) found++;
    return !here;
  });
  return found === keys.length ? extra : null;
}

function wordsOf({ step, options }: RecipeStep): string {
  return STEP_FACES[step].words(options).join(' ');
}

/** What tells the rows apart comes first: names are cut off at their end. */
function named(what: string, called: string | null): string {
  return called === null ? what : `${what} · ${called}`;
}
