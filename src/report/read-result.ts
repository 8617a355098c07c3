/**
 * What a results file says, from anybody: what the screens rely on is checked, within bounds. A method that this version does not know is
 * shown all the same, since nothing of it is run. Loaded when a file is opened.
 */
import '../step/faces';
import { fromBase64 } from '../base/base64';
import { isStudioError, StudioError } from '../base/errors';
import { LATER_PARTS, LEDGER_PARTS } from '../quantizer/ledger';
import { shownRecipe } from '../recipe/shown';
import {
  RESULT_VERSION,
  WINDOW_FIGURES,
  type ImageFigures,
  type RunResult,
  type SampledImages,
  type Task,
} from '../run/events';

/** Entries of a list in it. */
const MOST = 100_000;

/** Rows of a plan: a recipe's, the baseline, and uniform rows beside those that allocate. */
const MOST_ROWS = 64;

/** Files of a model, as many as a run tells (src/checkpoint/file-prints.ts). */
const MOST_FILES = 256;

const ROW_FIGURES = [
  ...['meanError', 'worstError', 'worstLayer', 'perplexity', 'kl', 'tokens', 'milliseconds', 'bitsPerWeight'],
  'activationBits',
];

/** Throws QS-FILE-04 unless the value has the shape of a RunResult as far as the screens read it. */
export function parseResult(value: unknown): RunResult {
  const result = record(value, 'the file');
  if (result.version === undefined) refuse('it has no version');
  if (result.version !== RESULT_VERSION) {
    const version = typeof result.version === 'number' ? result.version : 'not a number';
    refuse(`its version is ${version}, this page reads ${RESULT_VERSION}`);
  }
  const model = record(result.model, 'model');
  need(model, { name: 'string' });
  texts(model, ['architecture', 'fingerprint']);
  filePrints(model.files);
  texts(result, ['codeVersion']);
  const recipe = recipeIn(result.recipe);
  const plan = record(result.plan, 'plan');
  const { blocks: planned, notes } = plan;
  if (!Number.isInteger(planned) || (planned as number) < 0 || (planned as number) > MOST) {
    refuse(`plan.blocks is no number from 0 to ${MOST}`);
  }
  if (!Array.isArray(notes) || !notes.every((note) => typeof note === 'string')) refuse('plan.notes is not a list');
  texts(plan, ['calibrationLabel', 'heldOutLabel']);
  coverage(plan.coverage);
  if (plan.task !== undefined && !TASKS.includes(plan.task as Task)) refuse('its task is not one that this page knows');
  for (const layer of records(plan.layers, 'plan.layers'))
    need(layer, { index: 'number', name: 'string', block: 'number' });
  const plannedRows = records(plan.rows, 'plan.rows');
  if (plannedRows.length > MOST_ROWS)
    refuse(`plan.rows has ${plannedRows.length} rows, and a run at most ${MOST_ROWS}`);
  for (const row of plannedRows) {
    need(row, { row: 'number', method: 'string', label: 'string', bitsPerWeight: 'number' });
    if (row.passing !== undefined && typeof row.passing !== 'string') refuse('plan.rows.passing is no text');
    leftOut(row.without);
  }
  const layers = records(result.layers, 'layers');
  for (const layer of layers) {
    need(layer, { row: 'number', layer: 'number', name: 'string', milliseconds: 'number', status: 'string' });
    ledger(layer.ledger);
    for (const error of Object.values(record(layer.errors, 'errors'))) {
      if (error !== null && typeof error !== 'number') refuse('an error in it is not a number');
    }
  }
  // What did not come to a number is null in JSON.
  const blocks = records(result.blocks, 'blocks').map((block) => {
    const known = { ...block, mse: block.mse ?? NaN, heldOutMse: block.heldOutMse ?? NaN };
    need(known, { row: 'number', block: 'number', mse: 'number', heldOutMse: 'number' });
    return known;
  });
  const rows = records(result.rows, 'rows').map((row) => {
    need(row, { row: 'number' });
    for (const name of ROW_FIGURES) if (typeof (row[name] ?? 0) !== 'number') refuse(`${name} is not a number`);
    const bounds = row.perplexityInterval ?? null;
    if (bounds !== null && (!Array.isArray(bounds) || bounds.length !== 2)) refuse('an interval in it is none');
    const images = row.images === undefined ? {} : { images: imageFigures(row.images) };
    ledger(row.ledger);
    windows(row.windows);
    divergence(row.divergence);
    if (row.cacheBits !== undefined) need(record(row.cacheBits, 'cacheBits'), { key: 'number', value: 'number' });
    allocation(row.allocation, (plan.layers as unknown[]).length);
    return { ...row, ...images };
  });
  if (result.views !== undefined) views(result.views);
  continuations(result.continuations);
  if (result.channels !== undefined) channels(result.channels, (plan.layers as unknown[]).length);
  need(result, { adapter: 'string', date: 'string', milliseconds: 'number' });
  const full = result.fullPrecision === null ? null : record(result.fullPrecision, 'fullPrecision');
  for (const name of ['perplexity', 'tokens']) {
    if (typeof (full?.[name] ?? 0) !== 'number') refuse(`fullPrecision.${name} is not a number`);
  }
  const fullPrecision = full?.images === undefined ? full : { ...full, images: imageFigures(full.images) };
  return { ...result, recipe, blocks, rows, fullPrecision } as unknown as RunResult;
}

