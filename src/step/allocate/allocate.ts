/** Allocation: tables of losses by a measure, and the choice by a solver. */
import { greedy, minimax } from '../../numerics/allocation';
import {
  choiceOf,
  front,
  knapsack,
  tied,
  type BelowLeast,
  type Candidate,
  type Chosen,
  type Unit,
} from '../../numerics/knapsack';
import type { AllocateStep, AllottedLayer } from '../step';
import { LOSSES } from './measures';
import type { Measure } from './measure-names';

type Solver = (units: readonly Unit[], budget: number) => Chosen | BelowLeast;

const SOLVERS: Readonly<Record<string, Solver>> = { knapsack, minimax, greedy };

export const allocate: AllocateStep = {
  losses: (probe, options) => LOSSES[options.measure as Measure](probe, options),
  choose(layers, budget, options) {
    const groups = grouped(layers, options.tie === true);
    const units = groups.map((group) => tied(group.map(({ candidates }) => candidates)));
    const [all, within] = [front(units), front(units, budget)];
    const found = SOLVERS[String(options.solver)](units, budget);
    if (all.kind === 'below-least' || within.kind === 'below-least' || found.kind === 'below-least') {
      throw new Error(`bug: ${layers.length} layers do not fit in ${budget} bits, which was asked before`);
    }
    const pickOf = new Map(groups.flatMap((group, g) => group.map((layer) => [layer, found.choice.picks[g]] as const)));
    return {
      picks: layers.map((layer) => pickOf.get(layer) as number),
      // Up to the budget sizes are finer than up to the end, where they have to be rounded at all.
      front: frontOf(all.exact ? all.points : [...within.points, ...all.points]),
      exact: within.exact,
    };
  },
};

/** Points that none beats, by rising bits. */
function frontOf(points: readonly Candidate[]): (readonly [number, number])[] {
  let least = Infinity;
  return [...points]
    .sort((a, b) => a.bits - b.bits || a.error - b.error)
    .flatMap(({ bits, error }) => {
      if (!(error < least)) return [];
      least = error;
      return [[bits, error] as const];
    });
}

/** Layers that share a choice, in their order. */
function grouped(layers: readonly AllottedLayer[], tie: boolean): AllottedLayer[][] {
  if (!tie) return layers.map((layer) => [layer]);
  const groups = new Map<string, AllottedLayer[]>();
  for (const layer of layers) groups.set(layer.stage, [...(groups.get(layer.stage) ?? []), layer]);
  return [...groups.values()];
}

/** Bits and predicted loss of a choice. */
export function totalsOf(layers: readonly AllottedLayer[], picks: readonly number[]) {
  const { bits, error } = choiceOf(
    layers.map(({ candidates }) => candidates),
    picks,
  );
  return { bits, error };
}
