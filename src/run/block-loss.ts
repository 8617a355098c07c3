/**
 * What a block's outputs on some calibration windows are off its full-precision ones: the loss of whatever is trained on a block. Targets are
 * put beside the streams' states, chunk by chunk, before the first step.
 */
import { meanSquare, weightedSum } from '../gradient/loss';
import { Tape, type Variable } from '../gradient/tape';
import type { Gpu } from '../gpu/gpu';
import { runStaged, type StagedBlock } from '../model/architecture';
import { mapContext } from '../model/context';
import type { Bindings } from '../model/staged-block';
import type { Minibatch } from '../step/step';
import { sliceRows } from '../tensor/embedding';
import type { Tensor } from '../tensor/tensor';
import type { Chunk } from './chunks';
import type { StreamStates } from './stream-states';

/** A block, and the stream that comes to it. */
export interface BlockStream {
  readonly states: StreamStates;
  readonly chunks: readonly Chunk[];
  readonly block: StagedBlock;
  readonly stream: number;
}

export function windowsOf(pieces: Minibatch): number {
  return pieces.reduce((sum, { windows }) => sum + windows, 0);
}

/** Minibatches of at most `each` windows of the calibration set, in order and as even as can be. */
export function minibatches(chunks: readonly Chunk[], each: number): Minibatch[] {
  const all = chunks.flatMap(({ heldOut, geometry: { windows } }, chunk) => (heldOut ? [] : [{ chunk, windows }]));
  const total = all.reduce((sum, { windows }) => sum + windows, 0);
  const count = Math.ceil(total / each);
  const batches: Minibatch[number][][] = Array.from({ length: count }, () => []);
  let before = 0;
  for (const { chunk, windows } of all) {
    for (let first = 0; first < windows;) {
      const batch = Math.floor(((before + first) * count) / total);
      const end = Math.min(windows, Math.ceil(((batch + 1) * total) / count) - before);
      batches[batch].push({ chunk, first, windows: end - first });
      first = end;
    }
    before += windows;
  }
  return batches;
}

/** What the block gives for a whole chunk of its stream. */
export function blockOutput(
  gpu: Gpu,
  { states, chunks, block, stream }: BlockStream,
  c: number,
  { weight, hooks }: Pick<Bindings<Tensor>, 'weight' | 'hooks'>,
): Tensor {
  const tape = new Tape(gpu, { recording: false });
  const output = states.peekResidual(stream, c, (hidden) =>
    states.withContext(tape, c, (steer) =>
      runStaged(tape, block, tape.constant(hidden), steer, chunks[c].geometry, {
        weight: (linear) => tape.constant(weight(linear)),
        hooks,
      }),
    ),
  );
  const taken = tape.take(output);
  tape.release();
  return taken;
}

/** The mean square over a minibatch, 1 × 1. */
export function blockLoss(tape: Tape, from: BlockStream, minibatch: Minibatch, bindings: Bindings<Variable>): Variable {
  if (minibatch.length === 1) return pieceLoss(tape, from, minibatch[0], bindings);
  const total = windowsOf(minibatch);
  return weightedSum(
    tape,
    minibatch.map((piece) => pieceLoss(tape, from, piece, bindings)),
    minibatch.map(({ windows }) => windows / total),
  );
}

function pieceLoss(
  tape: Tape,
  { states, chunks, block, stream }: BlockStream,
  { chunk, first, windows }: Minibatch[number],
  bindings: Bindings<Variable>,
): Variable {
  const { length, windows: all, calls } = chunks[chunk].geometry;
  // A window has as many rows as there are tokens, or pixels at this place, or one of what steers.
  const rowsOf = (x: Tensor) => {
    const height = x.rows / all;
    return tape.keep(sliceRows(x, first * height, windows * height));
  };
  const hidden = states.peekResidual(stream, chunk, rowsOf);
  const target = states.peekTarget(chunk, rowsOf);
  const steer = states.withContext(
    tape,
    chunk,
    (whole) => whole && mapContext(whole, ({ value }) => tape.constant(rowsOf(value))),
  );
  const output = runStaged(
    tape,
    block,
    tape.constant(hidden),
    steer,
    { windows, length, calls: calls?.slice(first, first + windows) },
    bindings,
  );
  return meanSquare(tape, output, target);
}
