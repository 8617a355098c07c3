/**
 * One prompt's greedy continuation under full precision and under every row, with what the row stores and what acts while it runs. Up to the
 * first token that differs both have read the same, so there their probabilities can be set side by side; from there on they read different
 * texts. Each token is a pass of all that came before it: nothing is cached, so that what quantizes a cache acts as in a run.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { readsText, type AnyNetwork, type Model } from '../model/architecture';
import { LanguageModel } from '../model/forward';
import { linearsIn } from '../model/linears';
import { openTokenizer, type TextTokenizer } from '../model/tokenizer';
import type { ContinuationRequest } from '../recipe/recipe';
import type { Continuations, DifferingToken } from './events';
import type { EvaluationInput } from './subject';

/** What a continuation needs, or why there can be none. Throws QS-RECIPE-01, and QS-FILE-08 without a tokenizer. */
export function promptIds(
  { tokenizer: json, tokenizerConfig }: Checkpoint,
  network: AnyNetwork,
  { prompt, tokens }: ContinuationRequest,
): { readonly ids: readonly number[]; readonly tokenizer: TextTokenizer } {
  if (!readsText(network) || network.ends.head === null) {
    throw new StudioError('QS-RECIPE-01', `${network.title} writes no text: take the prompt out of the recipe.`);
  }
  const tokenizer = openTokenizer(json, tokenizerConfig);
  const ids = tokenizer.encode(prompt);
  if (ids.length === 0) {
    throw new StudioError('QS-RECIPE-01', 'The prompt of the recipe has no tokens: write a word, or take it out.');
  }
  if (ids.length + tokens > network.maxLength) {
    const sentence = `The prompt has ${ids.length} tokens, and ${tokens} more are ${ids.length + tokens}: ${network.title} reads ${network.maxLength} at most; shorten it.`;
    throw new StudioError('QS-RECIPE-01', sentence);
  }
  return { ids, tokenizer };
}

/** For the plan: what it costs. */
export function continuationNote(ids: number, { tokens }: ContinuationRequest, rows: number): string {
  const passes = tokens * (rows + 1);
  return `At the end the prompt is continued by up to ${tokens} tokens under full precision and ${rows} ${rows === 1 ? 'row' : 'rows'}: ${passes} passes of ${ids} to ${ids + tokens - 1} tokens through the network.`;
}

/** All of them; the rows' weights are read from the run's store, one row at a time. */
export async function continuations(
  input: EvaluationInput,
  checkpoint: Checkpoint,
  request: ContinuationRequest,
): Promise<Continuations> {
  const { gpu, views, rows, head } = input;
  const { ids: prompt, tokenizer } = promptIds(checkpoint, views[0].network, request);
  const full = await LanguageModel.load(gpu, views[0].source, views[0].network as Model, head);
  try {
    const stop = tokenizer.end;
    const piece = pieceOf(tokenizer, prompt);
    const first = await greedy(input, full, prompt, request.tokens, stop);
    const found: Continuations['rows'][number][] = [];
    for (const row of rows) {
      const { source, network } = views[row.view];
      const bindings = await input.bindings(row, linearsIn(network));
      const own = await LanguageModel.load(gpu, source, network as Model, { ...bindings, ...head }).catch(
        (error: unknown) => {
          bindings.release();
          throw error;
        },
      );
      try {
        const ids = await greedy(input, own, prompt, request.tokens, stop);
        const at = ids.findIndex((id, i) => id !== first[i]);
        const place = at >= 0 ? at : ids.length < first.length ? ids.length : -1;
        const [wanted, taken] = [first.at(place) ?? stop, ids.at(place) ?? stop];
        const differs =
          place < 0 || wanted === null || taken === null
            ? null
            : await differing(full, own, [...prompt, ...first.slice(0, place)], place, [wanted, taken], (id) =>
                piece([...first.slice(0, place), id]),
              );
        found.push({ row: row.row, pieces: ids.map((_, i) => piece(ids.slice(0, i + 1))), differs });
      } finally {
        own.release();
        bindings.release();
      }
    }
    return {
      ...request,
      promptTokens: prompt.length,
      full: first.map((_, i) => piece(first.slice(0, i + 1))),
      rows: found,
    };
  } finally {
    full.release();
  }
}

/** Ids after the prompt, the likeliest each time (the first of equals), up to `stop`. */
async function greedy(
  { check }: EvaluationInput,
  model: LanguageModel,
  prompt: readonly number[],
  count: number,
  stop: number | null,
): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) {
    check();
    const [next] = await model.generateGreedy([...prompt, ...ids], 1, stop);
    if (next === undefined) break;
    ids.push(next);
  }
  return ids;
}

/** Probabilities of two tokens after the same text under both. */
async function differing(
  full: LanguageModel,
  own: LanguageModel,
  read: readonly number[],
  at: number,
  [wanted, taken]: readonly [number, number],
  piece: (id: number) => string,
): Promise<DifferingToken> {
  const [byFull, byRow] = [await full.nextLogits(read), await own.nextLogits(read)];
  const of = (id: number) => ({ piece: piece(id), byFull: probability(byFull, id), byRow: probability(byRow, id) });
  return { at, full: of(wanted), own: of(taken) };
}

/** Of the softmax. */
export function probability(logits: Float32Array, id: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return Math.exp(logits[id] - largest) / total;
}

/** What the last of some ids adds to the text: nothing while a letter is not whole yet. */
function pieceOf(tokenizer: TextTokenizer, prompt: readonly number[]): (ids: readonly number[]) => string {
  const text = (ids: readonly number[]) => tokenizer.decode([...prompt, ...ids]).replace(/\uFFFD+$/u, '');
  return (ids) => text(ids).slice(text(ids.slice(0, -1)).length);
}
