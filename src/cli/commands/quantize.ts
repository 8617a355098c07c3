/** `quantize`: a whole model by one method or recipe, written as a drop-in folder. Its parts are in src/cli/quantize. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { assertFormatFits, rowExportOf, WEIGHT_FORMATS } from '../../engine';
import { adapterName } from '../../run/driver';
import type { Arguments, Call, Command } from '../command';
import { UsageError } from '../exit-codes';
import { methodIn } from '../../recipe/rows';
import { KeptRun, type Start } from '../kept/kept-run';
import { exportFolder } from '../quantize/export-folder';
import { DATA_FLAGS, RUN_FLAGS } from '../quantize/flags';
import { describePlan, planReport, type PlanReport } from '../quantize/plan-report';
import { recipeOf, type Chosen } from '../quantize/recipe-from-flags';
import { drive, prepare } from '../quantize/run';
import { describeSummary, summaryOf, type Summary } from '../quantize/summary';

export const quantize: Command = {
  name: 'quantize',
  usage: [
    'MODEL --method METHOD [FLAG …] --out FOLDER',
    'MODEL --paper ID [FLAG …] --out FOLDER',
    'MODEL --recipe recipe.json [--row 2] --out FOLDER',
  ],
  summary: 'quantize a model layer by layer into a drop-in folder',
  about:
    'Quantizes a model (its folder or file) layer by layer, measures every layer’s errors on the way, and writes a folder with the weights, ' +
    'results.json and layers.csv. It can be interrupted at any moment: the same command goes on from the layers that were finished.',
  words: 1,
  methods: true,
  flags: { ...DATA_FLAGS, ...RUN_FLAGS },
  async run(call) {
    const [model] = call.words;
    const { flags } = call;
    if (!model) throw new UsageError('quantize needs a model: its folder or its file.');
    const format = flags.choice('format', WEIGHT_FORMATS, 'safetensors');
    const start = startOf(flags);
    const dry = flags.boolean('dry-run');
    const out = dry ? null : await outOf(flags, model);
    const chosen = await recipeOf(model, flags);
    const row = flags.count('row', 1, chosen.recipe.rows.length) - 1;
    if (out === null) return planReport(await prepared(call, chosen, row, format));
    const kept = await KeptRun.hold(out, start, (sentence) => call.screen.say(sentence));
    try {
      const run = await prepared(call, chosen, row, format);
      for (const note of run.plan.notes) call.screen.say(note);
      const gpu = await call.gpu();
      await kept.begin(
        {
          fingerprint: run.fingerprint,
          adapter: adapterName(gpu.description),
          model: run.checkpoint.name,
          rows: run.rows.map(({ label }) => label),
          layers: run.linears.length,
          recipe: run.recipe,
        },
        start,
      );
      const result = await drive(run, { gpu, store: kept.store }, call, kept.folder);
      const wanted = run.rows.findIndex(({ from }) => from === row);
      const keepUnfit = flags.boolean('keep-unfit');
      const options = { added: chosen.added, keepUnfit };
      const exported = {
        row: await rowExportOf(run.checkpoint, run.recipe, wanted, kept.store, options),
        ...{ format, result },
      };
      const { largestDifference, notes } = await exportFolder(exported, kept.exportFolder, out);
      for (const note of notes) call.screen.say(note);
      await kept.finish(flags.boolean('keep'));
      return summaryOf(result, wanted, largestDifference);
    } catch (error) {
      await kept.release();
      throw error;
    }
  },
  describe(found: Summary | PlanReport) {
    return 'dryRun' in found ? describePlan(found) : describeSummary(found);
  },
};

async function prepared(call: Call, chosen: Chosen, row: number, format: (typeof WEIGHT_FORMATS)[number]) {
  const run = await prepare(await call.gpu(), chosen, call.flags);
  // What the format cannot hold is said before the work, not after it.
  const { steps } = chosen.recipe.rows[row];
  assertFormatFits(
    format,
    run.linears,
    { ...methodIn(chosen.recipe.rows[row]), steps },
    call.flags.boolean('keep-unfit'),
  );
  return run;
}

function startOf(flags: Arguments): Start {
  if (flags.boolean('resume') && flags.boolean('fresh')) {
    throw new UsageError('--resume goes on with what is kept, and --fresh forgets it: choose one of them.');
  }
  if (flags.boolean('resume')) return 'resume';
  return flags.boolean('fresh') ? 'fresh' : 'auto';
}

/** Where the export goes: never where the source is, which is read until the end. */
async function outOf(flags: Arguments, model: string): Promise<string> {
  const out = flags.required('out');
  const real = (path: string) => realpath(path).catch(() => resolve(path));
  const [source, target] = [await real(model), await real(out)];
  const isFile = await stat(source).then(
    (entry) => entry.isFile(),
    () => false,
  );
  if (source === target || (isFile && dirname(source) === target)) {
    throw new UsageError(`--out is "${out}", the folder of the source itself: choose another one.`);
  }
  return out;
}
