/**
 * What whole networks learn by: how far their outputs are from full precision's (KL), or from the data (next-token cross-entropy), with the
 * gradient at the hidden states after the last block.
 */
import { StudioError } from '../base/errors';
import { crossEntropy, divergence, scalarsOf } from '../gradient/loss';
import { sliceRows } from '../gradient/slice';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import type { Gpu } from '../gpu/gpu';
import { loadHead, type HeadOptions, type Model } from '../model/architecture';
import { nextTokens } from '../model/forward';
import type { NetworkView } from '../model/view/view';
import { ClassHead } from '../model/vision/image-ends';
import type { Classifier } from '../model/vision/image-model';
import { sliceRows as rowsOf } from '../tensor/embedding';
import { Indices } from '../tensor/indices';
import { NO_TARGET } from '../tensor/loss';
import { Tensor } from '../tensor/tensor';
import type { Chunk } from './chunks';

export type LossKind = 'kl' | 'task';

export interface OutputLoss {
  /**
   * The mean over the chunk's tokens, or images, of hidden states after the last block; `full`: the same in full precision, which KL asks
   * for. `back`: with the gradient at `own`, the caller's.
   */
  of(
    kind: LossKind,
    chunk: Chunk,
    own: Tensor,
    full: Tensor | null,
    back: boolean,
  ): Promise<{ readonly loss: number; readonly gradient: Tensor | null }>;
  release(): void;
}

/** `ids`: a chunk's tokens. */
export async function textLoss(
  gpu: Gpu,
  view: NetworkView,
  ids: (chunk: Chunk) => Uint32Array<ArrayBuffer>,
  options?: HeadOptions,
): Promise<OutputLoss> {
  const head = await loadHead(gpu, view.source, view.network as Model, options);
  if (!head.whole) {
    head.release();
    throw new StudioError(
      'QS-RECIPE-01',
      `The output head of ${head.vocabulary} tokens is too large to go back through, and nothing can be learned by what the network says: choose rotate.`,
    );
  }
  return {
    async of(kind, chunk, own, full, back) {
      const next = kind === 'task' ? nextTokens(ids(chunk), chunk.geometry.length) : null;
      const pieces = piecesOf(own, head.rowsAtOnce(), next);
      try {
        return await piecewise(gpu, own, pieces, back, (tape, x, { targets, counted, first, count }) => {
          const logits = head.on(tape, x);
          if (targets) return crossEntropy(tape, logits, targets, { counted });
          if (!full) throw new Error('bug: KL without full precision');
          const exact = head.logits(tape.keep(rowsOf(full, first, count)));
          return divergence(tape, logits, tape.keep(exact));
        });
      } finally {
        for (const { targets } of pieces) targets?.release();
      }
    },
    release: () => head.release(),
  };
}

/** KL of every image's classes. */
export async function classLoss(gpu: Gpu, { source, network }: NetworkView): Promise<OutputLoss> {
  const head = await ClassHead.load(gpu, source, network as Classifier);
  return {
    async of(kind, _, own, full, back) {
      if (kind !== 'kl' || !full) throw new Error(`bug: a classifier learns by KL, not by ${kind}`);
      const [summaries, exact] = [own, full].map((hidden) => head.summaries(hidden));
      const [piece] = piecesOf(summaries, summaries.rows, null);
      try {
        const { loss, gradient } = await piecewise(gpu, summaries, [piece], back, (tape, x) => {
          return divergence(tape, head.on(tape, x), head.on(tape, tape.constant(exact)).value);
        });
        if (!gradient) return { loss, gradient };
        const values = await gradient.read();
        gradient.release();
        const all = head.spread(values, own);
        return { loss, gradient: Tensor.from(gpu, own.rows, own.cols, all, 'gradient') };
      } finally {
        summaries.release();
        exact.release();
      }
    },
    release: () => head.release(),
  };
}

/** Rows whose logits are there at once. */
interface Piece {
  readonly first: number;
  readonly count: number;
  /** Rows that count, and what they are of the mean. */
  readonly counted: number;
  readonly share: number;
  /** Null: KL. */
  readonly targets: Indices | null;
}

function piecesOf({ gpu, rows }: Tensor, atOnce: number, next: Uint32Array<ArrayBuffer> | null): Piece[] {
  const countedIn = (targets: Uint32Array) => targets.filter((target) => target !== NO_TARGET).length;
  const all = next ? countedIn(next) : rows;
  const pieces: Piece[] = [];
  for (let first = 0; first < rows; first += atOnce) {
    const count = Math.min(atOnce, rows - first);
    const targets = next?.slice(first, first + count) ?? null;
    const counted = targets ? countedIn(targets) : count;
    if (counted === 0) continue;
    pieces.push({ first, count, counted, share: counted / all, targets: targets && Indices.from(gpu, targets) });
  }
  return pieces;
}

async function piecewise(
  gpu: Gpu,
  own: Tensor,
  pieces: readonly Piece[],
  back: boolean,
  lossOf: (tape: Tape, x: Variable, piece: Piece) => Variable,
): Promise<{ readonly loss: number; readonly gradient: Tensor | null }> {
  const leaf = new Parameter(own);
  let loss = 0;
  try {
    for (const piece of pieces) {
      const tape = new Tape(gpu, { recording: back });
      try {
        const part = lossOf(tape, sliceRows(tape, leaf, piece.first, piece.count), piece);
        const [value] = await scalarsOf(part);
        loss += piece.share * value;
        if (back) tape.backward(part, tape.keep(Tensor.from(gpu, 1, 1, [piece.share], 'share')));
      } finally {
        tape.release();
      }
    }
    return { loss, gradient: leaf.grad?.clone('gradient') ?? null };
  } finally {
    leaf.clearGrad();
  }
}
