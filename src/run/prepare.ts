/**
 * Everything about a run that is known before work begins: the model, its tokens, the rows, the plan and the fingerprint.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { notFiniteTensors, type NotFinite } from '../checkpoint/finite';
import { fingerprintOf } from '../checkpoint/fingerprint';
import type { Gpu } from '../gpu/gpu';
import { readsText, type AnyNetwork, type Linear, type Network } from '../model/architecture';
import { tokenSets, type Generate } from './calibration';
import { networkOrLimitation } from './describe';
import type { Plan } from './events';
import { fingerprintRun } from './fingerprint';
import { finiteNotes, withZeros } from './finite-weights';
import { generateWindows } from './generated';
import { imageSubject } from './image-subject';
import { planRun } from './plan';
import type { PreparedRun } from './prepared-run';
import type { Recipe } from './recipe';
import { refusals } from './format-fit';
import { expandRows, type RunRow } from './rows';
import type { Subject } from './subject';
import { TextSubject } from './text-subject';
import { universalCodebooks } from './universal';
import { matricesOf, planWeightOnly } from './weight-only';

export interface PrepareOptions {
  readonly gpu: Gpu;
  /** FLOP per second of this adapter (src/tensor/rate.ts). */
  readonly rate: number;
  /** Opens a classifier of images whose features the images of a diffusion network are compared by; null where there is none. */
  readonly features?: () => Promise<Checkpoint | null>;
  /**
   * Gives what another run of the same model on the same data works on, or what `make` gives: without it every change of a row would
   * tokenize, or sample, again.
   */
  readonly subject?: (make: () => Promise<Subject>) => Promise<Subject>;
  /** Gives what another run found in the same files, or what `make` finds: without it every plan would read all weights again. */
  readonly finite?: (make: () => Promise<readonly NotFinite[]>) => Promise<readonly NotFinite[]>;
  /** Opens another network that the recipe names. */
  readonly network?: (name: string) => Promise<Checkpoint>;
}

/** Throws QS-FILE-02, -07, -08, -09, QS-GPU-03, QS-NUM-02 or QS-RECIPE-01 in one sentence. */
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
  const look = () => notFiniteTensors(checkpoint);
  const bad = await (options.finite ? options.finite(look) : look());
  if (!network) {
    const linears = matricesOf(checkpoint);
    const damage = finiteNotes(bad, checkpoint, null, linears);
    const plan = completed(planWeightOnly(linears, rows, limitation, universal), [...damage, ...notes], linears, rows);
    const fingerprint = await fingerprintRun(modelPrint, recipe, drawn);
    return { checkpoint, recipe, rows, plan, fingerprint, linears, subject: null, universal, damage };
  }
  // Before the subject: it samples or generates with these weights.
  const damage = finiteNotes(bad, checkpoint, network, linearsOf(network));
  assertHessiansFit(linearsOf(network), options.gpu.description.limits.maxStorageBufferBindingSize);
  const sound = withZeros(checkpoint, bad);
  const make = () => subjectOf(sound, network, recipe, options);
  const subject = await (options.subject ? options.subject(make) : make());
  // The subject's own, which may be older than this network: the driver knows linears by identity.
  const linears = linearsOf(subject.network);
  const plan = completed(
    planRun({ subject, rows, rate: options.rate, universal }),
    [...damage, ...notes],
    linears,
    rows,
  );
  const fingerprint = await fingerprintRun(modelPrint, recipe, [...subject.inputs, ...drawn]);
  return { checkpoint, recipe, rows, plan, fingerprint, linears, subject, universal, damage };
}

/** A plan with more to be said of it: what the file held, and what the rows can be exported in. */
function completed(plan: Plan, notes: readonly string[], linears: readonly Linear[], rows: readonly RunRow[]): Plan {
  const planned = plan.rows.map((row, i) => {
    const refused = refusals(linears, rows[i]);
    return Object.keys(refused).length === 0 ? row : { ...row, refusals: refused };
  });
  return { ...plan, rows: planned, notes: [...plan.notes, ...notes] };
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
