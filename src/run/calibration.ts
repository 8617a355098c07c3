/**
 * From a recipe to token ids: which text the calibration and the held-out windows come from, cut as perplexities
 * are commonly measured (each text with its BOS, ids concatenated in order, windows of equal length, the rest dropped).
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { readTexts } from '../checkpoint/text';
import type { Model } from '../model/architecture';
import { openTokenizer } from '../model/tokenizer';
import { cutWindows, randomWindows } from '../model/windows';
import type { Recipe } from '../recipe/recipe';

export interface Tokens {
  /** windows · length ids. */
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly windows: number;
  readonly length: number;
  /** '16 windows of calibration.jsonl'. */
  readonly label: string;
}

export interface TokenSets {
  readonly calibration: Tokens;
  readonly heldOut: Tokens;
  /** What a person should know about them. */
  readonly notes: readonly string[];
}

/** Writes windows with the model itself; given by the host because it needs the GPU. */
export type Generate = (
  model: Model,
  windows: number,
  length: number,
  seed: number,
) => Promise<Uint32Array<ArrayBuffer>>;

/** Throws QS-FILE-08 without a tokenizer, QS-FILE-09 when there is not one whole window of each. */
export async function tokenSets(
  recipe: Recipe,
  checkpoint: Checkpoint,
  model: Model,
  generate: Generate,
): Promise<TokenSets> {
  const { source, windows, length, seed } = recipe.calibration;
  if (length > model.maxLength) {
    throw new StudioError(
      'QS-RECIPE-01',
      `A window of ${length} tokens is longer than the ${model.maxLength} this model can see: choose a shorter one.`,
    );
  }
  const wanted = { calibration: windows, heldOut: recipe.heldOut.windows };
  const notes: string[] = [];
  if (source !== 'file') {
    const both = wanted.calibration + wanted.heldOut;
    const ids =
      source === 'random'
        ? randomWindows(model.vocabulary, both, length, seed).ids
        : await generate(model, both, length, seed);
    const name = source === 'random' ? 'random tokens' : 'text the model wrote itself';
    notes.push(`Calibration uses ${name}.`);
    const calibration = slice(ids, 0, windows, length, name);
    if (recipe.heldOut.file !== null) {
      return { calibration, heldOut: await fromFile(recipe.heldOut.file, wanted.heldOut, length, checkpoint), notes };
    }
    notes.push(`Held-out figures are on ${name} too: they say little about real text.`);
    return { calibration, heldOut: slice(ids, windows, wanted.heldOut, length, name), notes };
  }

  const file = recipe.calibration.file ?? defaultText(checkpoint);
  if (recipe.heldOut.file !== null && recipe.heldOut.file !== file) {
    const calibration = await fromFile(file, windows, length, checkpoint);
    const heldOut = await fromFile(recipe.heldOut.file, wanted.heldOut, length, checkpoint);
    notes.push(...shortOf(windows, calibration), ...shortOf(wanted.heldOut, heldOut));
    return { calibration, heldOut, notes };
  }
  // One text for both: calibration first, held-out windows after it, never shared.
  const all = await fromFile(file, windows + wanted.heldOut, length, checkpoint);
  if (all.windows < 2) {
    throw new StudioError(
      'QS-FILE-09',
      `"${file}" gives ${all.windows} window of ${length} tokens, and calibration and held-out text need one each: add text.`,
    );
  }
  const forCalibration = Math.min(windows, all.windows - 1);
  const calibration = slice(all.ids, 0, forCalibration, length, file);
  const heldOut = slice(all.ids, forCalibration, all.windows - forCalibration, length, file);
  notes.push(...shortOf(windows, calibration), ...shortOf(wanted.heldOut, heldOut));
  return { calibration, heldOut, notes };
}

/** calibration.* when there is one, else the first text. */
export function defaultText(checkpoint: Pick<Checkpoint, 'texts'>): string {
  const names = [...checkpoint.texts.keys()];
  const name = names.find((text) => /(^|\/)calibration\.(jsonl|txt|json|md)$/.test(text)) ?? names[0];
  if (name === undefined) {
    throw new StudioError(
      'QS-FILE-09',
      'There is no text to calibrate with: add a .txt or .jsonl file, or choose random tokens.',
    );
  }
  return name;
}

async function fromFile(file: string, windows: number, length: number, checkpoint: Checkpoint): Promise<Tokens> {
  const source = checkpoint.text(file);
  if (source === null) {
    const known = [...checkpoint.texts.keys()].join(', ') || 'none';
    throw new StudioError('QS-FILE-09', `There is no text "${file}" beside this model (there is ${known}): add it.`);
  }
  const tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
  const cut = cutWindows(await readTexts(source), tokenizer, length, windows);
  return { ...cut, label: labelled(cut.windows, file) };
}

function slice(ids: Uint32Array<ArrayBuffer>, first: number, windows: number, length: number, name: string): Tokens {
  return {
    ids: ids.slice(first * length, (first + windows) * length),
    windows,
    length,
    label: labelled(windows, name),
  };
}

function labelled(windows: number, name: string): string {
  return `${windows} ${windows === 1 ? 'window' : 'windows'} of ${name}`;
}

function shortOf(asked: number, tokens: Tokens): string[] {
  return tokens.windows < asked ? [`${tokens.label}: the text has no more than that, ${asked} were asked for.`] : [];
}
