/**
 * A stage's layers for one row: what is stored is taken, what is not is quantized by the row's steps and stored at once, and probes are started
 * for their errors.
 */
import type { Gpu } from '../gpu/gpu';
import { probeLayer, weighedByInputs, type LayerProbe } from '../measure/layer-errors';
import { faceOf } from '../method/catalogue';
import { joinNotes } from '../method/codebook-notes';
import { wantsHessian } from '../method/families';
import { decodeOnGpu } from '../method/finish';
import type { Linear } from '../model/architecture';
import { AS_IT_IS, methodFor, type RunRow } from '../recipe/rows';
import type { BranchStatistics } from '../step/step';
import type { Announce } from '../tensor/factor';
import type { Scalars } from '../tensor/reduce';
import type { Weight } from '../tensor/weight';
import { appliedLayer, hasBranches, type AppliedLayer } from './applied-layer';
import type { RunEvent } from './events';
import { inputMeans } from './input-means';
import { layerBySteps, stepsWantBranch, stepsWantHessian, withoutSteps, type SteppedLayer } from './layer-steps';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import { keptLayer, roundedInstead, unmeasured } from './quantize-layer';
import type { StoredLayer } from './run-store';
import {
  abandonBranch,
  findBranchStatistics,
  findStatistics,
  inputsOf,
  wantsDrift,
  type InputStreams,
} from './stage-statistics';
import { telling } from './telling';

/** What a stage's rows work on. */
export interface StageContext {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly inputs: InputStreams;
  /** Whether a row's inputs of the stage are kept as they were before its quantizer, for branches. */
  keepsTaps(row: RunRow): boolean;
}

/** One linear layer of the stage in work, as a view has it. */
export interface StageLayer {
  readonly linear: Linear;
  /** Index in Plan.layers. */
  readonly index: number;
  readonly weight: Weight;
  /** Set where the file held NaN or infinity. */
  readonly note: string | null;
}

/** A row's quantized weights for the stage in work, in the stage's order. */
export interface StageRow {
  readonly row: RunRow;
  readonly q: AppliedLayer[];
  readonly probes: LayerProbe[];
  /** As stored so far. */
  readonly layers: StoredLayer[];
}

/** Quantizes those of the stage's layers for one row that are not stored, into `own`. */
export async function* quantizeStageRow(
  { run, host, inputs, keepsTaps }: StageContext,
  block: number,
  own: StageRow,
  layers: readonly StageLayer[],
  stored: readonly (StoredLayer | null)[],
  scalars: Scalars,
): AsyncGenerator<RunEvent> {
  const { row } = own;
  const left = stored.filter((layer) => layer === null).length;
  let since = performance.now();
  yield { type: 'stage', stage: 'hessian', block, detail: row.label };
  const factors = faceOf(row.method).needs.hessian && left > 0 && 'damping' in row.options;
  const linears = layers.map(({ linear }) => linear);
  const wanted = { factors, drift: wantsDrift(row) };
  const found = await findStatistics(host, inputs, row, linears, wanted);
  let { statistics, lack } = found;
  let branch: BranchStatistics | null = null;
  try {
    if (statistics && left > 0 && keepsTaps(row) && stepsWantBranch(row)) {
      branch = await findBranchStatistics(host, inputs, row, linears[0], found.cautious);
    } else if (statistics && !keepsTaps(row)) branch = { inputs: statistics, rounding: null };
    if (factors && statistics) yield { type: 'stage', stage: 'factor', block, detail: row.label };
    for (const [i, layer] of layers.entries()) {
      host.control.check();
      const known = stored[i];
      if (known) {
        own.layers.push(known);
        own.q.push(appliedLayer(host.gpu, row, known, layer.weight));
      } else if (methodFor(row, layer.linear.name).method === AS_IT_IS.method) {
        yield { type: 'layer-started', row: row.row, layer: layer.index };
        const facts = { index: layer.index, linear: layer.linear, damage: layer.note };
        own.q.push({ main: layer.weight, branch: null, bias: null });
        own.layers.push(keptLayer(row, facts, run.checkpoint));
        await host.store.saveLayer(row.row, layer.index, own.layers[i]);
        yield { type: 'layer-stored', row: row.row, layer: layer.index };
      } else {
        yield { type: 'layer-started', row: row.row, layer: layer.index };
        yield { type: 'stage', stage: 'columns', block, detail: `${row.label} · ${layer.linear.name}` };
        const universalCodebook = run.universal.get(row.row);
        const given = { weight: layer.weight, statistics: null, universalCodebook };
        const needed = wantsHessian(faceOf(row.method), row.options);
        const { name } = layer.linear;
        let attempt: SteppedLayer | null = null;
        if (!needed || statistics) {
          const usable = needed || stepsWantHessian(row) ? statistics : null;
          const seen = { branch, means: () => inputMeans(inputs, row, keepsTaps(row)) };
          const work = (announce: Announce) =>
            layerBySteps(row, { ...given, statistics: usable, announce }, layer.linear, seen);
          attempt = yield* telling(
            (announce) => (found.cautious ? host.gpu.attempt(() => work(announce)) : work(announce)),
            (what): RunEvent => ({
              type: 'stage',
              stage: 'factor',
              block,
              detail: `${row.label} · ${name}: ${what}`,
            }),
          );
        }
        if (!attempt) {
          if (!lack) {
            if (branch && branch.inputs !== statistics) abandonBranch(branch);
            branch = null;
            statistics?.abandon();
            statistics = null;
            lack = 'GPU memory did not reach for it.';
          }
          attempt = await roundedInstead(row, given, name, lack, 1);
          attempt = { ...attempt, note: joinNotes(attempt.note, withoutSteps(row)) };
        }
        const facts = { index: layer.index, linear: layer.linear, damage: layer.note };
        own.layers.push(unmeasured(row, facts, attempt, performance.now() - since));
        own.q.push(taken(host.gpu, row, attempt, own.layers[i]));
        await host.store.saveLayer(row.row, layer.index, own.layers[i]);
        yield { type: 'layer-stored', row: row.row, layer: layer.index };
      }
      const byInputs = weighedByInputs(run.plan.calibrationTokens, layer.linear.cols);
      const second = statistics && (byInputs ? inputsOf(inputs, row) : statistics.hessian);
      own.probes.push(probed(own, i, layer, scalars, second));
      if (!known) yield* pausePoint(host.control);
      since = performance.now();
    }
  } finally {
    if (branch && branch.inputs !== statistics) await branch.inputs.release();
    branch?.rounding?.release();
    await statistics?.release();
  }
}

/** A layer that has just been quantized, as the row applies it: its decoded weight is there already. */
function taken(gpu: Gpu, row: RunRow, { quantized }: SteppedLayer, stored: StoredLayer): AppliedLayer {
  if (!hasBranches(row) && !stored.vectors) return { main: quantized.q, branch: null, bias: null };
  quantized.q.release();
  return appliedLayer(gpu, row, stored, null);
}

/** The errors of a layer's weight, branch and all. */
function probed(
  { q, layers }: StageRow,
  i: number,
  { weight }: StageLayer,
  scalars: Scalars,
  second: Parameters<typeof probeLayer>[3],
): LayerProbe {
  const { main, branch } = q[i];
  if (!branch) return probeLayer(scalars, weight, main, second);
  const { tensor } = layers[i];
  if (!tensor) throw new Error('bug: a branch of a weight that is kept');
  const whole = decodeOnGpu(weight.gpu, tensor);
  const probe = probeLayer(scalars, weight, whole, second);
  whole.release();
  return probe;
}
