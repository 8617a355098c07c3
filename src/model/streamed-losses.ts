/**
 * Losses of tokens under heads that are read in tiles of the vocabulary: the tiles pass once, outermost, and every stream's hidden states
 * meet each of them, so that a head is read once however many tokens and streams there are. No logits of the whole vocabulary are ever
 * there. KL is taken against the first stream.
 */
import type { Gpu } from '../gpu/gpu';
import { readTogether, type Readable } from '../gpu/readback';
import { sliceRows } from '../tensor/embedding';
import { StreamedCrossEntropy, StreamedKl, type CrossEntropyRow } from '../tensor/streamed-loss';
import type { Tensor } from '../tensor/tensor';
import type { Head, VocabularyTile } from './ends';

/** One way to the logits of all pieces: hidden states of its own, under a head that it may share with others. */
export interface LossStream {
  readonly head: Head;
  /** Lets `body` launch work on the hidden states of a piece, tokens × hidden. */
  hidden(piece: number, body: (hidden: Tensor) => void): void;
}

export interface PieceLosses {
  /** −log p of each token's target, in nats; 0 where there is none. */
  readonly nll: readonly number[];
  /** The likeliest next token. */
  readonly best: readonly number[];
  /** Against the first stream; null for that one. */
  readonly kl: readonly number[] | null;
}

/** Rows of a piece that are taken at once, in one stream. */
interface Part {
  readonly piece: number;
  readonly first: number;
  readonly losses: readonly StreamedCrossEntropy[];
  /** By stream, the first left out. */
  readonly divergences: readonly StreamedKl[];
}

/**
 * By stream and piece. `targets`: a piece's wanted ids; `check` throws where the work should stop. All heads have the same vocabulary.
 */
export async function streamedLosses(
  gpu: Gpu,
  streams: readonly LossStream[],
  targets: readonly Uint32Array<ArrayBuffer>[],
  check: () => void = () => undefined,
): Promise<PieceLosses[][]> {
  const heads = [...new Set(streams.map(({ head }) => head))];
  const { vocabulary } = heads[0];
  if (heads.some((head) => head.vocabulary !== vocabulary)) throw new Error('bug: losses over unlike vocabularies');
  const width = Math.min(...heads.map((head) => head.tileRows));
  const rows = heads[0].rowsAtOnce(width);
  const parts: Part[] = [];
  const readers = heads.map((head) => head.tiles(width));
  try {
    for (const [piece, wanted] of targets.entries()) {
      for (let first = 0; first < wanted.length; first += rows) {
        const own = wanted.slice(first, first + rows);
        const losses = streams.map(() => new StreamedCrossEntropy(gpu, own, vocabulary));
        const divergences = streams.slice(1).map(() => new StreamedKl(gpu, own.length));
        parts.push({ piece, first, losses, divergences });
      }
    }
    for (;;) {
      const next = await Promise.all(readers.map((reader) => reader.next()));
      const tiles = new Map(heads.flatMap((head, i) => (next[i].done ? [] : [[head, next[i].value] as const])));
      if (tiles.size < heads.length) break;
      for (const part of parts) {
        check();
        joinTile(streams, tiles, part);
      }
      await gpu.settle(); // the tile's buffer is given back before the next is read
    }
    return await resultsOf(gpu, streams.length, targets.length, parts);
  } finally {
    for (const reader of readers) await reader.return();
    for (const { losses, divergences } of parts) {
      for (const state of [...losses, ...divergences]) state.release();
    }
  }
}

/** One tile, one part, all streams. */
function joinTile(streams: readonly LossStream[], tiles: ReadonlyMap<Head, VocabularyTile>, part: Part): void {
  let full: Tensor | null = null;
  for (const [s, { head, hidden }] of streams.entries()) {
    const tile = tiles.get(head);
    if (!tile) throw new Error('bug: a head without its tile');
    hidden(part.piece, (states) => {
      const count = part.losses[s].rows;
      const rows = sliceRows(states, part.first, count);
      const logits = tile.logits(rows);
      rows.release();
      part.losses[s].add(logits, tile.first);
      if (full) {
        part.divergences[s - 1].add(full, logits);
        logits.release();
      } else full = logits;
    });
  }
  (full as Tensor | null)?.release();
}

/** Reads everything back at once. */
async function resultsOf(gpu: Gpu, streams: number, pieces: number, parts: readonly Part[]): Promise<PieceLosses[][]> {
  const losses = await readTogether(gpu, ...parts.flatMap((part): Readable<CrossEntropyRow[]>[] => [...part.losses]));
  const divergences = await readTogether(gpu, ...parts.flatMap((part): Readable<number[]>[] => [...part.divergences]));
  return Array.from({ length: streams }, (_, s) =>
    Array.from({ length: pieces }, (_, piece): PieceLosses => {
      const own = parts.flatMap((part, p) => (part.piece === piece ? [p] : []));
      const nll = own.flatMap((p) => losses[p * streams + s].map(({ loss }) => loss));
      const best = own.flatMap((p) => losses[p * streams + s].map((one) => one.best));
      const kl = s === 0 ? null : own.flatMap((p) => divergences[p * (streams - 1) + s - 1]);
      return { nll, best, kl };
    }),
  );
}
