/** `allocate`: what each layer of a model loses at each width, and the best widths within a budget. Its parts are in src/cli/allocate. */
import { linearsOf } from '../../model/linears';
import { allocationsOf } from '../allocate/measure';
import { allocatedRecipe } from '../allocate/recipe';
import { describeAllocation, reportOf, type AllocationReport } from '../allocate/report';
import { ALLOCATE_FLAGS, allocatingRow, budgetOf, withBudget } from '../allocate/row';
import type { Command } from '../command';
import { UsageError } from '../exit-codes';
import { DATA_FLAGS, RUN_FLAGS } from '../quantize/flags';
import { recipeOf } from '../quantize/recipe-from-flags';
import { prepare } from '../quantize/run';
import { writeBytes } from '../write';

export const allocate: Command = {
  name: 'allocate',
  usage: ['MODEL --budget 3 [--measure kl] [FLAG …] [--out recipe.json]'],
  summary: 'choose each layer’s bits within a budget',
  about:
    'Measures what each layer of a model (its folder or file) loses at each width, and says the widths that lose least within a budget, ' +
    'beside all other best choices (the Pareto front) and the uniform ones. Nothing is quantized: quantize --recipe does that.',
  words: 1,
  methods: true,
  flags: { ...ALLOCATE_FLAGS, ...DATA_FLAGS, seed: RUN_FLAGS.seed },
  async run({ words, flags, gpu, screen, interruption }) {
    const [model] = words;
    if (!model) throw new UsageError('allocate needs a model: its folder or its file.');
    const budget = flags.required('budget');
    flags.refuse(['bits'], 'where every layer gets its own: say --candidates');
    const chosen = await recipeOf(model, flags, allocatingRow);
    const linears = linearsOf(chosen.checkpoint);
    const recipe = withBudget(chosen.recipe, budgetOf(budget, chosen.recipe, linears));
    const run = await prepare(await gpu(), { ...chosen, recipe }, flags);
    const { rows, allocations } = await allocationsOf(run, await gpu(), screen, interruption);
    const [row, allocation] = [rows.find(({ from }) => from === 0), [...allocations.values()][0]];
    if (!row) throw new Error('bug: no row was allocated');
    const out = flags.text('out');
    if (out !== null) {
      const written = allocatedRecipe(recipe, row, run.linears);
      await writeBytes(out, new TextEncoder().encode(`${JSON.stringify(written, null, 2)}\n`));
      for (const name of chosen.added) {
        screen.say(`The recipe names ${name}: lay that file beside the model under this name to run it.`);
      }
    }
    return reportOf(run, row, allocation, out);
  },
  describe: (found: AllocationReport) => describeAllocation(found),
};
