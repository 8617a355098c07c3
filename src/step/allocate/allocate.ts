/** Allocation: tables of losses by a measure, and the choice by a solver. */
import { greedy, minimax } from '../../numerics/allocation';
import { choiceOf, front, knapsack, tied, type BelowLeast, type Chosen, type Unit } from '../../numerics/knapsack';
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
    const all = front(units);
    const found = SOLVERS[String(options.solver)](units, budget);
    if (all.kind === 'below-least' || found.kind === 'below-least') {
      throw new Error(`bug: ${layers.length} layers do not fit in ${budget} bits, which was asked before`);
    }
    const pickOf = new Map(groups.flatMap((group, g) => group.map((layer) => [layer, found.choice.picks[g]] as const)));
    return {
      picks: layers.map((layer) => pickOf.get(layer) as number),
      front: all.points.map(({ bits, error }) => [bits, error] as const),
      exact: all.exact,
    };
  },
};

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
