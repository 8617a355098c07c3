/**
 * Methods that train, in a run: block by block, on what the row's own quantized stream brings to the block, towards what the
 * full-precision block makes of its own stream (the mean square of the difference of their outputs). Windows are taken in the order of
 * the calibration set, a few at a time.
 *
 * What a method trains is stored like any other layer, before the block's stages come to it. In between, its state is stored every
 * half minute, so that a closed tab costs no more than that.
 */
import { isStudioError } from '../base/errors';
import { meanSquare } from '../gradient/loss';
import { Tape, type Variable } from '../gradient/tape';
import type { QuantizedLayer } from '../method/layer';
import { methodOf } from '../method/table';
import type { TrainingHost, TrainingProblem } from '../method/training';
import { loadLinear, runStaged, type Linear, type StagedBlock } from '../model/architecture';
import { sliceRows } from '../tensor/embedding';
import { Tensor } from '../tensor/tensor';
import type { RunEvent } from './events';
import { zeroNonFinite } from './finite-weights';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import { roundedInstead, unmeasured } from './quantize-layer';
import type { RunRow } from './rows';
import type { StreamStates } from './stream-states';
import type { Chunk } from './streams';

/** Between two states kept. */
const KEEP_EVERY_MS = 30_000;
/** Windows a step where the row does not say. */
const DEFAULT_BATCH = 8;

export interface BlockInTraining {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly states: StreamStates;
  readonly chunks: readonly Chunk[];
  readonly block: StagedBlock;
  readonly rows: readonly RunRow[];
}

/** Whether a row's method trains whole blocks. */
export function trains({ method, options }: RunRow): boolean {
  return methodOf(method).train !== undefined && options.proxy !== true;
}

/** Trains and stores the layers of each row that are not stored yet. */
export async function* trainBlock(work: BlockInTraining): AsyncGenerator<RunEvent> {
  const { run, host, states, chunks, block } = work;
  const linears = block.block.stages.flatMap((stage) => stage.linears);
  const rows: RunRow[] = [];
  for (const row of work.rows) {
    const stored = await Promise.all(
      linears.map((linear) => host.store.loadLayer(row.row, run.linears.indexOf(linear))),
    );
    if (stored.some((layer) => layer === null)) rows.push(row);
  }
  if (rows.length === 0) return;
  const calibration = chunks.flatMap((chunk, c) => (chunk.heldOut ? [] : [c]));
  const weights = new Map<string, Tensor>();
  const notes = new Map<string, string | null>();
  let targets = 0;
  try {
    for (const linear of linears) {
      const values = await loadLinear(run.checkpoint, linear);
      notes.set(linear.name, zeroNonFinite(values, linear.weight));
      weights.set(linear.name, Tensor.from(host.gpu, linear.rows, linear.cols, values, linear.name));
    }
    for (const c of calibration) {
      await states.putTarget(c, outputOf(work, weights, c));
      targets++;
    }
    for (const row of rows) yield* trainRow(work, row, linears, weights, notes);
  } finally {
    for (const c of calibration.slice(0, targets)) states.dropTarget(c);
    for (const weight of weights.values()) weight.release();
  }
}

/** What the full-precision block gives for a chunk. */
function outputOf({ host, states, chunks, block }: BlockInTraining, weights: ReadonlyMap<string, Tensor>, c: number) {
  const tape = new Tape(host.gpu, { recording: false });
  const weight = ({ name }: Linear) => tape.constant(weights.get(name) as Tensor);
  const output = states.peekResidual(0, c, (hidden) =>
    states.withContext(tape, c, (steer) =>
      runStaged(tape, block, tape.constant(hidden), steer, chunks[c].geometry, weight),
    ),
  );
  const taken = tape.take(output);
  tape.release();
  return taken;
}

