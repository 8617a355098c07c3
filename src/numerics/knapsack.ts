/**
 * The multiple-choice knapsack, exactly: one candidate for every unit, the sum of errors least, the sum of bits within a budget. What mixed
 * precision comes down to once every layer has a table of candidates with their bits and the loss that each is predicted to cost.
 *
 * Dynamic programming over units: a state is a sum of bits with the least error that reaches it; after each unit only states stay that no
 * smaller one equals (Pareto), with a pointer back to how they came about. What is left after the last unit is the whole front at once: the
 * best choice for every budget there is. Ties go to fewer bits.
 *
 * Sizes are counted in their greatest common divisor. Where more states than `MOST_STATES` are left after a unit, bits are rounded *up* to
 * 1 / 65 536 of the largest budget, so that a choice never exceeds what it is said to take; the result says so (`exact` is false), and its totals
 * are the true ones.
 */

/** One way to store a unit. */
export interface Candidate {
  /** A whole number, not negative. */
  readonly bits: number;
  /** Predicted loss, not negative. */
  readonly error: number;
}

/** A layer, or a group of layers that share one choice (see `tied`): its candidates. */
export type Unit = readonly Candidate[];

/** What is chosen: a candidate's place for every unit, and the sums. */
export interface Choice {
  readonly picks: readonly number[];
  readonly bits: number;
  readonly error: number;
}

/** Even the choice of least bits takes more than the budget. */
export interface BelowLeast {
  readonly kind: 'below-least';
  readonly least: number;
}

export interface Chosen {
  readonly kind: 'choice';
  readonly choice: Choice;
}

export interface Front {
  readonly kind: 'front';
  /** By rising bits and falling error: the best choices there are. Never empty. */
  readonly points: readonly Point[];
  /** False where sizes were rounded up. */
  readonly exact: boolean;
  /** Bits that one step of the sizes stands for. */
  readonly unit: number;
  /** States that were looked at, all units together. */
  readonly states: number;
}

/** A point of the front. `choice` walks its back pointers, so that only what is looked at costs anything. */
export interface Point {
  readonly bits: number;
  readonly error: number;
  choice(): Choice;
}

interface State {
  /** In units, as counted. */
  readonly size: number;
  readonly bits: number;
  readonly error: number;
  readonly pick: number;
  readonly before: State | null;
}

const START: State = { size: 0, bits: 0, error: 0, pick: -1, before: null };

/** States after a unit from which sizes are rounded. */
const MOST_STATES = 65_536;

/** The front of all choices that take at most `budget` bits; null: all. Throws where a table is none: that is the caller's mistake. */
export function front(units: readonly Unit[], budget: number | null = null): Front | BelowLeast {
  requireTables(units);
  const reduced = units.map(pareto);
  const least = sum(reduced.map(([smallest]) => smallest.bits));
  const most = sum(reduced.map((unit) => unit[unit.length - 1].bits));
  // Beyond the best of every unit a budget buys nothing.
  const within = Math.min(budget ?? most, most);
  if (!(within >= least)) return { kind: 'below-least', least };
  const divisor = commonDivisor(reduced.flatMap((unit) => unit.map(({ bits }) => bits))) || 1;
  const exactly = statesOf(reduced, within, { unit: divisor, sizeOf: (bits) => Math.round(bits / divisor) });
  if (exactly)
    return { kind: 'front', points: exactly.last.map(pointOf), exact: true, unit: divisor, states: exactly.seen };
  const unit = within / MOST_STATES;
  const rounded = statesOf(reduced, within, { unit, sizeOf: (bits) => Math.ceil(bits / unit) });
  if (!rounded) throw new Error('bug: more states than sizes');
  const points = byTrueBits([...rounded.last, leastState(reduced)]);
  return { kind: 'front', points: points.map(pointOf), exact: false, unit, states: rounded.seen };
}

/** All states after the last unit; null where there are too many after one. */
function statesOf(
  reduced: readonly (readonly Ranked[])[],
  within: number,
  { unit, sizeOf }: { readonly unit: number; readonly sizeOf: (bits: number) => number },
): { readonly last: readonly State[]; readonly seen: number } | null {
  const smallest = reduced.map(([first]) => sizeOf(first.bits));
  // Up to a rounding of the division; what the units to come need at least is kept free.
  let room = Math.max(Math.floor(within / unit + 1e-6), sum(smallest)) - sum(smallest);
  let states: State[] = [START];
  let seen = 0;
  for (const [i, candidates] of reduced.entries()) {
    room += smallest[i];
    states = step(states, candidates, sizeOf, { room, within });
    seen += states.length;
    if (states.length > MOST_STATES + 1) return null;
  }
  return { last: states, seen };
}

