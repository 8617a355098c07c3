import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { greedy, hull, lagrangian, minimax } from './allocation';
import { choiceOf, front, knapsack, pareto, tied, within, type Choice, type Front, type Unit } from './knapsack';

/** Every choice there is. */
function allChoices(units: readonly Unit[]): Choice[] {
  return units
    .reduce<number[][]>((picks, unit) => picks.flatMap((head) => unit.map((_, place) => [...head, place])), [[]])
    .map((picks) => choiceOf(units, picks));
}

function best(units: readonly Unit[], budget: number): Choice | null {
  const fits = allChoices(units).filter(({ bits }) => bits <= budget);
  return fits.sort((a, b) => a.error - b.error || a.bits - b.bits)[0] ?? null;
}

/** Tables with sizes up to `largest`, errors that may tie and need not fall. */
function tables(seed: number, count: number, largest = 40): Unit[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + random.integer(5) }, () => ({
      bits: 1 + random.integer(largest),
      error: random.integer(3) === 0 ? random.integer(6) : 10 * random.uniform(),
    })),
  );
}

function frontOf(units: readonly Unit[], budget: number | null = null): Front {
  const found = front(units, budget);
  if (found.kind !== 'front') throw new Error(`no front: ${found.least}`);
  return found;
}

function chosen(answer: { kind: string; choice?: Choice }): Choice {
  if (!answer.choice) throw new Error(answer.kind);
  return answer.choice;
}

const SEEDS = Array.from({ length: 30 }, (_, i) => i);

/**
 * ResNet-18 of HAWQ's notebook on integer programming (HAWQ V2's Ω = trace / n · ‖Δ‖², layers 0 … 18, 4 or 8 bits, without scales): the
 * figures of the repository Zhen-Dong/HAWQ, the optimum by hand and by this solver.
 */
const HAWQ = {
  trace: [
    0.06857826, 0.03162379, 0.03298575, 0.01205663, 0.02222431, 0.00596336, 0.06931772, 0.00807129, 0.00372905,
    0.00530698, 0.00209011, 0.00737569, 0.00210454, 0.00151197, 0.00158041, 0.00078146, 0.00451841, 0.00098745,
    0.00072944,
  ],
  at8: [
    0.0235, 0.0125, 0.0102, 0.0082, 0.0145, 0.0344, 0.0023, 0.0287, 0.0148, 0.0333, 0.0682, 0.0027, 0.0448, 0.0336,
    0.0576, 0.113, 0.0102, 0.0947, 0.0532,
  ],
  at4: [
    6.743, 3.9691, 3.3281, 2.6796, 4.7277, 10.5966, 0.6827, 9.0942, 4.8857, 10.7599, 21.7546, 0.8603, 14.5324, 10.9651,
    18.7706, 36.4044, 3.1572, 29.6994, 17.4016,
  ],
  weights: [
    36864, 36864, 36864, 36864, 73728, 147456, 8192, 147456, 147456, 294912, 589824, 32768, 589824, 589824, 1179648,
    2359296, 131072, 2359296, 2359296,
  ],
  /** A residual convolution takes what the layer that it joins takes. */
  ties: [
    [4, 6],
    [9, 11],
    [14, 16],
  ],
};

