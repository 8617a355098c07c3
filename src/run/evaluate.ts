/**
 * End-to-end figures on the held-out chunks: perplexity of every stream, and KL of every row against the full-precision stream, with its
 * spread over tokens and how often the likeliest one stays, over positions 1 … length − 1 of every window.
 */
import { TokenDivergences } from '../measure/divergence-spread';
import { languageFigures } from '../measure/language';
import { loadHead, type Head, type Model } from '../model/architecture';
import { nextTokens } from '../model/forward';
import { streamedLosses, type LossStream } from '../model/streamed-losses';
import { Indices } from '../tensor/indices';
import { argmaxRows, crossEntropy, klDivergence, NO_TARGET } from '../tensor/loss';
import { sliceRows } from '../tensor/embedding';
import type { Tensor } from '../tensor/tensor';
import { layerSummary } from './plan';
import { touches } from '../model/view/view';
import { viewSummaries, type Evaluation, type EvaluationInput } from './subject';
import type { WindowSet, Chunk } from './chunks';

export interface TextEvaluation extends EvaluationInput {
  readonly heldOut: WindowSet;
  ids(chunk: Chunk): Uint32Array<ArrayBuffer>;
}

export async function evaluateText(input: TextEvaluation): Promise<Evaluation> {
  const { layers, streams } = input;
  if ((input.views[0].network as Model).ends.head === null) return withoutFigures(input);
  const heads = await headsOf(input);
  let sums: StreamSums[];
  try {
    sums = await (heads[0].whole ? heldOutSums(input, heads) : streamedSums(input, heads));
  } finally {
    for (const head of new Set(heads)) head.release();
  }
  const positions = input.heldOut.length - 1;
  const figures = sums.map(({ nll, kl }) => languageFigures({ nll, kl, positions }));
  return {
    fullPrecision: { perplexity: figures[0].perplexity, tokens: figures[0].tokens },
    views: viewSummaries(input, (view) => ({ perplexity: figures[view].perplexity, kl: figures[view].kl })),
    rows: input.rows.map((row) => {
      const own = layers.filter((layer) => layer.row === row.row);
      const stream = streams.of(row);
      const { perplexity, interval, kl, tokens } = figures[stream];
      return {
        row: row.row,
        ...layerSummary(own),
        perplexity,
        perplexityInterval: interval,
        kl,
        divergence: sums[stream].tokens.spread(sums[stream].kl.map((sum) => sum / positions)),
        tokens,
        windows: { of: 'nll', values: sums[stream].nll.map((sum) => sum / positions) },
        milliseconds: own.reduce((sum, layer) => sum + layer.milliseconds, 0),
      };
    }),
  };
}

/** By view; views whose ends are the checkpoint's share its head. */
async function headsOf({ gpu, views, head }: TextEvaluation): Promise<Head[]> {
  const heads: Head[] = [];
  try {
    for (const view of views) {
      const { ends } = view.network as Model;
      const own = [ends.head, ends.norm.weight, ends.norm.bias].filter((name) => name !== null);
      heads.push(
        heads.length > 0 && !touches(view, own)
          ? heads[0]
          : await loadHead(gpu, view.source, view.network as Model, head),
      );
    }
  } catch (error) {
    for (const one of new Set(heads)) one.release();
    throw error;
  }
  return heads;
}

/** Of a network that has no head, and so no opinion on the next token: sizes and layer errors alone. */
function withoutFigures(input: TextEvaluation): Evaluation {
  const { rows, chunks, layers, hidden, streams } = input;
  chunks.forEach((_, c) => {
    for (let stream = 0; stream < streams.count; stream++) hidden(stream, c).release();
  });
  return {
    views: viewSummaries(input, () => ({ perplexity: null, kl: null })),
    fullPrecision: { perplexity: null, tokens: 0 },
    rows: rows.map(({ row }) => {
      const own = layers.filter((layer) => layer.row === row);
      const milliseconds = own.reduce((sum, layer) => sum + layer.milliseconds, 0);
      return {
        row,
        ...layerSummary(own),
        perplexity: null,
        perplexityInterval: null,
        kl: null,
        tokens: 0,
        milliseconds,
      };
    }),
  };
}

/** Sums of one stream, a number a window. */
interface StreamSums {
  readonly nll: number[];
  readonly kl: number[];
  readonly tokens: TokenDivergences;
}

function noSums({ windows, length }: WindowSet): StreamSums {
  return { nll: [], kl: [], tokens: new TokenDivergences(windows, length - 1) };
}

