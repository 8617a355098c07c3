/**
 * Other ways to choose a candidate for every unit within a budget, beside the exact one of knapsack.ts, on the same tables:
 *
 *   lagrangian  all units at one price of a bit, on the lower convex hulls of their tables; with a lower bound that no choice can beat
 *   minimax     the largest error of any unit is least: what a bisection on a threshold finds (TensorRT Model Optimizer's KL search),
 *               but always the last threshold that was feasible
 *   greedy      from the fewest bits on, the upgrade that saves most for its bits, jumps over steps included (exllamav3)
 */
import {
  choiceOf,
  pareto,
  requireTables,
  type BelowLeast,
  type Choice,
  type Chosen,
  type Ranked,
  type Unit,
} from './knapsack';

export interface Lagrangian extends Chosen {
  /** No choice within the budget has a smaller error: the hulls, filled to the last bit with a fraction of a step. */
  readonly lowerBound: number;
  /** Error that a bit saves at the budget; 0 where everything fits. */
  readonly price: number;
}

/** One step along a unit's hull. */
interface Segment {
  readonly unit: number;
  readonly step: number;
  readonly bits: number;
  readonly saved: number;
}

/** Candidates on the lower convex hull, by rising bits: of neighbours, each saves less a bit than the one before. */
export function hull(unit: Unit): Ranked[] {
  const kept: Ranked[] = [];
  for (const next of pareto(unit)) {
    while (kept.length > 1) {
      const [a, b] = kept.slice(-2);
      if (saving(a, b) > saving(b, next)) break;
      kept.pop();
    }
    kept.push(next);
  }
  return kept;
}

/** Steps of all hulls by what a bit saves, taken until the first that does not fit. */
export function lagrangian(units: readonly Unit[], budget: number): Lagrangian | BelowLeast {
  requireTables(units);
  const hulls = units.map(hull);
  const segments = hulls.flatMap((points, unit) =>
    points.slice(1).map((to, step): Segment => {
      const from = points[step];
      return { unit, step: step + 1, bits: to.bits - from.bits, saved: from.error - to.error };
    }),
  );
  segments.sort((a, b) => b.saved / b.bits - a.saved / a.bits || a.unit - b.unit || a.step - b.step);
  const at = hulls.map(() => 0);
  const picked = () =>
    choiceOf(
      units,
      at.map((step, unit) => hulls[unit][step].place),
    );
  let rest = budget - picked().bits;
  if (!(rest >= 0)) return { kind: 'below-least', least: picked().bits };
  for (const { unit, step, bits, saved } of segments) {
    if (bits > rest) {
      const choice = picked();
      return {
        kind: 'choice',
        choice,
        lowerBound: Math.max(0, choice.error - (saved * rest) / bits),
        price: saved / bits,
      };
    }
    at[unit] = step;
    rest -= bits;
  }
  const choice = picked();
  return { kind: 'choice', choice, lowerBound: choice.error, price: 0 };
}

/** The smallest threshold such that the cheapest candidates with at most that error fit. */
export function minimax(
  units: readonly Unit[],
  budget: number,
): (Chosen & { readonly threshold: number }) | BelowLeast {
  requireTables(units);
  const fronts = units.map(pareto);
  const under = (threshold: number): Choice | null => {
    const picks = fronts.map((points) => points.find(({ error }) => error <= threshold)?.place);
    return picks.every((place) => place !== undefined) ? choiceOf(units, picks) : null;
  };
  const least = choiceOf(
    units,
    fronts.map(([smallest]) => smallest.place),
  );
  if (!(least.bits <= budget)) return { kind: 'below-least', least: least.bits };
  const thresholds = [...new Set(fronts.flat().map(({ error }) => error))].sort((a, b) => a - b);
  // The largest is feasible: under it everybody has the cheapest.
  let [low, high] = [0, thresholds.length - 1];
  let found = { choice: least, threshold: thresholds[high] };
  while (low <= high) {
    const middle = (low + high) >> 1;
    const choice = under(thresholds[middle]);
    if (choice !== null && choice.bits <= budget) {
      found = { choice, threshold: thresholds[middle] };
      high = middle - 1;
    } else low = middle + 1;
  }
  return { kind: 'choice', ...found };
}

export interface GreedyOptions {
  /** What a saving counts, as its power: exllamav3 takes 0.69 to tame large claims of noisy measurements; default 1. */
  readonly power?: number;
}

/** Upgrades one after another, each the one of best ratio saved / (bits + 1) among those that still fit. */
export function greedy(units: readonly Unit[], budget: number, { power = 1 }: GreedyOptions = {}): Chosen | BelowLeast {
  requireTables(units);
  const tables = units.map((unit) => {
    const points = pareto(unit);
    const [base] = points;
    return points.map((point) => ({ ...point, worth: (base.error - point.error) ** power }));
  });
  const at = tables.map(() => 0);
  const picked = () =>
    choiceOf(
      units,
      at.map((step, unit) => tables[unit][step].place),
    );
  let rest = budget - picked().bits;
  if (!(rest >= 0)) return { kind: 'below-least', least: picked().bits };
  for (;;) {
    let best: { readonly unit: number; readonly step: number; readonly bits: number; readonly ratio: number } | null =
      null;
    for (const [unit, points] of tables.entries()) {
      const from = points[at[unit]];
      for (let step = at[unit] + 1; step < points.length; step++) {
        const bits = points[step].bits - from.bits;
        if (bits > rest) break;
        const ratio = (points[step].worth - from.worth) / (bits + 1);
        if (ratio > (best?.ratio ?? 0)) best = { unit, step, bits, ratio };
      }
    }
    if (best === null) return { kind: 'choice', choice: picked() };
    at[best.unit] = best.step;
    rest -= best.bits;
  }
}

/** Error that a bit saves from a to b. */
function saving(a: Ranked, b: Ranked): number {
  return (a.error - b.error) / (b.bits - a.bits);
}