/** The best choice within a budget. */
export function knapsack(units: readonly Unit[], budget: number): (Chosen & { readonly exact: boolean }) | BelowLeast {
  const found = front(units, budget);
  if (found.kind === 'below-least') return found;
  return { kind: 'choice', choice: found.points[found.points.length - 1].choice(), exact: found.exact };
}

/** The best point of a front within a budget; null where there is none. */
export function within({ points }: Front, budget: number): Point | null {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].bits <= budget) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : points[low - 1];
}

/**
 * One unit for layers that must agree (query, key and value; gate and up; what a person ties): candidates in the same places, bits and
 * errors added.
 */
export function tied(units: readonly Unit[]): Unit {
  const [first] = units;
  if (units.some(({ length }) => length !== first.length)) {
    throw new Error(`bug: units of ${units.map(({ length }) => length).join(' and ')} candidates are tied`);
  }
  return first.map((_, place) => ({
    bits: sum(units.map((unit) => unit[place].bits)),
    error: sum(units.map((unit) => unit[place].error)),
  }));
}

/** Candidates that are the best for their size, by rising bits and falling error, with their places in the table. */
export function pareto(unit: Unit): Ranked[] {
  const ranked = unit.map((candidate, place): Ranked => ({ ...candidate, place }));
  ranked.sort((a, b) => a.bits - b.bits || a.error - b.error || a.place - b.place);
  const kept: Ranked[] = [];
  for (const one of ranked) if (kept.length === 0 || one.error < kept[kept.length - 1].error) kept.push(one);
  return kept;
}

export interface Ranked extends Candidate {
  readonly place: number;
}

/** The choice of these places: its sums, taken in order. */
export function choiceOf(units: readonly Unit[], picks: readonly number[]): Choice {
  return {
    picks,
    bits: sum(units.map((unit, i) => unit[picks[i]].bits)),
    error: sum(units.map((unit, i) => unit[picks[i]].error)),
  };
}

/** Throws on an empty table, and on sizes or errors that are none. */
export function requireTables(units: readonly Unit[]): void {
  units.forEach((unit, i) => {
    if (unit.length === 0) throw new Error(`bug: unit ${i} has no candidates`);
    for (const { bits, error } of unit) {
      if (!Number.isSafeInteger(bits) || bits < 0) throw new Error(`bug: unit ${i} has a candidate of ${bits} bits`);
      if (!(error >= 0 && error < Infinity))
        throw new Error(`bug: unit ${i} has a candidate with an error of ${error}`);
    }
  });
}

/** All states that one more unit gives, the Pareto ones by rising size. */
function step(
  states: readonly State[],
  candidates: readonly Ranked[],
  sizeOf: (bits: number) => number,
  { room, within }: { readonly room: number; readonly within: number },
): State[] {
  const best = new Map<number, State>();
  for (const { bits, error, place } of candidates) {
    const more = sizeOf(bits);
    for (const state of states) {
      const size = state.size + more;
      // Rising sizes: none of the rest fits either.
      if (size > room) break;
      if (state.bits + bits > within) continue;
      const next = { size, bits: state.bits + bits, error: state.error + error, pick: place, before: state };
      const held = best.get(size);
      if (held === undefined || better(next, held)) best.set(size, next);
    }
  }
  return kept([...best.values()].sort((a, b) => a.size - b.size));
}

function better(a: State, b: State): boolean {
  return a.error < b.error || (a.error === b.error && a.bits < b.bits);
}

/** Those of a list by rising size that have less error than all before them. */
function kept(states: readonly State[]): State[] {
  let least = Infinity;
  return states.filter(({ error }) => {
    const falls = error < least;
    if (falls) least = error;
    return falls;
  });
}

/** Sizes that were rounded up may have another order than the bits they stand for. */
function byTrueBits(states: readonly State[]): State[] {
  return kept([...states].sort((a, b) => a.bits - b.bits || a.error - b.error));
}

/** Every unit's smallest: rounding must not lose it. */
function leastState(units: readonly (readonly Ranked[])[]): State {
  return units.reduce<State>(
    (before, [{ bits, error, place }]) => ({
      ...{ size: 0, bits: before.bits + bits, error: before.error + error, pick: place, before },
    }),
    START,
  );
}

function pointOf(state: State): Point {
  const { bits, error } = state;
  return {
    bits,
    error,
    choice() {
      const picks: number[] = [];
      for (let at: State | null = state; at !== null && at.before !== null; at = at.before) picks.push(at.pick);
      return { picks: picks.reverse(), bits, error };
    },
  };
}

function commonDivisor(sizes: readonly number[]): number {
  return sizes.reduce((a, b) => {
    while (b > 0) [a, b] = [b, a % b];
    return a;
  }, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}