describe('the exact knapsack', () => {
  it.each(SEEDS)('is what trying everything finds, at every budget: case %i', (seed) => {
    const units = tables(seed, 2 + (seed % 4));
    const whole = frontOf(units);
    const sizes = allChoices(units).map(({ bits }) => bits);
    const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
    for (let budget = least - 1; budget <= most + 1; budget += 1 + Math.floor((most - least) / 17)) {
      const expected = best(units, budget);
      const found = knapsack(units, budget);
      if (expected === null) {
        expect(found).toEqual({ kind: 'below-least', least });
        continue;
      }
      const choice = chosen(found);
      expect(choice.error).toBeCloseTo(expected.error, 12);
      expect(choice.bits).toBe(expected.bits);
      expect(choiceOf(units, choice.picks)).toEqual(choice);
      // The front that was found once holds the answer to every budget.
      expect(within(whole, budget)?.choice()).toEqual(choice);
    }
    expect(within(whole, least - 1)).toBeNull();
  });

  it.each(SEEDS.slice(0, 8))('lies between its lower bound and the other choices: case %i', (seed) => {
    const units = tables(seed + 100, 6);
    const smallest = frontOf(units).points[0].bits;
    for (const budget of [smallest, smallest + 10, smallest + 35, smallest + 1000]) {
      const exact = chosen(knapsack(units, budget));
      const price = lagrangian(units, budget);
      if (price.kind !== 'choice') throw new Error('below');
      expect(price.lowerBound).toBeLessThanOrEqual(exact.error + 1e-12);
      for (const other of [
        price,
        greedy(units, budget),
        greedy(units, budget, { power: 0.69 }),
        minimax(units, budget),
      ]) {
        const choice = chosen(other);
        expect(choice.bits).toBeLessThanOrEqual(budget);
        expect(exact.error).toBeLessThanOrEqual(choice.error + 1e-12);
        expect(choiceOf(units, choice.picks)).toEqual(choice);
      }
    }
  });

  it('has a front that falls, from the least to the best of every unit', () => {
    const units = tables(5, 9);
    const { points, exact } = frontOf(units);
    expect(exact).toBe(true);
    points.slice(1).forEach((point, i) => {
      expect(point.bits).toBeGreaterThan(points[i].bits);
      expect(point.error).toBeLessThan(points[i].error);
    });
    const bestOfAll = units.map((unit) => Math.min(...unit.map(({ error }) => error)));
    expect(points[points.length - 1].error).toBeCloseTo(
      bestOfAll.reduce((a, b) => a + b),
      12,
    );
    expect(points[0].bits).toBe(units.reduce((all, unit) => all + Math.min(...unit.map(({ bits }) => bits)), 0));
  });

  it('does not change by dominated candidates, by the scale of errors, by that of sizes', () => {
    const units = tables(11, 6);
    const budget = frontOf(units).points[0].bits + 25;
    const { picks } = chosen(knapsack(units, budget));
    const more = units.map((unit) => [...unit, { bits: 41, error: 11 }]);
    expect(chosen(knapsack(more, budget)).picks).toEqual(picks);
    const scaled = units.map((unit) => unit.map(({ bits, error }) => ({ bits, error: 2 * error })));
    expect(chosen(knapsack(scaled, budget)).picks).toEqual(picks);
    const larger = units.map((unit) => unit.map(({ bits, error }) => ({ bits: 4096 * bits, error })));
    const found = frontOf(larger, 4096 * budget + 77);
    expect(found.points[found.points.length - 1].choice().picks).toEqual(picks);
    expect(found.unit).toBe(4096);
  });

  it('of one unit is the plain choice, and ties go to fewer bits', () => {
    const unit = [
      { bits: 8, error: 1 },
      { bits: 4, error: 1 },
      { bits: 2, error: 3 },
    ];
    expect(chosen(knapsack([unit], 100)).picks).toEqual([1]);
    expect(chosen(knapsack([unit], 3)).picks).toEqual([2]);
    expect(knapsack([unit], 1)).toEqual({ kind: 'below-least', least: 2 });
    expect(knapsack([unit], NaN)).toEqual({ kind: 'below-least', least: 2 });
    expect(chosen(knapsack([], 0))).toEqual({ picks: [], bits: 0, error: 0 });
  });

  it('rounds sizes that have nothing in common up, and says so', () => {
    const random = new Random(1);
    // So large and odd, and each bit worth the same, that no choice beats another and the states would be millions.
    const units: Unit[] = Array.from({ length: 24 }, () => {
      const weights = 1_000_003 + 2 * random.integer(400_000);
      return [2, 3, 4, 8].map((b) => {
        const bits = b * weights + random.integer(9);
        return { bits, error: 1e8 - bits };
      });
    });
    const least = units.reduce((all, unit) => all + Math.min(...unit.map(({ bits }) => bits)), 0);
    for (const budget of [least, Math.round(1.7 * least)]) {
      const answer = knapsack(units, budget);
      const choice = chosen(answer);
      // With no room there is but one choice, however large the sizes are.
      expect(answer).toMatchObject({ exact: budget === least });
      expect(choice.bits).toBeLessThanOrEqual(budget);
      expect(choiceOf(units, choice.picks)).toEqual(choice);
      const price = lagrangian(units, budget);
      if (price.kind !== 'choice') throw new Error('below');
      expect(choice.error).toBeGreaterThanOrEqual(price.lowerBound - 1e-9);
      // A part in 65 536 a unit may be lost.
      const less = lagrangian(units, Math.max(least, budget * (1 - 24 / 65536)));
      if (less.kind !== 'choice') throw new Error('below');
      expect(choice.error).toBeLessThanOrEqual(less.choice.error + 1e-9);
    }
  });

  it('ties units: one choice for all of them', () => {
    const [one, other] = [tables(3, 1)[0], tables(3, 1)[0]];
    expect(tied([one, other])).toEqual(one.map(({ bits, error }) => ({ bits: 2 * bits, error: 2 * error })));
    expect(() => tied([one, [...one, { bits: 1, error: 1 }]])).toThrow('are tied');
  });

  it('refuses tables that are none', () => {
    expect(() => knapsack([[]], 1)).toThrow('unit 0 has no candidates');
    expect(() => knapsack([[{ bits: 1.5, error: 0 }]], 1)).toThrow('1.5 bits');
    expect(() => greedy([[{ bits: 1, error: NaN }]], 1)).toThrow('an error of NaN');
  });

  it('finds the optimum of HAWQ’s ResNet-18: 8 bits everywhere but in layers 15, 17 and 18', () => {
    const { trace, at4, at8, weights, ties } = HAWQ;
    const plain = trace.map((mean, i): Unit => [
      { bits: 4 * weights[i], error: mean * at4[i] },
      { bits: 8 * weights[i], error: mean * at8[i] },
    ]);
    const groups = plain.flatMap((_, i) => {
      if (ties.some(([, second]) => second === i)) return [];
      return [ties.find(([first]) => first === i) ?? [i]];
    });
    const units = groups.map((members) => tied(members.map((i) => plain[i])));
    const total = weights.reduce((a, b) => a + b);
    const found = frontOf(units, 6 * total);
    const answer = found.points[found.points.length - 1].choice();
    const bits = new Map(groups.flatMap((members, unit) => members.map((i) => [i, answer.picks[unit] === 0 ? 4 : 8])));
    expect([...bits].filter(([, b]) => b === 4).map(([i]) => i)).toEqual([15, 17, 18]);
    expect(answer.error).toBeCloseTo(0.07451, 5);
    expect(answer.bits / total).toBeCloseTo(5.463, 3);
    const all = (place: number) =>
      choiceOf(
        plain,
        plain.map(() => place),
      ).error;
    expect(all(0)).toBeCloseTo(1.3077, 4);
    expect(all(1)).toBeCloseTo(0.00426, 5);
    expect(found.exact).toBe(true);
  });
});

