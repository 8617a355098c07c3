/**
 * A row's method that trains, at work on layers that it takes all at once, a block's or the whole network's: as many windows a step as there is
 * room for, its events, its state stored every half minute and whenever the run is paused or cancelled, and its layers stored in the end
 * like any other's. Where training fails they are rounded, and say so.
 */
import { isStudioError, StudioError } from '../base/errors';
import { measureTape } from '../gradient/memory';
import { Parameter } from '../gradient/tape';
import { joinNotes } from '../method/codebook-notes';
import type { QuantizedLayer } from '../method/quantized-layer';
import { methodOf } from '../method/table';
import type { TrainingHost, TrainingMemory, TrainingProblem, TrainingProgress } from '../method/training';
import type { Linear } from '../model/architecture';
import { trainingBatch, type RunRow } from '../recipe/rows';
import { Tensor } from '../tensor/tensor';
import type { RunEvent } from './events';
import { pausePoint } from './pause';
import type { RunHost } from './prepared-run';
import { roundedInstead, unmeasured } from './quantize-layer';

/** Between two states kept. */
const KEEP_EVERY_MS = 30_000;
/** What methods keep for themselves while they train, in copies of the weights: candidates, ratios, optimizers' states, a copy to go back to. */
const KEPT_COPIES = 6;

export interface LayersInTraining {
  readonly host: RunHost;
  readonly row: RunRow;
  /** Of the block, under which states and events go; WHOLE_NETWORK. */
  readonly place: number;
  /** What is trained, in a sentence's words: its block's name. */
  readonly name: string;
  readonly linears: readonly Linear[];
  /** In full precision, and what is to be said of them, by name. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly notes: ReadonlyMap<string, string | null>;
  /** With so many windows a step; `sparing`: in the way that takes the least memory, to the same bits. */
  problem(windows: number, sparing: boolean): Promise<TrainingProblem>;
  /** Whether there is another way that takes less memory. */
  readonly spares: boolean;
  /** Keeps what was trained beside the layers, before they are stored. */
  finished?(): Promise<void>;
  /** Windows in the first step, of at most so many. */
  inStep(windows: number): number;
}

export async function* trainLayers(work: LayersInTraining): AsyncGenerator<RunEvent> {
  const { host, row, place, linears, weights, notes } = work;
  const { train } = methodOf(row.method);
  if (!train) throw new Error(`bug: ${row.method} does not train`);
  yield { type: 'stage', stage: 'train', block: Math.max(0, place), detail: row.label };
  for (const linear of linears) yield { type: 'layer-started', row: row.row, layer: linear.index };
  const begin = performance.now();
  const from = await host.store.loadTraining(row.row, place);
  // A training that goes on takes the windows it began with, so that it ends with the same bits.
  const { windows, tapeBytes, sparing } = await roomFor(work, from?.numbers.windows);
  const trainingHost: TrainingHost = {
    from,
    keep: (state) => host.store.saveTraining(row.row, place, { ...state, numbers: { ...state.numbers, windows } }),
    keepEvery: host.keepTrainingEvery ?? KEEP_EVERY_MS,
    keepNow: () => host.control.pausing || host.control.cancelled,
  };
  let untold: Pick<TrainingProgress, 'memory'> = { memory: { windows: work.inStep(windows), tapeBytes } };
  let quantized: QuantizedLayer[] | null = null;
  let failure: string | null = null;
  const training = train(await work.problem(windows, sparing), row.options, trainingHost);
  try {
    for (;;) {
      const step = await training.next();
      if (step.done) {
        quantized = step.value;
        break;
      }
      yield { type: 'training', row: row.row, block: place, progress: { ...step.value, ...untold } };
      untold = {};
      yield* pausePoint(host.control);
    }
  } catch (error) {
    if (!isStudioError(error) || !error.code.startsWith('QS-NUM')) throw error;
    failure = error.message;
  } finally {
    await training.return([]);
  }
  await work.finished?.();
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
  await host.store.saveTraining(row.row, place, null);
}

interface Room extends TrainingMemory {
  readonly sparing: boolean;
}

/**
 * Windows that a step has room for: as many as the row asks for, or half of them, a quarter … of them where GPU memory does not reach,
 * found by taking a step's way there and back once, beside as much memory as methods keep for themselves. Before windows are halved the way
 * that takes less memory is tried. Throws QS-GPU-05 where it does not reach for a single window.
 */
async function roomFor(work: LayersInTraining, known: number | undefined): Promise<Room> {
  const { host, row, name, spares } = work;
  const { gpu } = host;
  for (let windows = known ?? trainingBatch(row); windows >= 1; windows = Math.floor(windows / 2)) {
    for (const sparing of spares ? [false, true] : [false]) {
      const measure = await gpu.attempt(async () => {
        const problem = await work.problem(windows, sparing);
        const leaves = problem.layers.map(({ weight }) => new Parameter(weight));
        const kept = leaves.flatMap(({ value }) =>
          Array.from({ length: KEPT_COPIES }, () => Tensor.empty(gpu, value.rows, value.cols, 'room for training')),
        );
        await problem.trajectories?.begin();
        await problem.trajectories?.collect({ weights: null, round: 0, order: 'mixed' });
        const { bytes } = measureTape(gpu, windows, leaves, (tape) => problem.loss(tape, 0, leaves));
        for (const tensor of kept) tensor.release();
        return bytes;
      });
      if (measure !== null) return { windows, tapeBytes: measure, sparing };
    }
  }
  throw new StudioError(
    'QS-GPU-05',
    `Out of GPU memory: training ${name} does not fit with one window a step; use shorter windows, or the layer proxy.`,
  );
}

function smallerBatch(wanted: number, windows: number): string | null {
  if (windows === wanted) return null;
  return `GPU memory did not reach for ${wanted} windows a step: ${windows} ${windows === 1 ? 'was' : 'were'} taken.`;
}