/** What tells the model's files apart; missing in results of before it was told. */
function filePrints(value: unknown): void {
  if (value === undefined) return;
  const files = records(value, 'model.files');
  if (files.length > MOST_FILES) refuse(`model.files has ${files.length} files, and a result at most ${MOST_FILES}`);
  for (const file of files) {
    need(file, { name: 'string', bytes: 'number', sha256: 'string' });
    if (!/^[0-9a-f]{16,64}$/.test(file.sha256 as string)) refuse('a SHA-256 in it is none');
  }
}

/** How far views of rows are from the network by themselves; what did not come to a number is null in JSON. */
function views(value: unknown): void {
  for (const view of records(value, 'views')) {
    need(view, { label: 'string' });
    if (!Array.isArray(view.rows) || !view.rows.every((row) => Number.isInteger(row))) refuse('views have no rows');
    for (const name of ['perplexity', 'kl', 'prediction']) {
      if (typeof (view[name] ?? 0) !== 'number') refuse(`${name} of a view is not a number`);
    }
  }
}

/** What share of the file is quantized; missing in results of before it was told. */
function coverage(value: unknown): void {
  if (value === undefined) return;
  const given = record(value, 'plan.coverage');
  need(given, { weights: 'number', quantized: 'number', leftBits: 'number' });
  for (const one of records(given.left, 'plan.coverage.left')) need(one, { what: 'string', weights: 'number' });
}

/** What a row leaves out of others, where it is part of any. */
function leftOut(value: unknown): void {
  if (value === undefined) return;
  const all = records(value, 'without');
  if (all.length > MOST_ROWS) refuse(`without has ${all.length} rows, and a run at most ${MOST_ROWS}`);
  for (const one of all) {
    need(one, { row: 'number' });
    if (!words(one.steps)) refuse('what a row leaves out is not a list of words');
  }
}

/** A figure a window; null where it came to no number. Missing in results of before they were kept. */
function windows(value: unknown): void {
  if (value === undefined) return;
  const { of, values } = record(value, 'windows');
  if (!WINDOW_FIGURES.some((known) => known === of)) refuse('its windows are of a figure that this page does not know');
  if (!Array.isArray(values) || values.length > MOST) refuse('windows.values is not a list');
  if (!values.every((one) => one === null || typeof one === 'number')) refuse('a window in it is not a number');
}

/** Of one prompt, within the bounds of a recipe; missing of recipes without one. */
function continuations(value: unknown): void {
  if (value === undefined) return;
  const given = record(value, 'continuations');
  need(given, { prompt: 'string', tokens: 'number', promptTokens: 'number' });
  const pieces = (list: unknown) => {
    if (!words(list) || list.length > MOST_CONTINUED || list.some(({ length }) => length > LONGEST)) {
      refuse(`a continuation is not up to ${MOST_CONTINUED} short texts`);
    }
  };
  pieces(given.full);
  const rows = records(given.rows, 'continuations.rows');
  if (rows.length > MOST_ROWS) refuse(`continuations.rows has ${rows.length} rows, and a run at most ${MOST_ROWS}`);
  for (const row of rows) {
    need(row, { row: 'number' });
    pieces(row.pieces);
    if (row.differs === null) continue;
    const differs = record(row.differs, 'continuations.differs');
    if (!isPlace(differs.at, MOST_CONTINUED)) refuse('continuations.at is no token');
    for (const name of ['full', 'own']) {
      const chance = record(differs[name], `continuations.${name}`);
      need(chance, { piece: 'string', byFull: 'number', byRow: 'number' });
      pieces([chance.piece]);
    }
  }
}

