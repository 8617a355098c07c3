/**
 * Methods that train, in a run: block by block, on what the row's own quantized stream brings to the block, towards what the
 * full-precision block makes of its own stream (the mean square of the difference of their outputs). Windows are taken in the order of
 * the calibration set, a few at a time.
 *
 * What a method trains is stored like any other layer, before the block's stages come to it. In between, its state is stored every
 * half minute, so that a closed tab costs no more than that, and whenever a run is paused or cancelled.
 */
import { isStudioError, StudioError } from '../base/errors';
import { measureTape } from '../gradient/memory';
import { Parameter, type Tape, type Variable } from '../gradient/tape';
import { joinNotes } from '../method/codebook-notes';
import type { QuantizedLayer } from '../method/quantized-layer';
import { methodOf } from '../method/table';
import type { TrainingHost, TrainingMemory, TrainingProblem, TrainingProgress } from '../method/training';
import { uploadLinear, type Linear, type StagedBlock } from '../model/architecture';
import { Tensor } from '../tensor/tensor';
import { untiled } from '../tensor/weight';
import { blockLoss, blockOutput, minibatches, windowsOf, type BlockStream } from './block-loss';
import type { RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import { roundedInstead, unmeasured } from './quantize-layer';
import { trainingBatch, type RunRow } from '../recipe/rows';
import type { Hooks } from '../model/hooks';
import type { StreamStates } from './stream-states';
import type { Streams } from './streams';
import type { RunView } from './views';
import type { Chunk } from './chunks';
import { blockLack } from './weight-limit';

/** Between two states kept. */
const KEEP_EVERY_MS = 30_000;
/** What methods keep for themselves while they train, in copies of the block's weights: candidates, ratios, optimizers' states, a copy to go back to. */
const KEPT_COPIES = 6;

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
    for (const row of rows) yield* trainRow(work, row, linears, weights, notes);
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

async function* trainRow(
  work: BlockInTraining,
  row: RunRow,
  linears: readonly Linear[],
  weights: ReadonlyMap<string, Tensor>,
  notes: ReadonlyMap<string, string | null>,
): AsyncGenerator<RunEvent> {
  const { host, block } = work;
  const b = block.block.index;
  const { train } = methodOf(row.method);
  if (!train) throw new Error(`bug: ${row.method} does not train`);
  yield { type: 'stage', stage: 'train', block: b, detail: row.label };
  for (const linear of linears) yield { type: 'layer-started', row: row.row, layer: linear.index };
  const begin = performance.now();
  const from = await host.store.loadTraining(row.row, b);
  // A training that goes on takes the windows it began with, so that it ends with the same bits.
  const { windows, tapeBytes } = await roomFor(work, row, linears, weights, from?.numbers.windows);
  const trainingHost: TrainingHost = {
    from,
    keep: (state) => host.store.saveTraining(row.row, b, { ...state, numbers: { ...state.numbers, windows } }),
    keepEvery: host.keepTrainingEvery ?? KEEP_EVERY_MS,
    keepNow: () => host.control.pausing || host.control.cancelled,
  };
  const inStep = windowsOf(minibatches(work.chunks, windows)[0]);
  let untold: Pick<TrainingProgress, 'memory'> = { memory: { windows: inStep, tapeBytes } };
  let quantized: QuantizedLayer[] | null = null;
  let failure: string | null = null;
  const training = train(problemOf(work, row, linears, weights, windows), row.options, trainingHost);
  try {
    for (;;) {
      const step = await training.next();
      if (step.done) {
        quantized = step.value;
        break;
      }
      yield { type: 'training', row: row.row, block: b, progress: { ...step.value, ...untold } };
      untold = {};
      yield* pausePoint(host.control);
    }
  } catch (error) {
    if (!isStudioError(error) || !error.code.startsWith('QS-NUM')) throw error;
    failure = error.message;
  } finally {
    await training.return([]);
  }
  const smaller = smallerBatch(trainingBatch(row), windows);
  const milliseconds = (performance.now() - begin) / linears.length;
  for (const [i, linear] of linears.entries()) {
    const layer = { weight: weights.get(linear.name) as Tensor, statistics: null };
    const attempt = quantized
      ? { quantized: quantized[i], status: 'done' as const, retries: 0, note: joinNotes(quantized[i].note, smaller) }
      : await roundedInstead(row, layer, linear.name, failure ?? '', 1);
    const index = linear.index;
    const damage = notes.get(linear.name) ?? null;
    await host.store.saveLayer(row.row, index, unmeasured(row, { index, linear, damage }, attempt, milliseconds));
    attempt.quantized.q.release();
    yield { type: 'layer-stored', row: row.row, layer: index };
  }
  await host.store.saveTraining(row.row, b, null);
}

/**
 * Windows that a step has room for: as many as the row asks for, or half of them, a quarter … of them where GPU memory does not reach,
 * found by taking a step's way there and back once, beside as much memory as methods keep for themselves. Throws QS-GPU-05 where it does
 * not reach for a single window.
 */
async function roomFor(
  work: BlockInTraining,
  row: RunRow,
  linears: readonly Linear[],
  weights: ReadonlyMap<string, Tensor>,
  known: number | undefined,
): Promise<TrainingMemory> {
  const { gpu } = work.host;
  for (let windows = known ?? trainingBatch(row); windows >= 1; windows = Math.floor(windows / 2)) {
    const problem = problemOf(work, row, linears, weights, windows);
    const measure = await gpu.attempt(() => {
      const leaves = problem.layers.map(({ weight }) => new Parameter(weight));
      const kept = leaves.flatMap(({ value }) =>
        Array.from({ length: KEPT_COPIES }, () => Tensor.empty(gpu, value.rows, value.cols, 'room for training')),
      );
      const { bytes } = measureTape(gpu, windows, leaves, (tape) => problem.loss(tape, 0, leaves));
      for (const tensor of kept) tensor.release();
      return bytes;
    });
    if (measure !== null) return { windows, tapeBytes: measure };
  }
  throw new StudioError(
    'QS-GPU-05',
    `Out of GPU memory: training ${work.block.block.name} does not fit with one window a step; use shorter windows, or the layer proxy.`,
  );
}

function smallerBatch(wanted: number, windows: number): string | null {
  if (windows === wanted) return null;
  return `GPU memory did not reach for ${wanted} windows a step: ${windows} ${windows === 1 ? 'was' : 'were'} taken.`;
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
