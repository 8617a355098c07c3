/**
 * Everything about a run that is known before work begins: the model, its tokens, the rows, the plan and the fingerprint.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { fingerprintOf } from '../checkpoint/fingerprint';
import { openModel, type Linear, type Model } from '../model/architecture';
import { tokenSets, type Generate, type TokenSets } from './calibration';
import type { Plan } from './events';
import { fingerprintRun, type Fingerprint } from './fingerprint';
import { planRun } from './plan';
import type { Recipe } from './recipe';
import { expandRows, type RunRow } from './rows';

export interface PreparedRun {
  readonly checkpoint: Checkpoint;
  readonly model: Model;
  readonly recipe: Recipe;
  readonly rows: readonly RunRow[];
  readonly tokens: TokenSets;
  readonly plan: Plan;
  readonly fingerprint: Fingerprint;
  /** All linear layers in calibration order; index = PlannedLayer.index. */
  readonly linears: readonly Linear[];
}

export interface PrepareOptions {
  /** The device's limits by name. */
  readonly limits: Readonly<Record<string, number>>;
  /** FLOP per second of this adapter (src/tensor/rate.ts). */
  readonly rate: number;
  readonly generate: Generate;
}

/** Throws QS-FILE-02, -07, -08, -09 or QS-RECIPE-01 in one sentence. */
export async function prepareRun(checkpoint: Checkpoint, recipe: Recipe, options: PrepareOptions): Promise<PreparedRun> {
  const model = openModel(checkpoint);
  const tokens = await tokenSets(recipe, checkpoint, model, options.generate);
  const rows = expandRows(recipe);
  const plan = planRun({ model, rows, tokens, rate: options.rate });
  const linears = model.blocks.flatMap((block) => block.stages.flatMap((stage) => stage.linears));
  const limit = options.limits.maxStorageBufferBindingSize;
  const widest = Math.max(...linears.map((linear) => linear.cols));
  if (widest * widest * 4 > limit) {
    const name = linears.find((linear) => linear.cols === widest)?.name ?? '';
    throw new StudioError(
      'QS-GPU-03',
      `Layer ${name} (${widest} inputs) needs a buffer of ${Math.ceil((widest * widest * 4) / 2 ** 20)} MiB for its Hessian; this GPU allows ${Math.floor(limit / 2 ** 20)} MiB.`,
      { bytes: widest * widest * 4, limit },
    );
  }
  const fingerprint = await fingerprintRun(await fingerprintOf(checkpoint), recipe, [
    tokens.calibration.ids,
    tokens.heldOut.ids,
  ]);
  return { checkpoint, model, recipe, rows, tokens, plan, fingerprint, linears };
}
