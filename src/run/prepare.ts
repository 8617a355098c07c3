/**
 * Everything about a run that is known before work begins: the model, its tokens, the rows, the plan and the fingerprint.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { fingerprintOf } from '../checkpoint/fingerprint';
import type { Linear } from '../model/architecture';
import { tokenSets, type Generate } from './calibration';
import { modelOrLimitation } from './describe';
import { fingerprintRun } from './fingerprint';
import { planRun } from './plan';
import type { PreparedRun } from './prepared-run';
import type { Recipe } from './recipe';
import { expandRows } from './rows';
import { matricesOf, planWeightOnly } from './weight-only';

export interface PrepareOptions {
  /** The device's limits by name. */
  readonly limits: Readonly<Record<string, number>>;
  /** FLOP per second of this adapter (src/tensor/rate.ts). */
  readonly rate: number;
  readonly generate: Generate;
}

/** Throws QS-FILE-02, -07, -08, -09, QS-GPU-03 or QS-RECIPE-01 in one sentence. */
export async function prepareRun(
  checkpoint: Checkpoint,
  recipe: Recipe,
  options: PrepareOptions,
): Promise<PreparedRun> {
  const { model, limitation } = modelOrLimitation(checkpoint);
  const rows = expandRows(recipe);
  const modelPrint = await fingerprintOf(checkpoint);
  if (!model) {
    const linears = matricesOf(checkpoint);
    const plan = planWeightOnly(linears, rows, limitation);
    const fingerprint = await fingerprintRun(modelPrint, recipe, []);
    return { checkpoint, recipe, rows, plan, fingerprint, linears, activations: null };
  }
  const linears = model.blocks.flatMap((block) => block.stages.flatMap((stage) => stage.linears));
  assertHessiansFit(linears, options.limits.maxStorageBufferBindingSize);
  const tokens = await tokenSets(recipe, checkpoint, model, options.generate);
  const plan = planRun({ model, rows, tokens, rate: options.rate });
  const fingerprint = await fingerprintRun(modelPrint, recipe, [tokens.calibration.ids, tokens.heldOut.ids]);
  return { checkpoint, recipe, rows, plan, fingerprint, linears, activations: { model, tokens } };
}

/** A Hessian is one buffer of cols² floats. */
function assertHessiansFit(linears: readonly Linear[], limit: number): void {
  const widest = linears.reduce((a, b) => (b.cols > a.cols ? b : a));
  const bytes = widest.cols ** 2 * 4;
  if (bytes <= limit) return;
  const mib = (size: number) => (size / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 0 });
  throw new StudioError(
    'QS-GPU-03',
    `Layer ${widest.name} (${widest.cols} inputs) needs a buffer of ${mib(bytes)} MiB for its Hessian, and this GPU allows ${mib(limit)} MiB: use another GPU or a narrower model.`,
    { bytes, limit },
  );
}
