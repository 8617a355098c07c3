/** Rows that show what each step of a row does: ordinary rows, named after what they leave out or how far they go. */
import { STEP_FACES } from '../step/faces';
import { ROW_STEPS, type RecipeRow } from './row';
import { labelOf } from './rows';

/** The row without each of its steps in turn; `called`: what the row is called, where that is more than its steps. */
export function withoutEach({ name, steps }: RecipeRow, called: string | null = name ?? null): RecipeRow[] {
  if (steps.length <= ROW_STEPS.min) return [];
  return steps.map((step, at) => ({
    name: named(`without ${STEP_FACES[step.step].words(step.options).join(' ')}`, called),
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

/** What tells the rows apart comes first: names are cut off at their end. */
function named(what: string, called: string | null): string {
  return called === null ? what : `${what} · ${called}`;
}