/** Tokens of a continuation, as a recipe may ask for. */
const MOST_CONTINUED = 64;

/** Letters of a token, many times what any has. */
const LONGEST = 1000;

/** How KL is spread; missing in results of before it was kept. */
function divergence(value: unknown): void {
  if (value === undefined) return;
  const given = record(value, 'divergence');
  need(given, { tokens: 'number' });
  const estimates = ['median', 'p99', 'sameTop'].map((name) => record(given[name], `divergence.${name}`));
  for (const { value: figure } of estimates) {
    if (figure !== null && typeof figure !== 'number') refuse('a figure of divergence is not a number');
  }
  for (const bounds of [given.meanInterval, ...estimates.map(({ interval }) => interval)]) {
    if (bounds === null) continue;
    if (!Array.isArray(bounds) || bounds.length !== 2 || !bounds.every((bound) => typeof bound === 'number')) {
      refuse('an interval of divergence is none');
    }
  }
}

/** Missing in results of before it was kept. */
function ledger(value: unknown): void {
  if (value === undefined) return;
  const given = record(value, 'ledger');
  need(given, { weights: 'number', total: 'number', compression16: 'number' });
  const parts = record(given.parts, 'ledger.parts');
  for (const part of LATER_PARTS) parts[part] ??= 0;
  need(parts, Object.fromEntries(LEDGER_PARTS.map((part) => [part, 'number'])));
}

/** Of rows whose layers got their own bits. */
function allocation(value: unknown, layers: number): void {
  if (value === undefined) return;
  const given = record(value, 'allocation');
  need(given, { measure: 'string', budget: 'number', bits: 'number', error: 'number' });
  if (typeof given.exact !== 'boolean') refuse('allocation.exact is not true or false');
  const { candidates } = given;
  if (!words(candidates)) refuse('allocation.candidates is not a list of words');
  for (const { layer, pick, bits, errors } of records(given.layers, 'allocation.layers')) {
    if (!isPlace(layer, layers)) refuse(`a layer of an allocation is none of the plan's ${layers}`);
    if (!isPlace(pick, candidates.length)) refuse(`a layer's choice is none of ${candidates.length} candidates`);
    numbers(bits, candidates.length, 'bits');
    numbers(errors, candidates.length, 'errors');
  }
  if (!Array.isArray(given.front) || given.front.length > MOST) refuse('allocation.front is not a list');
  for (const point of given.front as unknown[]) numbers(point, 2, 'front');
}

function words(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= MOST && value.every((one) => typeof one === 'string');
}

/** Places of one picture, as runs make them at most. */
const MOST_PLACES = 256;
const MOST_VIEWS = 17;

/** What layers read before and after transforms. */
function channels(value: unknown, layers: number): void {
  for (const stage of records(value, 'channels')) {
    for (const name of ['block', 'stage', 'channels']) {
      if (!isPlace(stage[name], 2 ** 31)) refuse(`channels.${name} is no count`);
    }
    const { layers: read } = stage;
    if (!Array.isArray(read) || read.length === 0 || !read.every((layer) => isPlace(layer, layers))) {
      refuse(`channels are of no layers of the plan's ${layers}`);
    }
    const views = records(stage.views, 'channels.views');
    if (views.length === 0 || views.length > MOST_VIEWS) refuse(`channels are of no 1 to ${MOST_VIEWS} views`);
    const [{ peaks: first }] = views;
    const places = Array.isArray(first) ? first.length : 0;
    if (places < 1 || places > MOST_PLACES) refuse(`channels.peaks has no 1 to ${MOST_PLACES} places`);
    for (const { label, rows, peaks, most, rms } of views) {
      if (typeof label !== 'string') refuse('a view of channels has no label');
      if (!Array.isArray(rows) || !rows.every((row) => isPlace(row, MOST))) refuse('a view of channels has no rows');
      for (const list of [peaks, most]) {
        if (!Array.isArray(list) || list.length !== places || !list.every(isSize)) {
          refuse(`channels of a view are not ${places} sizes`);
        }
      }
      if (!isSize(rms)) refuse('channels.rms is no size');
    }
  }
}

