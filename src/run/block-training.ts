/**
 * Methods that train, in a run: block by block, on what the row's own quantized stream brings to the block, towards what the
 * full-precision block makes of its own stream (the mean square of the difference of their outputs). Windows are taken in the order of
 * the calibration set, a few at a time.
 *
 * What a method trains is stored like any other layer (train-layers.ts), before the block's stages come to it.
 */
import type { Tape, Variable } from '../gradient/tape';
import type { TrainingProblem } from '../method/training';
import { uploadLinear, type Linear, type StagedBlock } from '../model/architecture';
import type { Tensor } from '../tensor/tensor';
import { untiled } from '../tensor/weight';
import { blockLoss, blockOutput, minibatches, windowsOf, type BlockStream } from './block-loss';
import type { RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import { roundedInstead, unmeasured } from './quantize-layer';
import type { RunRow } from '../recipe/rows';
import type { Hooks } from '../model/hooks';
import type { StreamStates } from './stream-states';
import type { Streams } from './streams';
import type { RunView } from './views';
import type { Chunk } from './chunks';
import { trainLayers } from './train-layers';
import { blockLack } from './weight-limit';

export interface BlockInTraining {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly states: StreamStates;
  readonly streams: Streams;
  readonly chunks: readonly Chunk[];
  readonly block: StagedBlock;
  readonly view: RunView;
  /** The view's online operations. */
  readonly online: Hooks | null;
  /** All of a row's, its view's first. */
  hooksOf(row: RunRow): Hooks | null;
  readonly rows: readonly RunRow[];
}

/** Trains and stores the layers of each row that are not stored yet. */
export async function* trainBlock(work: BlockInTraining): AsyncGenerator<RunEvent> {
  const { host, states, chunks, block } = work;
  const linears = block.block.stages.flatMap((stage) => stage.linears);
  const rows: RunRow[] = [];
  for (const row of work.rows) {
    const stored = await Promise.all(linears.map((linear) => host.store.loadLayer(row.row, linear.index)));
    if (stored.some((layer) => layer === null)) rows.push(row);
  }
  if (rows.length === 0) return;
  const lack = blockLack(linears, host.gpu.buffers.tileBytes);
  if (lack) {
    for (const row of rows) yield* roundBlock(work, row, linears, lack);
    return;
  }
  const calibration = chunks.flatMap((chunk, c) => (chunk.heldOut ? [] : [c]));
  const weights = new Map<string, Tensor>();
  const notes = new Map<string, string | null>();
  const through: BlockStream = { states, chunks, block, stream: work.view.index };
  const bindings = { weight: ({ name }: Linear) => weights.get(name) as Tensor, hooks: work.online };
  let targets = 0;
  try {
    for (const linear of linears) {
      const nonFinite = new NonFiniteWeights(linear.weight);
      const weight = await uploadLinear(host.gpu, work.view.current.source, linear, { inspect: nonFinite.zero });
      weights.set(linear.name, untiled(weight));
      notes.set(linear.name, nonFinite.note);
    }
    for (const c of calibration) {
      await states.putTarget(c, blockOutput(host.gpu, through, c, bindings));
      targets++;
    }
    for (const row of rows) {
      yield* trainLayers({
        ...{ host, row, linears, weights, notes, place: block.block.index, name: block.block.name, spares: false },
        problem: (windows) => Promise.resolve(problemOf(work, row, linears, weights, windows)),
        inStep: (windows) => windowsOf(minibatches(chunks, windows)[0]),
      });
    }
  } finally {
    for (const c of calibration.slice(0, targets)) states.dropTarget(c);
    for (const weight of weights.values()) weight.release();
  }
}

/** The layers of a block that cannot be trained, one after another. */
async function* roundBlock(
  { view, host }: BlockInTraining,
  row: RunRow,
  linears: readonly Linear[],
  lack: string,
): AsyncGenerator<RunEvent> {
  for (const linear of linears) {
    host.control.check();
    const index = linear.index;
    yield { type: 'layer-started', row: row.row, layer: index };
    const begin = performance.now();
    const nonFinite = new NonFiniteWeights(linear.weight);
    const weight = await uploadLinear(host.gpu, view.current.source, linear, { inspect: nonFinite.zero });
    const attempt = await roundedInstead(row, { weight, statistics: null }, linear.name, lack, 1);
    const facts = { index, linear, damage: nonFinite.note };
    await host.store.saveLayer(row.row, index, unmeasured(row, facts, attempt, performance.now() - begin));
    attempt.quantized.q.release();
    weight.release();
    yield { type: 'layer-stored', row: row.row, layer: index };
    yield* pausePoint(host.control);
  }
}

function problemOf(
  { run, host, states, streams, chunks, block, hooksOf }: BlockInTraining,
  row: RunRow,
  linears: readonly Linear[],
  weights: ReadonlyMap<string, Tensor>,
  each: number,
): TrainingProblem {
  const batches = minibatches(chunks, each);
  const hooks = hooksOf(row);
  return {
    gpu: host.gpu,
    layers: linears.map(({ name }) => ({ name, weight: weights.get(name) as Tensor, statistics: null })),
    batches: batches.length,
    lossName: 'block output',
    universalCodebook: run.universal.get(row.row),
    loss: (tape: Tape, batch: number, quantized: readonly Variable[]): Variable =>
      blockLoss(tape, { states, chunks, block, stream: streams.of(row) }, batches[batch], {
        weight: ({ name }) => quantized[linears.findIndex((linear) => linear.name === name)],
        hooks,
      }),
  };
}
