/**
 * The driver: a prepared run in, a stream of typed events out, a result at the end.
 *
 * All rows advance together, stage by stage, beside one full-precision stream: for each stage of each block it collects every row's
 * input statistics, quantizes the stage's layers, then sends all chunks through the quantized layers, measuring on the way. So the
 * lines of a comparison grow together and the full-precision stream is paid for once. Sub-layer order and the taking of H from the
 * already quantized stream follow algorithms.md 0.3 (6).
 *
 * A finished stage is stored before its events are told. Resuming replays the forward pass with the stored weights, which decode to the
 * same bits, so what follows is the same as without the interruption.
 */
import type { Gpu } from '../gpu/gpu';
import { Session } from './session';
import { Cancelled, type RunControl } from './control';
import type { BlockResult, LayerResult, RowSummary, RunEvent, RunResult } from './events';
import { RESULT_VERSION } from './events';
import type { PreparedRun } from './prepare';
import type { RunStore } from './run-store';
import { ENGINE_VERSION } from './version';

export interface RunHost {
  readonly gpu: Gpu;
  readonly store: RunStore;
  readonly control: RunControl;
  /** GPU bytes that activations may hold before they rest in host memory. */
  readonly activationBytes?: number;
}

/** Runs to the end or to a cancel. Errors of the device, the files or storage are thrown; what was finished stays stored. */
export async function* runRecipe(run: PreparedRun, host: RunHost): AsyncGenerator<RunEvent, RunResult> {
  const begin = performance.now();
  const layers: LayerResult[] = [];
  const blocks: BlockResult[] = [];
  let rows: RowSummary[] = [];
  let fullPrecision: RunResult['fullPrecision'] = null;
  let outcome: 'finished' | 'cancelled' = 'finished';
  yield { type: 'plan', plan: run.plan };

  const session = await Session.open(run, host);
  try {
    for (const planned of run.model.blocks) {
      const block = await session.enter(planned.index);
      for (let stage = 0; stage < planned.stages.length; stage++) {
        host.control.check();
        yield* told(session.stage(block, stage), layers);
        if (host.control.pausing) {
          yield { type: 'paused' };
          await host.control.untilContinued();
          host.control.check();
          yield { type: 'continued' };
        }
      }
      const results = await session.leave(block);
      blocks.push(...results);
      yield { type: 'block-done', results };
    }
    yield { type: 'stage', stage: 'evaluate', block: run.model.blocks.length - 1, detail: run.tokens.heldOut.label };
    ({ rows, fullPrecision } = await session.evaluate(layers));
  } catch (error) {
    if (!(error instanceof Cancelled)) throw error;
    outcome = 'cancelled';
  } finally {
    session.release();
  }

  const { description } = host.gpu;
  const result: RunResult = {
    version: RESULT_VERSION,
    model: {
      name: run.checkpoint.name,
      architecture: run.model.architecture,
      parameters: run.model.parameters,
      fingerprint: run.fingerprint.model,
    },
    recipe: run.recipe,
    plan: run.plan,
    layers,
    blocks,
    rows,
    fullPrecision,
    milliseconds: performance.now() - begin,
    adapter: [description.vendor, description.architecture, description.description].filter(Boolean).join(' · '),
    codeVersion: ENGINE_VERSION,
    date: new Date().toISOString(),
  };
  yield { type: 'end', outcome, result };
  return result;
}

/** Passes events on and keeps the layer results among them. */
async function* told(events: AsyncGenerator<RunEvent>, layers: LayerResult[]): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    if (event.type === 'layer-done') layers.push(event.result);
    yield event;
  }
}
