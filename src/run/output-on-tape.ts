/**
 * How far a network's outputs are from full precision's, on a tape: what methods that train the whole network learn by. KL of a language
 * model's tokens or a classifier's images, in nats; of a diffusion network the mean square of all that it predicts.
 */
import { StudioError } from '../base/errors';
import { divergence, meanSquare, weightedSum } from '../gradient/loss';
import { meanRows } from '../gradient/modulation';
import { gatherRows } from '../gradient/rows';
import { sliceRows } from '../gradient/slice';
import type { Tape, Variable } from '../gradient/tape';
import type { Gpu } from '../gpu/gpu';
import { loadHead, type HeadOptions, type Model } from '../model/architecture';
import type { Context } from '../model/context';
import type { NetworkView } from '../model/view/view';
import { DiffusionEnd } from '../model/vision/diffusion-end';
import { ClassHead } from '../model/vision/image-ends';
import type { Classifier, DiffusionNetwork } from '../model/vision/image-model';
import { RowIndex } from '../tensor/rows';
import type { Tensor } from '../tensor/tensor';

export interface OutputOnTape {
  /** 'KL', 'prediction'. */
  readonly name: string;
  /** 1 × 1, of hidden states of whole windows behind the last block. `full` and `context`, which steered the blocks, stay the caller's. */
  loss(tape: Tape, hidden: Variable, full: Tensor, context: Context | null): Variable;
  release(): void;
}

/** Throws QS-RECIPE-01 where the head is read in tiles. */
export async function textOutput(gpu: Gpu, view: NetworkView, options?: HeadOptions): Promise<OutputOnTape> {
  const head = await loadHead(gpu, view.source, view.network as Model, options);
  if (!head.whole) {
    head.release();
    throw new StudioError(
      'QS-RECIPE-01',
      `The output head of ${head.vocabulary} tokens is too large to go back through, and the whole network cannot be trained: train block by block.`,
    );
  }
  return {
    name: 'KL',
    loss(tape, hidden, full) {
      const { rows } = full;
      const each = head.rowsAtOnce();
      const pieces = Array.from({ length: Math.ceil(rows / each) }, (_, i) => {
        const [first, count] = [i * each, Math.min(each, rows - i * each)];
        const exact = sliceRows(tape, tape.constant(full), first, count).value;
        const own = head.on(tape, sliceRows(tape, hidden, first, count));
        return { loss: divergence(tape, own, tape.keep(head.logits(exact))), share: count / rows };
      });
      return weightedSum(
        tape,
        pieces.map(({ loss }) => loss),
        pieces.map(({ share }) => share),
      );
    },
    release: () => head.release(),
  };
}

export async function classOutput(gpu: Gpu, { source, network }: NetworkView): Promise<OutputOnTape> {
  const model = network as Classifier;
  const head = await ClassHead.load(gpu, source, model);
  const summaries = (tape: Tape, hidden: Variable): Variable => {
    const { ends, tokens } = model;
    if ('pooled' in ends) return meanRows(tape, hidden, ends.pooled);
    const { rows } = hidden.value;
    const places = Uint32Array.from({ length: rows / tokens }, (_, i) => i * tokens + ends.classPlace);
    return gatherRows(tape, hidden, tape.keepBeside(RowIndex.from(gpu, places, rows)));
  };
  return {
    name: 'KL',
    loss(tape, hidden, full) {
      const exact = head.on(tape, summaries(tape, tape.constant(full)));
      return divergence(tape, head.on(tape, summaries(tape, hidden)), exact.value);
    },
    release: () => head.release(),
  };
}

export async function predictionOutput(gpu: Gpu, { source, network }: NetworkView): Promise<OutputOnTape> {
  const end = await DiffusionEnd.load(gpu, source, network as DiffusionNetwork);
  return {
    name: 'prediction',
    loss(tape, hidden, full, context) {
      if (!context) throw new Error('bug: nothing steers a diffusion network');
      const exact = end.on(tape, tape.constant(full), context).value;
      return meanSquare(tape, end.on(tape, hidden, context), exact);
    },
    release: () => end.release(),
  };
}
