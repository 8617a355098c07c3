/**
 * The views of a run: the checkpoint itself, and one for each distinct list of transforms among its rows. Every view has a full-precision
 * stream of its own, which its rows are measured against; how far that stream's end is from the checkpoint's is the rows' zero.
 *
 * Transforms that need nothing are applied here. Those that learn on the whole network do before the march (learn-views.ts); those that are
 * fitted block by block change the view as the blocks come (fit-view.ts).
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { faceOf } from '../method/catalogue';
import { FAMILIES, wantsHessian } from '../method/families';
import type { Options } from '../method/parameters';
import type { AnyNetwork } from '../model/architecture';
import type { PairKind } from '../model/view/pairs';
import { plainView, type NetworkView } from '../model/view/view';
import { AS_IT_IS, alongTrajectories, trains, transformsOf, type RunRow } from '../recipe/rows';
import { allocateStep } from '../recipe/allotted';
import { weightsStep, type RecipeStep } from '../recipe/row';
import { factsOf } from '../step/facts-of';
import { STEP_FACES } from '../step/faces';
import type { StepFace, TransformId } from '../step/face';
import type { NetworkFacts } from '../step/network-facts';
import { TRANSFORMS } from '../step/table';
import type { TransformStep } from '../step/step';
import { unlearnable } from './block-lesson';

export interface RunView {
  /** Its number, which is that of its full-precision stream. */
  readonly index: number;
  /** 'Rotate → Smooth'; empty of the checkpoint itself. */
  readonly label: string;
  /** One row of it, for transforms that ask how weights are quantized. */
  readonly row: RunRow | null;
  /** From the first that learns on the whole network on, up to those that are fitted block by block: before the march. */
  readonly learned: readonly { readonly step: RecipeStep; readonly work: TransformStep }[];
  /** Of those that are fitted block by block, in their order. */
  readonly fitted: readonly { readonly step: RecipeStep; readonly work: TransformStep }[];
  /** As far as it is known. */
  current: NetworkView;
}

/**
 * `sound`: the checkpoint with zeros in the place of what is not finite, which transforms would spread over whole tensors. Throws
 * QS-RECIPE-01 where a transform cannot be of this network.
 */
export async function viewsOf(
  checkpoint: Checkpoint,
  sound: Checkpoint,
  network: AnyNetwork,
  rows: readonly RunRow[],
): Promise<RunView[]> {
  const plain = plainView(network, sound);
  const views: RunView[] = [
    { index: 0, label: '', row: null, learned: [], fitted: [], current: plainView(network, checkpoint) },
  ];
  for (const row of rows) {
    if (row.view < views.length) continue;
    const steps = transformsOf(row).map((step) => ({ step, work: TRANSFORMS[step.step as TransformId] }));
    let current = plain;
    const [learned, fitted]: (typeof steps)[] = [[], []];
    for (const one of steps) {
      const { step, work } = one;
      if (!work.apply && !work.learn) {
        fitted.push(one);
        continue;
      }
      if (fitted.length > 0) {
        throw new StudioError(
          'QS-RECIPE-01',
          `${STEP_FACES[step.step].title} stands behind a transform that is fitted block by block: put it before.`,
        );
      }
      if (work.apply && learned.length === 0) current = await work.apply(current, step.options);
      else learned.push(one);
    }
    const label = steps.map(({ step }) => STEP_FACES[step.step].words(step.options).join(' ')).join(' → ');
    views.push({ index: views.length, label, row, learned, fitted, current });
  }
  return views;
}

/** Throws QS-RECIPE-01 where layers that are trained together are to have options of their own, or none. */
function assertAlike(row: RunRow): void {
  if (!trains(row)) return;
  const { title } = faceOf(row.method);
  const own = weightsStep(row)?.layers ? 'rules for layers' : allocateStep(row) ? 'allocated bits' : null;
  if (own === null) return;
  throw new StudioError(
    'QS-RECIPE-01',
    `${row.label}: ${title} trains layers together, all with the row’s options, and ${own} would count for nothing: leave them out, or choose a method that goes layer by layer.`,
  );
}

/** Why a step that changes layers beside the row's method has nothing to work on; null where it has. */
function idleSentence(row: RunRow, face: StepFace, options: Options): string | null {
  const { slot, title } = face;
  if (slot !== 'split' && slot !== 'correct') return null;
  if (row.method === AS_IT_IS.method) {
    return `${title} works on weights that are quantized, and this row keeps them: add a step that quantizes them, or leave ${title} out.`;
  }
  // What works on whole blocks finds a trained one's layers like any other's.
  if (!trains(row) || (slot === 'correct' && face.scope(options) === 'block')) return null;
  return `${title} works on one layer after another, and this row trains a block’s layers at once: choose a method that does not train, or its layer proxy.`;
}