/** Null is what did not come to a number. */
function isSize(value: unknown): boolean {
  return value === null || (typeof value === 'number' && value >= 0);
}

function isPlace(value: unknown, of: number): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < of;
}

function numbers(value: unknown, length: number, name: string): void {
  if (Array.isArray(value) && value.length === length && value.every((one) => typeof one === 'number')) return;
  refuse(`allocation.${name} is not ${length} numbers`);
}

function recipeIn(value: unknown): RunResult['recipe'] {
  try {
    return shownRecipe(value);
  } catch (error) {
    if (!isStudioError(error)) throw error;
    return refuse(error.message.replace(/\.$/, ''));
  }
}

const TASKS: readonly Task[] = ['text', 'classification', 'diffusion'];

function imageFigures(value: unknown): ImageFigures {
  const figures = record(value, 'images');
  const optional = (name: string) => ((figures[name] ?? null) === null ? null : record(figures[name], name));
  const accuracy = optional('accuracy');
  if (accuracy) {
    accuracy.share ??= NaN; // as JSON writes it
    need(accuracy, { share: 'number', images: 'number' });
    if (!Array.isArray(accuracy.interval) || accuracy.interval.length !== 2) refuse('an interval in it is none');
  }
  for (const name of ['prediction', 'trajectory']) {
    if (typeof (figures[name] ?? 0) !== 'number') refuse(`${name} is not a number`);
  }
  for (const name of ['psnr', 'ssim']) {
    const one = optional(name);
    if (!one) continue;
    need(one, { value: 'number' });
    if (!Array.isArray(one.interval) || one.interval.length !== 2) refuse('an interval in it is none');
  }
  if (figures.steps !== undefined) {
    const { steps } = figures;
    if (!Array.isArray(steps) || steps.length > MOST) refuse('steps is not a list');
    if (!steps.every((one) => one === null || typeof one === 'number')) refuse('steps are not numbers');
  }
  const frechet = optional('frechet');
  if (frechet) need(frechet, { distance: 'number', images: 'number', network: 'string' });
  const samples = optional('samples');
  return { ...figures, samples: samples && sampledImages(samples) } as unknown as ImageFigures;
}

/** Bytes of pixels are written as base64. */
function sampledImages({ size, labels, pixels: text }: Record<string, unknown>): SampledImages {
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) refuse('its images have no size');
  if (!Array.isArray(labels) || labels.length === 0 || !labels.every((label) => Number.isInteger(label))) {
    refuse('its images have no labels');
  }
  const pixels = bytesOf(text);
  if (pixels.length === 0 || pixels.length % (labels.length * size * size) !== 0) {
    refuse('its images have not as many pixels as they should');
  }
  return { size, labels: labels as number[], pixels };
}

function bytesOf(text: unknown): Uint8Array<ArrayBuffer> {
  try {
    if (typeof text === 'string') return fromBase64(text);
  } catch {
    // Said below.
  }
  return refuse('its images have no pixels');
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(`${name} is not an object`);
  return value as Record<string, unknown>;
}

function records(value: unknown, name: string): Record<string, unknown>[] {
  if (!Array.isArray(value) || value.length > MOST) refuse(`${name} is not a list`);
  return value.map((item) => record(item, name));
}

function need(value: Record<string, unknown>, types: Record<string, 'number' | 'string'>): void {
  for (const [name, type] of Object.entries(types)) if (typeof value[name] !== type) refuse(`${name} is not a ${type}`);
}

/** Words that are written into files and screens; where one is missing, as in old results, it is empty. */
function texts(value: Record<string, unknown>, names: readonly string[]): void {
  for (const name of names) {
    value[name] ??= '';
    if (typeof value[name] !== 'string') refuse(`${name} is not a string`);
  }
}

export function notAResult(why: string): StudioError {
  return new StudioError('QS-FILE-04', `This file is not a result of the studio: ${why}.`);
}

function refuse(why: string): never {
  throw notAResult(why);
}
