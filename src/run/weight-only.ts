/**
 * Runs on checkpoints whose architecture the studio cannot run: there are no activations, so only methods that need no data work,
 * and the weight error is the only figure. What counts as a linear layer is the rule of src/model/linears.ts.
 */
import { StudioError } from '../base/errors';
import { errorsOf, probeLayer, unavailableNote, type LayerProbe } from '../measure/layer-errors';
import { joinNotes } from '../method/codebook-notes';
import { faceOf } from '../method/catalogue';
import { uploadLinear, type Linear } from '../model/architecture';
import { blockIn } from '../model/linears';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import type { LayerResult, Plan, PlannedLayer, RowSummary, RunEvent } from './events';
import { NonFiniteWeights } from './finite-weights';
import { exportNote } from './format-fit';
import { layerSummary, plannedRows } from './plan';
import type { PreparedRun, RunHost } from './prepared-run';
import { quantizeLayer, roundedInstead } from './quantize-layer';
import type { RunRow } from '../recipe/rows';
import type { UniversalCodebooks } from './universal';
import { sizeOf } from './stored-layer';
import { mayExceed } from './weight-limit';

/** Throws QS-FILE-02 when a row needs layer inputs, or when there is no matrix at all. */
export function planWeightOnly(
  linears: readonly Linear[],
  rows: readonly RunRow[],
  limitation: string,
  universal: UniversalCodebooks,
): Plan {
  const needy = rows.find((row) => faceOf(row.method).needs.hessian);
  if (needy) {
    throw new StudioError('QS-FILE-02', `${faceOf(needy.method).title} needs layer inputs. ${limitation}`);
  }
  if (linears.length === 0) {
    throw new StudioError('QS-FILE-02', 'There is no weight matrix in this checkpoint: nothing can be quantized.');
  }
  const layers = linears.map((linear, index): PlannedLayer => {
    return { index, name: linear.name, block: blockIn(linear.name), rows: linear.rows, cols: linear.cols };
  });
  const weights = linears.reduce((sum, { rows: r, cols }) => sum + r * cols, 0);
  const largest = Math.max(...linears.map(({ rows: r, cols }) => r * cols));
  return {
    layers,
    rows: plannedRows(rows, layers, universal),
    blocks: new Set(layers.map(({ block }) => block)).size,
    calibrationTokens: 0,
    heldOutTokens: 0,
    calibrationLabel: 'no text',
    heldOutLabel: 'no text',
    gpuBytes: 6 * 4 * largest,
    flop: weights * rows.length * 10,
    // Reading and uploading the weights is what takes the time here: 50 to 500 million weights a second.
    seconds: [(weights * rows.length) / 5e8, (weights * rows.length) / 5e7],
    notes: [limitation],
  };
}

/** All layers of a weight-only run, one after another. */
export async function* weightOnlyLayers(run: PreparedRun, { gpu, store, control }: RunHost): AsyncGenerator<RunEvent> {
  for (const [index, linear] of run.linears.entries()) {
    control.check();
    const nonFinite = new NonFiniteWeights(linear.weight);
    const weight = await uploadLinear(gpu, run.checkpoint, linear, { inspect: nonFinite.zero });
    const damage = nonFinite.note;
    for (const row of run.rows) {
      const stored = await store.loadLayer(row.row, index);
      if (stored) {
        yield { type: 'restored', layers: [stored.result] };
        yield { type: 'layer-done', result: stored.result };
        continue;
      }
      yield { type: 'layer-started', row: row.row, layer: index };
      const begin = performance.now();
      const scalars = new Scalars(gpu);
      let probe: LayerProbe | null = null;
      const beside = (q: Tensor) => {
        scalars.release();
        probe = probeLayer(scalars, weight, q, null);
        return scalars;
      };
      const universalCodebook = run.universal.get(row.row);
      const layer = { weight, statistics: null, universalCodebook };
      const { quantized, status, note } = mayExceed(linear, row, gpu.buffers.largest)
        ? ((await gpu.attempt(() => quantizeLayer(row, layer, linear.name))) ??
          (await roundedInstead(row, layer, linear.name, 'GPU memory did not reach for it.', 1)))
        : await quantizeLayer(row, { ...layer, beside }, linear.name);
      const milliseconds = performance.now() - begin;
      probe ??= probeLayer(scalars, weight, quantized.q, null);
      const errors = errorsOf(probe, await scalars.read());
      quantized.q.release();
      const result: LayerResult = {
        row: row.row,
        layer: index,
        name: linear.name,
        errors,
        ...sizeOf(quantized.tensor),
        milliseconds,
        status,
        note: joinNotes(
          damage,
          note,
          exportNote(quantized.tensor, linear, faceOf(row.method).family),
          unavailableNote(errors, probe),
        ),
        damping: null,
      };
      await store.saveLayer(row.row, index, { result, tensor: quantized.tensor });
      yield { type: 'layer-done', result };
    }
    weight.release();
  }
}

/** Summaries without end-to-end figures. */
export function weightOnlyRows(run: PreparedRun, layers: readonly LayerResult[]): RowSummary[] {
  return run.rows.map((row) => {
    const own = layers.filter((layer) => layer.row === row.row);
    return {
      row: row.row,
      ...layerSummary(own),
      perplexity: null,
      perplexityInterval: null,
      kl: null,
      tokens: 0,
      milliseconds: own.reduce((sum, layer) => sum + layer.milliseconds, 0),
    };
  });
}
