/** In what two recipes differ, in few words: why one run cannot go on as another. */
import { faceOfStep } from '../step/known';
import type { Recipe } from './recipe';
import type { RecipeRow, RecipeStep } from './row';
import { show } from './values';

/** The first difference: 'row 2, Smooth: alpha was 0.5 and is 0.7'; null where there is none. */
export function recipeDifference(before: Recipe, now: Recipe): string | null {
  for (let r = 0; r < Math.max(before.rows.length, now.rows.length); r++) {
    if (r >= before.rows.length || r >= now.rows.length) {
      return `${before.rows.length} rows were to be computed and now ${now.rows.length}`;
    }
    const own = inRows(before.rows[r], now.rows[r]);
    if (own !== null) return `row ${r + 1}${own}`;
  }
  const [{ rows: _, ...old }, { rows: __, ...other }] = [before, now];
  const own = inValues(old, other);
  return own && `${own.path} was ${own.before} and is ${own.now}`;
}

function inRows(before: RecipeRow, now: RecipeRow): string | null {
  const title = ({ step }: RecipeStep) => faceOfStep(step).title;
  for (let s = 0; s < Math.max(before.steps.length, now.steps.length); s++) {
    if (s >= before.steps.length) return `: ${title(now.steps[s])} was added`;
    if (s >= now.steps.length) return `: ${title(before.steps[s])} was taken out`;
    const [old, own] = [before.steps[s], now.steps[s]];
    if (old.step !== own.step) return `: its step ${s + 1} was ${title(old)} and is ${title(own)}`;
    const value = inValues(old.options, own.options);
    if (value) return `, ${title(own)}: ${value.path} was ${value.before} and is ${value.now}`;
    if (inValues({ layers: old.layers }, { layers: own.layers }))
      return `, ${title(own)}: its rules for layers changed`;
  }
  return inValues(before, now) && ': its name changed';
}

/** The first value that differs, by its path; objects are looked into. */
function inValues(before: object, now: object): { path: string; before: string; now: string } | null {
  const [old, own] = [before, now] as [Record<string, unknown>, Record<string, unknown>];
  for (const name of new Set([...Object.keys(old), ...Object.keys(own)])) {
    const [a, b] = [old[name], own[name]];
    if (isPlain(a) && isPlain(b)) {
      const inside = inValues(a, b);
      if (inside) return { ...inside, path: `${name}.${inside.path}` };
    } else if (JSON.stringify(a) !== JSON.stringify(b)) {
      return { path: name, before: show(a ?? null), now: show(b ?? null) };
    }
  }
  return null;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
