/**
 * `evaluate --row`: a model, most often an exported one, with the steps of a recipe's row that act while the network runs (activations, attention),
 * on the recipe's own data beside the model. Its weights stay as they are; what is compared with is the same model without the steps.
 */
import { MemoryRunStore, openCheckpoint, STEP_FACES, type Checkpoint, type Recipe, type RowSummary } from '../engine';
import type { Slot } from '../step/face';
import type { Call } from './command';
import { UsageError } from './exit-codes';
import { sourcesOf } from './folder-source';
import { describeSpread } from './terminal/spread';
import { recipeIn } from './quantize/recipe-from-flags';
import { drive, prepare } from './quantize/run';
import { withoutPixels } from './quantize/summary';

/** Slots whose steps act while the network runs. */
const ACTING: ReadonlySet<Slot> = new Set<Slot>(['activations', 'attention']);

export async function evaluateRow(call: Call, folder: string, where: string) {
  const { recipe, row } = await rowOf(where);
  const steps = recipe.rows[row].steps.filter(({ step }) => ACTING.has(STEP_FACES[step].slot));
  if (steps.length === 0) {
    throw new UsageError(
      `row ${row + 1} of ${where} has no step that acts while the network runs: evaluate the folder without --row.`,
    );
  }
  const checkpoint: Checkpoint = await openCheckpoint(await sourcesOf(folder));
  const chosen = { checkpoint, recipe: { ...recipe, rows: [{ steps }] }, added: [] };
  const gpu = await call.gpu();
  const run = await prepare(gpu, chosen, call.flags);
  const result = await drive(run, { gpu, store: new MemoryRunStore() }, call, 'memory');
  const number = run.rows.findIndex(({ from }) => from === 0);
  const { label } = run.rows[number];
  return { row: label, ...figuresOf(result.rows[number]), fullPrecision: result.fullPrecision?.perplexity ?? null };
}

export type RowFigures = Awaited<ReturnType<typeof evaluateRow>>;

export function describeRow({ row, perplexity, fullPrecision, kl, divergence, tokens, images }: RowFigures): string {
  const parts = [
    perplexity === null ? '' : `perplexity ${perplexity.toFixed(4)} (without the steps ${fullPrecision?.toFixed(4)})`,
    kl === null ? '' : `KL ${kl.toFixed(6)} nats${describeSpread(divergence)}`,
    images?.accuracy ? `accuracy ${(100 * images.accuracy.share).toFixed(2)} %` : '',
    images?.prediction === undefined || images.prediction === null
      ? ''
      : `mean square of the prediction’s error ${images.prediction.toPrecision(4)}`,
  ];
  return `${row}: ${parts.filter(Boolean).join(', ')} on ${tokens}`;
}

function figuresOf({ perplexity, perplexityInterval, kl, divergence, tokens, images }: RowSummary) {
  return {
    ...{ perplexity, interval: perplexityInterval, kl, divergence, tokens },
    ...(images ? { images: withoutPixels(images) } : {}),
  };
}

/** 'recipe.json', its first row, or 'recipe.json:2'. */
async function rowOf(where: string): Promise<{ recipe: Recipe; row: number }> {
  const numbered = /^(.*):(\d+)$/.exec(where);
  const recipe = await recipeIn(numbered ? numbered[1] : where);
  const row = numbered ? Number(numbered[2]) : 1;
  if (row < 1 || row > recipe.rows.length) {
    throw new UsageError(`--row is "${where}": the recipe has rows 1 to ${recipe.rows.length}.`);
  }
  return { recipe, row: row - 1 };
}
