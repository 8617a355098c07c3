/** `mix`: each layer of a model as one of several finished rows has it, within a budget. Its parts are in src/cli/mix. */
import { assertFormatFits, MemoryRunStore, rowExportOf, type WeightFormat } from '../../engine';
import { adapterName } from '../../run/driver';
import { mixedRecipe, mixedStore } from '../../run/mix';
import type { Command } from '../command';
import { UsageError } from '../exit-codes';
import { KeptRun } from '../kept/kept-run';
import { mixOf } from '../mix/measure';
import { describeMix, mixReport, type MixReport } from '../mix/report';
import { budgetIn, MIX_FLAGS, mixRows } from '../mix/wanted';
import { exportFolder } from '../quantize/export-folder';
import { recipeOf } from '../quantize/recipe-from-flags';
import { drive, prepare } from '../quantize/run';

/** Those that say nothing once for all layers. */
const FORMATS: readonly WeightFormat[] = ['safetensors', 'own'];

export const mix: Command = {
  name: 'mix',
  usage: ['MODEL --recipe recipe.json --budget 3.5 [--rows 1,3] --out FOLDER'],
  summary: 'mix the layers of finished rows within a budget',
  about:
    'Takes each layer of a model from one of a recipe’s rows, as it is: rows that quantize kept in the same folder (--keep) are not ' +
    'quantized again, others are finished first. Around the smallest row each layer of the others is tried by itself; what saves most for ' +
    'its bits goes in until the budget is spent. The mix is then run and measured like any row, and written.',
  words: 1,
  flags: MIX_FLAGS,
  async run(call) {
    const [model] = call.words;
    const { flags, screen } = call;
    if (!model) throw new UsageError('mix needs a model: its folder or its file.');
    flags.required('recipe');
    const [out, asked] = [flags.required('out'), flags.required('budget')];
    const format = flags.choice('format', FORMATS, 'safetensors');
    const chosen = await recipeOf(model, flags);
    const gpu = await call.gpu();
    const kept = await KeptRun.hold(out, 'auto', (sentence) => screen.say(sentence));
    try {
      const run = await prepare(gpu, chosen, flags);
      const rows = mixRows(flags, run);
      const wanted = { rows, budget: budgetIn(asked, run.linears), windows: flags.count('kl-windows', 16) };
      assertFormatFits(format, run.linears, run.rows[rows[0]]);
      const begun = {
        ...{ fingerprint: run.fingerprint, adapter: adapterName(gpu.description), model: run.checkpoint.name },
        ...{ rows: run.rows.map(({ label }) => label), layers: run.linears.length },
      };
      await kept.begin(begun, 'auto');
      const finished = await drive(run, { gpu, store: kept.store }, call, kept.folder);
      const found = await mixOf(run, { gpu, store: kept.store }, wanted, call);
      const own = await prepare(gpu, { ...chosen, recipe: mixedRecipe(run.recipe, found) }, flags);
      const place = own.rows.findIndex(({ from }) => from === 0);
      const store = mixedStore(new MemoryRunStore(), kept.store, place, found);
      const measured = await drive(own, { gpu, store }, call, kept.folder);
      const result = {
        ...measured,
        rows: measured.rows.map((row) => (row.row === place ? { ...row, allocation: found.allocation } : row)),
      };
      const exported = { row: await rowExportOf(own.checkpoint, own.recipe, place, store), format, result };
      const { largestDifference, notes } = await exportFolder(exported, kept.exportFolder, out);
      for (const note of notes) screen.say(note);
      await kept.finish(flags.boolean('keep'));
      return mixReport(found, finished, result, place, largestDifference);
    } catch (error) {
      await kept.release();
      throw error;
    }
  },
  describe: (found: MixReport) => describeMix(found),
};