/** Why a step finds nothing left of what the network has, behind another that stands between; null where it does. */
function partedSentence(facts: NetworkFacts, steps: readonly RecipeStep[], at: number): string | null {
  const { step, options } = steps[at];
  const face = STEP_FACES[step];
  let left = facts;
  for (const before of steps.slice(0, at)) {
    const parted = STEP_FACES[before.step].betweenPairs?.(before.options) ?? [];
    const rest = (kinds: readonly PairKind[]) => kinds.filter((kind) => !parted.includes(kind));
    left = { ...left, pairs: rest(left.pairs), shifts: rest(left.shifts) };
    if (face.refuses?.(left, options)) {
      const { title } = STEP_FACES[before.step];
      return `${face.title} stands behind ${title}, which acts while the network runs between all channels that ${face.title} would scale: put it before ${title}, or leave it out.`;
    }
  }
  return null;
}

/** Throws QS-RECIPE-01 with the sentence of the first step that the network, or the row, cannot have. */
export function assertStepsFit(network: AnyNetwork, rows: readonly RunRow[]): void {
  const facts = factsOf(network);
  assertOptionsAgree(rows);
  for (const row of rows) {
    assertAlike(row);
    for (const [i, { step, options }] of row.steps.entries()) {
      const face = STEP_FACES[step];
      const sentence =
        face.refuses?.(facts, options) ??
        partedSentence(facts, row.steps, i) ??
        idleSentence(row, face, options) ??
        (face.learns?.(options) === true ? unlearnable(row) : null);
      if (sentence !== null) throw new StudioError('QS-RECIPE-01', `${row.label}: ${sentence}`);
      if (STEP_FACES[step].slot === 'weigh' && !wantsHessian(faceOf(row.method), row.options)) {
        throw new StudioError(
          'QS-RECIPE-01',
          `${row.label}: ${STEP_FACES[step].title} weighs tokens in Hessians, and ${faceOf(row.method).title} asks for none: choose a method that does, like GPTQ.`,
        );
      }
      if (STEP_FACES[step].needsWeights === true && row.method === AS_IT_IS.method) {
        const { title } = STEP_FACES[step];
        throw new StudioError(
          'QS-RECIPE-01',
          `${row.label}: ${title} asks how the row quantizes weights, and the row keeps them: add a step of the slot weights.`,
        );
      }
    }
  }
}

/**
 * What the plan says of rows that train before what rounds their inputs is known: those whose ranges are found when a stage comes. Ranges
 * along trajectories are trained themselves.
 */
export function blindNotes(rows: readonly RunRow[]): string[] {
  return rows.flatMap((row) => {
    if (!trains(row) || !rangedLater(row) || alongTrajectories(row)) return [];
    return [
      `${row.label}: trains on inputs as they are, for ranges of inputs are found behind that, when each stage is come to.`,
    ];
  });
}

/** Whether what rounds a row's inputs is found out when a stage comes. */
export function rangedLater({ steps }: Pick<RunRow, 'steps'>): boolean {
  return steps.some(({ step, options }) => {
    const { slot, scope } = STEP_FACES[step];
    return slot === 'activations' && scope(options) === 'stage';
  });
}

/** Throws QS-RECIPE-01 where options of a method contradict each other, a row's own or those that a rule gives some layers. */
function assertOptionsAgree(rows: readonly RunRow[]): void {
  // Rows that the run adds have the options of these.
  for (const { label, method, options, steps } of rows.filter(({ from }) => from !== null)) {
    const { contradiction } = FAMILIES[faceOf(method).family];
    const given = [options, ...(weightsStep({ steps })?.layers ?? []).map((rule) => ({ ...options, ...rule.options }))];
    const sentence = given.map((one) => contradiction?.(one) ?? null).find((one) => one !== null);
    if (sentence !== undefined) throw new StudioError('QS-RECIPE-01', `${label}: ${sentence}`);
  }
}

/** Without a network there is nothing but weights: throws QS-RECIPE-01 where a row has a step of another slot. */
export function assertWeightsOnly(rows: readonly RunRow[], limitation: string): void {
  assertOptionsAgree(rows);
  for (const row of rows) {
    const other = row.steps.find(({ step }) => STEP_FACES[step].slot !== 'weights');
    if (!other) continue;
    const { title } = STEP_FACES[other.step];
    throw new StudioError('QS-RECIPE-01', `${row.label}: ${title} needs a network that runs. ${limitation}`);
  }
}
