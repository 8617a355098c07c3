/** An allocation as a recipe: a rule for every layer whose options are not those that most have. */
import type { Recipe, RunRow } from '../../engine';
import type { Linear } from '../../model/architecture';
import type { LayerRule } from '../../recipe/layer-rules';
import { weightsOf } from '../../recipe/row';

export function allocatedRecipe(recipe: Recipe, row: RunRow, linears: readonly Linear[]): Recipe {
  const weights = weightsOf(row);
  const given = linears.flatMap(({ name }) => {
    const allotted = row.allocated?.get(name);
    return allotted === undefined ? [] : [{ name, allotted }];
  });
  const count = new Map<unknown, number>();
  for (const { allotted } of given) {
    if (allotted !== 'keep') count.set(allotted.bits, (count.get(allotted.bits) ?? 0) + 1);
  }
  const usual = [...count].reduce((a, b) => (b[1] > a[1] ? b : a), [weights.options.bits, 0])[0] as number;
  const rules = given.flatMap(({ name, allotted }): LayerRule[] => {
    if (allotted === 'keep') return [{ match: name, keep: true }];
    return allotted.bits === usual ? [] : [{ match: name, options: allotted }];
  });
  const steps = row.steps
    .filter(({ step }) => step !== 'allocate')
    .map((step) => {
      if (step !== weights) return step;
      const options = { ...step.options, bits: usual };
      return rules.length === 0 ? { step: step.step, options } : { step: step.step, options, layers: rules };
    });
  return { ...recipe, rows: [{ name: row.label, steps }] };
}