/** The same where the head is read in tiles of the vocabulary: all held-out chunks meet each tile. */
async function streamedSums(input: TextEvaluation, heads: readonly Head[]): Promise<StreamSums[]> {
  const { gpu, streams: numbers, chunks, peekHidden, ids, check, heldOut } = input;
  const { length } = heldOut;
  const pieces = chunks.flatMap((chunk, c) => (chunk.heldOut ? [c] : []));
  const streams = Array.from({ length: numbers.count }, (_, stream): LossStream => ({
    head: heads[numbers.viewOf(stream)],
    hidden: (piece, body) => peekHidden(stream, pieces[piece], body),
  }));
  const targets = pieces.map((c) => nextTokens(ids(chunks[c]), length));
  const losses = await streamedLosses(gpu, streams, targets, check);
  // Tokens without a target have no loss, and their KL does not count.
  const byWindow = (values: readonly number[], wanted: Uint32Array) =>
    Array.from({ length: wanted.length / length }, (_, window) =>
      values
        .slice(window * length, (window + 1) * length)
        .reduce((sum, value, i) => (wanted[window * length + i] === NO_TARGET ? sum : sum + value), 0),
    );
  return losses.map((of) => {
    const sums = noSums(heldOut);
    for (const [piece, { nll, kl, best }] of of.entries()) {
      sums.nll.push(...byWindow(nll, targets[piece]));
      sums.kl.push(...byWindow(kl ?? nll.map(() => 0), targets[piece]));
      best.forEach((one, i) => {
        if (targets[piece][i] !== NO_TARGET) sums.tokens.add(kl?.[i] ?? 0, one === losses[0][piece].best[i]);
      });
    }
    return sums;
  });
}

/** Uses up all chunks; only the held-out ones count. */
async function heldOutSums(
  { streams, chunks, hidden, ids: idsOf, check, heldOut: set }: TextEvaluation,
  heads: readonly Head[],
): Promise<StreamSums[]> {
  const ownHeads = Array.from({ length: streams.count }, (_, stream) => heads[streams.viewOf(stream)]);
  const sums = Array.from({ length: streams.count }, () => noSums(set));
  for (const [c, chunk] of chunks.entries()) {
    const { geometry, heldOut } = chunk;
    check();
    const states = sums.map((_, stream) => hidden(stream, c));
    if (heldOut) {
      const firstWindow = sums[0].nll.length;
      for (const { nll, kl } of sums) {
        for (const of of [nll, kl]) of.push(...new Array<number>(geometry.windows).fill(0));
      }
      const ids = idsOf(chunk);
      const targets = nextTokens(ids, geometry.length);
      const atOnce = heads[0].rowsAtOnce();
      for (let first = 0; first < ids.length; first += atOnce) {
        const count = Math.min(atOnce, ids.length - first);
        const losses = await tileLosses(states, ownHeads, targets, first, count);
        losses.forEach((loss, stream) => {
          for (let i = 0; i < count; i++) {
            if (targets[first + i] === NO_TARGET) continue;
            const window = firstWindow + Math.floor((first + i) / geometry.length);
            sums[stream].nll[window] += loss.nll[i];
            sums[stream].kl[window] += loss.kl ? loss.kl[i] : 0;
            sums[stream].tokens.add(loss.kl ? loss.kl[i] : 0, loss.best[i] === losses[0].best[i]);
          }
        });
      }
    }
    for (const state of states) state.release();
  }
  return sums;
}

/** Losses of rows first … first + count − 1 in every stream; KL against stream 0. */
async function tileLosses(
  states: readonly Tensor[],
  heads: readonly Head[],
  targets: Uint32Array<ArrayBuffer>,
  first: number,
  count: number,
): Promise<{ nll: Float32Array; best: Float32Array; kl: Float32Array | null }[]> {
  const { gpu } = states[0];
  const wanted = Indices.from(gpu, targets.slice(first, first + count), 'targets');
  const logitsOf = (state: Tensor, stream: number) => {
    const rows = sliceRows(state, first, count);
    const logits = heads[stream].logits(rows);
    rows.release();
    return logits;
  };
  const full = logitsOf(states[0], 0);
  const losses = states.map((state, stream) => {
    if (stream === 0) return { nll: crossEntropy(full, wanted), best: argmaxRows(full), kl: null };
    const logits = logitsOf(state, stream);
    const made = { nll: crossEntropy(logits, wanted), best: argmaxRows(logits), kl: klDivergence(full, logits) };
    logits.release();
    return made;
  });
  full.release();
  const tensors = losses.flatMap(({ nll, best, kl }) => (kl ? [nll, best, kl] : [nll, best]));
  const read = await gpu.read(...tensors.map(({ buffer, bytes }) => ({ buffer, bytes })));
  const values = new Map(tensors.map((tensor, i) => [tensor, tensor.unpad(new Float32Array(read[i]))]));
  const valuesOf = (tensor: Tensor) => values.get(tensor) ?? new Float32Array();
  for (const tensor of tensors) tensor.release();
  wanted.release();
  return losses.map(({ nll, best, kl }) => ({ nll: valuesOf(nll), best: valuesOf(best), kl: kl && valuesOf(kl) }));
}
