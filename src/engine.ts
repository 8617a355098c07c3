/**
 * The engine as a library: all that a program needs to open a network, look at it, plan, run, evaluate and export, and nothing else of what
 * lies behind. It knows neither DOM nor Node: its host gives a WebGPU provider (Gpu.open) and bytes (ByteSource).
 *
 *   const checkpoint = await openCheckpoint(files);                        // ByteSources of a folder
 *   const recipe = parseRecipe({ version: 2, rows: [{ steps: [{ step: 'gptq' }] }], … });
 *   const run = await prepareRun(checkpoint, recipe, { gpu, rate: await measureRates(gpu) });
 *   for await (const event of runRecipe(run, { gpu, store, control: new RunControl() })) …
 *   const row = await rowExportOf(checkpoint, recipe, number, store);      // of expandRows(recipe)
 *   for (const file of (await weightFiles('safetensors', row)).files) …
 *
 * ARCHITECTURE.md, "The engine as a library", lists the names. `npm run build:engine` builds it with its types.
 */
// What goes in.
export { StudioError } from './base/errors';
export { Gpu } from './gpu/gpu';
export { memorySource } from './checkpoint/bytes';
export { openCheckpoint } from './checkpoint/checkpoint';
export { describeCheckpoint } from './run/describe';
export type { ByteSource } from './checkpoint/bytes';
export type { Checkpoint } from './checkpoint/checkpoint';
export type { CheckpointDescription } from './run/describe';

// Recipes, and what they are made of.
export { parseRecipe } from './recipe/recipe';
export { expandRows, labelOf } from './recipe/rows';
export { STEP_FACES } from './step/faces';
export { refusalOf, rowOfPaper } from './recipe/papers/paper';
export { PAPERS } from './recipe/papers/table';
export type { Recipe } from './recipe/recipe';
export type { RecipeRow, RecipeStep } from './recipe/row';
export type { RunRow } from './recipe/rows';
export type { StepFace } from './step/face';
export type { Paper } from './recipe/papers/paper';

// A run.
export { measureRates } from './tensor/rate';
export { prepareRun } from './run/prepare';
export { runRecipe } from './run/driver';
export { RunControl } from './run/control';
export { MemoryRunStore } from './run/run-store';
export { ENGINE_VERSION } from './run/version';
export type { PreparedRun, RunHost } from './run/prepared-run';
export type { PrepareOptions } from './run/prepare';
export type { Plan, RunEvent, RunResult, RowSummary, LayerResult } from './run/events';
export type { RunStore } from './run/run-store';

// What comes out.
export { evaluateTexts } from './run/evaluate-texts';
export { rowExportOf } from './run/row-export';
export { assertFormatFits, weightFiles } from './run/export';
export { WEIGHT_FORMATS } from './run/formats';
export { csvText, resultsText } from './run/figure-files';
export type { EvaluateOptions, TextFigures } from './run/evaluate-texts';
export type { ExportFile, RowExport, WeightFiles } from './run/export';
export type { WeightFormat } from './run/formats';