async function* trainRow(
  work: BlockInTraining,
  row: RunRow,
  linears: readonly Linear[],
  weights: ReadonlyMap<string, Tensor>,
  notes: ReadonlyMap<string, string | null>,
): AsyncGenerator<RunEvent> {
  const { run, host, block } = work;
  const b = block.block.index;
  const { train } = methodOf(row.method);
  if (!train) throw new Error(`bug: ${row.method} does not train`);
  yield { type: 'stage', stage: 'train', block: b, detail: row.label };
  for (const linear of linears) yield { type: 'layer-started', row: row.row, layer: run.linears.indexOf(linear) };
  const begin = performance.now();
  const trainingHost: TrainingHost = {
    from: await host.store.loadTraining(row.row, b),
    keep: (state) => host.store.saveTraining(row.row, b, state),
    keepEvery: host.keepTrainingEvery ?? KEEP_EVERY_MS,
  };
  let quantized: QuantizedLayer[] | null = null;
  let failure: string | null = null;
  const training = train(problemOf(work, row, linears, weights), row.options, trainingHost);
  try {
    for (;;) {
      const step = await training.next();
      if (step.done) {
        quantized = step.value;
        break;
      }
      yield { type: 'training', row: row.row, block: b, progress: step.value };
      yield* pausePoint(host.control);
    }
  } catch (error) {
    if (!isStudioError(error) || !error.code.startsWith('QS-NUM')) throw error;
    failure = error.message;
  } finally {
    await training.return([]);
  }
  const milliseconds = (performance.now() - begin) / linears.length;
  for (const [i, linear] of linears.entries()) {
    const layer = { weight: weights.get(linear.name) as Tensor, statistics: null };
    const attempt = quantized
      ? { quantized: quantized[i], status: 'done' as const, retries: 0, note: quantized[i].note }
      : await roundedInstead(row, layer, linear.name, failure ?? '', 1);
    const index = run.linears.indexOf(linear);
    const damage = notes.get(linear.name) ?? null;
    await host.store.saveLayer(
      row.row,
      index,
      unmeasured(row, { index, name: linear.name, damage }, attempt, milliseconds),
    );
    attempt.quantized.q.release();
    yield { type: 'layer-stored', row: row.row, layer: index };
  }
  await host.store.saveTraining(row.row, b, null);
}

/** A minibatch: some windows of a chunk. */
interface Batch {
  readonly chunk: number;
  readonly first: number;
  readonly windows: number;
}

function problemOf(
  { run, host, states, chunks, block }: BlockInTraining,
  row: RunRow,
  linears: readonly Linear[],
  weights: ReadonlyMap<string, Tensor>,
): TrainingProblem {
  const each = typeof row.options.batch === 'number' ? row.options.batch : DEFAULT_BATCH;
  const batches = chunks.flatMap(({ heldOut, geometry }, chunk): Batch[] => {
    if (heldOut) return [];
    return Array.from({ length: Math.ceil(geometry.windows / each) }, (_, i) => {
      return { chunk, first: i * each, windows: Math.min(each, geometry.windows - i * each) };
    });
  });
  return {
    gpu: host.gpu,
    layers: linears.map(({ name }) => ({ name, weight: weights.get(name) as Tensor, statistics: null })),
    batches: batches.length,
    lossName: 'block output',
    universalCodebook: run.universal.get(row.row),
    loss(tape: Tape, batch: number, quantized: readonly Variable[]): Variable {
      const { chunk, first, windows } = batches[batch];
      const { length } = chunks[chunk].geometry;
      const rowsOf = (x: Tensor, height: number) => tape.keep(sliceRows(x, first * height, windows * height));
      const hidden = states.peekResidual(row.row + 1, chunk, (x) => rowsOf(x, length));
      const target = states.peekTarget(chunk, (x) => rowsOf(x, length));
      const steer = states.withContext(tape, chunk, (all) => all && tape.constant(rowsOf(all.value, 1)));
      const output = runStaged(tape, block, tape.constant(hidden), steer, { windows, length }, ({ name }) => {
        return quantized[linears.findIndex((linear) => linear.name === name)];
      });
      return meanSquare(tape, output, target);
    },
  };
}