describe('the other choices', () => {
  const unit = (...pairs: [number, number][]): Unit => pairs.map(([bits, error]) => ({ bits, error }));

  it('a hull keeps what saves less and less a bit', () => {
    const table = unit([8, 0], [2, 10], [4, 9], [6, 1], [3, 12]);
    expect(pareto(table).map(({ bits }) => bits)).toEqual([2, 4, 6, 8]);
    expect(hull(table).map(({ bits }) => bits)).toEqual([2, 6, 8]);
  });

  it('the Lagrangian stops at the first step that does not fit, and bounds what is possible', () => {
    const units = [unit([2, 10], [6, 2]), unit([2, 8], [4, 6])];
    const found = lagrangian(units, 6);
    expect(found).toMatchObject({ choice: { picks: [0, 0], bits: 4, error: 18 }, lowerBound: 18 - 4, price: 2 });
    expect(chosen(knapsack(units, 6))).toMatchObject({ picks: [0, 1], error: 16 });
    expect(lagrangian(units, 99)).toMatchObject({ choice: { error: 8 }, lowerBound: 8, price: 0 });
    expect(lagrangian(units, 3)).toEqual({ kind: 'below-least', least: 4 });
  });

  it('minimax returns the last threshold that fits, not the last it tried', () => {
    const units = [unit([2, 10], [4, 5], [8, 1]), unit([2, 9], [4, 4], [8, 2])];
    expect(minimax(units, 8)).toMatchObject({ threshold: 5, choice: { picks: [1, 1], bits: 8 } });
    expect(minimax(units, 15)).toMatchObject({ threshold: 4, choice: { picks: [2, 1], bits: 12 } });
    expect(minimax(units, 4)).toMatchObject({ threshold: 10, choice: { picks: [0, 0] } });
    expect(minimax(units, 3)).toEqual({ kind: 'below-least', least: 4 });
  });

  it('greedy jumps over a step that saves little', () => {
    const units = [unit([2, 10], [3, 9.9], [4, 0])];
    expect(greedy(units, 4)).toMatchObject({ choice: { picks: [2] } });
    expect(greedy(units, 3)).toMatchObject({ choice: { picks: [1] } });
    expect(greedy(units, 1)).toEqual({ kind: 'below-least', least: 2 });
  });
});
