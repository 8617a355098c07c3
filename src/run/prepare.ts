/**
 * Everything about a run that is known before work begins: the model, its tokens, the rows, the plan and the fingerprint.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { fingerprintOf } from '../checkpoint/fingerprint';
import type { Gpu } from '../gpu/gpu';
import { readsText, type AnyNetwork, type Linear, type Network } from '../model/architecture';
import { assumedRates, type Rates } from '../tensor/rate';
import { tokenSets, type Generate } from './calibration';
import { networkOrLimitation } from './describe';
import type { Plan } from './events';
import { fingerprintRun } from './fingerprint';
import { generateWindows } from './generated';
import { assertWeightsFit, hessianNotes } from './hessian-limit';
import { imageSubject } from './image-subject';
import { planRun } from './plan';
import type { PreparedRun } from './prepared-run';
import type { Recipe } from './recipe';
import { expandRows } from './rows';
import type { Subject } from './subject';
import { TextSubject } from './text-subject';
import { universalCodebooks } from './universal';
import { matricesOf, planWeightOnly } from './weight-only';

export interface PrepareOptions {
  readonly gpu: Gpu;
  /** What this adapter does a second (src/tensor/rate.ts); of products alone, where nothing else is known. */
  readonly rate: number | Rates;
  /** Opens a classifier of images whose features the images of a diffusion network are compared by; null where there is none. */
  readonly features?: () => Promise<Checkpoint | null>;
  /**
   * Gives what another run of the same model on the same data works on, or what `make` gives: without it every change of a row would
   * tokenize, or sample, again.
   */
  readonly subject?: (make: () => Promise<Subject>) => Promise<Subject>;
  /** Opens another network that the recipe names. */
  readonly network?: (name: string) => Promise<Checkpoint>;
}

/** Throws QS-FILE-02, -07, -08, -09, QS-GPU-03 or QS-RECIPE-01 in one sentence. */
export async function prepareRun(
  checkpoint: Checkpoint,
  recipe: Recipe,
  options: PrepareOptions,
): Promise<PreparedRun> {
  const { network, limitation } = networkOrLimitation(checkpoint);
  const rows = expandRows(recipe);
  const modelPrint = await fingerprintOf(checkpoint);
  const open = options.network ?? unknownNetwork;
  const { books: universal, notes } = await universalCodebooks(checkpoint, rows, recipe.networks ?? [], open);
  const drawn = [...universal.values()].map(({ codewords }) => new Uint8Array(codewords.buffer));
  if (!network) {
    const linears = matricesOf(checkpoint);
    const plan = withNotes(planWeightOnly(linears, rows, limitation, universal), notes);
    const fingerprint = await fingerprintRun(modelPrint, recipe, drawn);
    return { checkpoint, recipe, rows, plan, fingerprint, linears, subject: null, universal };
  }
  assertWeightsFit(linearsOf(network), options.gpu);
  const make = () => subjectOf(checkpoint, network, recipe, options);
  const subject = await (options.subject ? options.subject(make) : make());
  // The subject's own, which may be older than this network: the driver knows linears by identity.
  const linears = linearsOf(subject.network);
  const rates = typeof options.rate === 'number' ? assumedRates(options.rate) : options.rate;
  const tooWide = hessianNotes(linears, rows, options.gpu);
  const plan = withNotes(planRun({ subject, rows, rates, universal }), [...notes, ...tooWide]);
  const fingerprint = await fingerprintRun(modelPrint, recipe, [...subject.inputs, ...drawn]);
  return { checkpoint, recipe, rows, plan, fingerprint, linears, subject, universal };
}

function withNotes(plan: Plan, notes: readonly string[]): Plan {
  return { ...plan, notes: [...plan.notes, ...notes] };
}

function unknownNetwork(name: string): Promise<never> {
  return Promise.reject(
    new StudioError('QS-RECIPE-01', `The recipe names the network "${name}", which is not here: add it first.`),
  );
}

async function subjectOf(
  checkpoint: Checkpoint,
  network: AnyNetwork,
  recipe: Recipe,
  { gpu, features }: PrepareOptions,
): Promise<Subject> {
  if (!readsText(network)) return imageSubject(gpu, checkpoint, network, recipe, features);
  const generate: Generate = (model, windows, length, seed) =>
    generateWindows(gpu, checkpoint, model, { windows, length, seed });
  return new TextSubject(network, await tokenSets(recipe, checkpoint, network, generate));
}

function linearsOf({ blocks }: Network): Linear[] {
  return blocks.flatMap((block) => block.stages.flatMap((stage) => stage.linears));
}
