/**
 * The driver: a prepared run in, a stream of typed events out, a result at the end.
 *
 * All rows advance together, stage by stage, beside one full-precision stream: for each stage of each block it collects every row's
 * input statistics, quantizes the stage's layers, then sends all chunks through the quantized layers, measuring on the way. So the
 * lines of a comparison grow together and the full-precision stream is paid for once. Sub-layer order and the taking of H from the
 * already quantized stream follow the GPTAQ and ResComp releases.
 *
 * Before the march comes the prologue (prologue.ts), which says what each layer gets where a row does not give all of them the same.
 *
 * A layer is stored as soon as it is quantized, and told when its stage has been measured. Resuming replays the forward pass with the stored weights, which decode to the
 * same bits, so what follows is the same as without the interruption.
 */
import { filePrints, type FilePrint } from '../checkpoint/file-prints';
import type { Gpu, GpuDescription } from '../gpu/gpu';
import { Session } from './session';
import { Cancelled } from './control';
import { withFileBits } from './coverage';
import type {
  BlockResult,
  Continuations,
  LayerResult,
  RowSummary,
  RunEvent,
  RunResult,
  StageChannels,
  ViewSummary,
} from './events';
import { RESULT_VERSION } from './events';
import { trainNetworks } from './network-training';
import { pausePoint } from './pause';
import { prologue } from './prologue';
import type { ActivationRun, PreparedRun, RunHost } from './prepared-run';
import { ENGINE_VERSION } from './version';
import { weightOnlyLayers, weightOnlyRows } from './weight-only';

/** Runs to the end or to a cancel. Errors of the device, the files or storage are thrown; what was finished stays stored. */
export async function* runRecipe(run: PreparedRun, host: RunHost): AsyncGenerator<RunEvent, RunResult> {
  const begin = performance.now();
  const progress: Progress = {
    layers: [],
    blocks: [],
    rows: [],
    fullPrecision: null,
    views: [],
    channels: [],
    continuations: null,
  };
  let outcome: 'finished' | 'cancelled' = 'finished';
  yield { type: 'plan', plan: run.plan };
  // Now: at the end a file may have been moved, and that should cost nobody a finished run.
  const files = await filePrints(run.checkpoint.decisive);
  for (const sentence of run.damage) yield { type: 'notice', code: 'QS-NUM-02', sentence };
  try {
    const events = hasActivations(run) ? throughBlocks(run, host, progress) : throughWeights(run, host, progress);
    for await (const event of events) {
      if (event.type === 'layer-done') progress.layers.push(event.result);
      if (event.type === 'block-done') progress.blocks.push(...event.results);
      if (event.type === 'channels') progress.channels.push(event.channels);
      yield event;
    }
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    outcome = 'cancelled';
  }
  const result = resultOf(run, files, host.gpu, progress, performance.now() - begin);
  yield { type: 'end', outcome, result };
  return result;
}

/** What a run has come to so far. */
interface Progress {
  readonly layers: LayerResult[];
  readonly blocks: BlockResult[];
  rows: RowSummary[];
  fullPrecision: RunResult['fullPrecision'];
  views: readonly ViewSummary[];
  continuations: Continuations | null;
  readonly channels: StageChannels[];
}

async function* throughBlocks(prepared: ActivationRun, host: RunHost, progress: Progress): AsyncGenerator<RunEvent> {
  const { run, allocations } = yield* prologue(prepared, host);
  yield* trainNetworks(run, host);
  const session = await Session.open(run, host);
  let warned = false;
  try {
    for (const planned of run.subject.network.blocks) {
      yield* session.enter(planned.index);
      yield* session.train();
      for (let stage = 0; stage < planned.stages.length; stage++) {
        yield* session.stage(planned.index, stage);
        yield* pausePoint(host.control);
      }
      yield* session.mend();
      const { results, damaged } = await session.leave();
      yield { type: 'block-done', results };
      if (damaged > 0 && !warned) {
        warned = true;
        const sentence = `The full-precision model itself gives ${damaged} values that are not finite after block ${planned.index}: its file is probably damaged, and figures from here on mean nothing.`;
        yield { type: 'notice', code: 'QS-NUM-02', sentence };
      }
    }
    const { heldOut } = run.subject;
    yield { type: 'stage', stage: 'evaluate', block: run.subject.network.blocks.length - 1, detail: heldOut.label };
    const { rows, fullPrecision, views, continuations } = await session.evaluate(progress.layers);
    progress.rows = rows.map((row) => {
      const allocation = allocations.get(row.row);
      return allocation ? { ...row, allocation } : row;
    });
    progress.fullPrecision = fullPrecision;
    progress.views = views;
    progress.continuations = continuations ?? null;
  } finally {
    session.release();
  }
}

async function* throughWeights(run: PreparedRun, host: RunHost, progress: Progress): AsyncGenerator<RunEvent> {
  for await (const event of weightOnlyLayers(run, host)) {
    yield event;
    if (event.type === 'layer-done') yield* pausePoint(host.control);
  }
  progress.rows = weightOnlyRows(run, progress.layers);
}

function resultOf(
  run: PreparedRun,
  files: readonly FilePrint[],
  { description }: Gpu,
  progress: Progress,
  milliseconds: number,
): RunResult {
  const { tensors } = run.checkpoint;
  const weights = () =>
    [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  return {
    version: RESULT_VERSION,
    model: {
      name: run.checkpoint.name,
      architecture: run.subject?.network.architecture ?? 'unknown',
      parameters: run.subject?.network.parameters ?? weights(),
      fingerprint: run.fingerprint.model,
      files,
      ...(run.subject?.classNames ? { classNames: run.subject.classNames } : {}),
    },
    recipe: run.recipe,
    plan: run.plan,
    layers: progress.layers,
    blocks: progress.blocks,
    rows: withFileBits(progress.rows, run.plan),
    fullPrecision: progress.fullPrecision,
    ...(progress.views.length > 0 ? { views: progress.views } : {}),
    ...(progress.continuations ? { continuations: progress.continuations } : {}),
    ...(progress.channels.length > 0 ? { channels: progress.channels } : {}),
    milliseconds,
    adapter: adapterName(description),
    codeVersion: ENGINE_VERSION,
    date: new Date().toISOString(),
  };
}

/** An adapter in one line, as results name it. */
export function adapterName({ vendor, architecture, description }: GpuDescription): string {
  return [vendor, architecture, description].filter(Boolean).join(' · ') || 'an unnamed adapter';
}

function hasActivations(run: PreparedRun): run is ActivationRun {
  return run.subject !== null;
}
