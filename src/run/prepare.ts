/**
 * Everything about a run that is known before work begins: the model, its tokens, the rows, the plan and the fingerprint.
 */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { notFiniteTensors, type NotFinite } from '../checkpoint/finite';
import { fingerprintOf } from '../checkpoint/fingerprint';
import type { Gpu } from '../gpu/gpu';
import { readsText, type AnyNetwork, type Linear } from '../model/architecture';
import { linearsIn, linearsOf, networkOrLimitation } from '../model/linears';
import { assumedRates, type Rates } from '../tensor/rate';
import { tokenSets, type Generate } from './calibration';
import { continuationNote, promptIds } from './continuations';
import { coverageOf, covered } from './coverage';
import type { Plan } from './events';
import { fingerprintRun } from './fingerprint';
import { finiteNotes, withZeros } from './finite-weights';
import { generateWindows } from './generated';
import { assertWindowsFit } from './chunk-tokens';
import { hessianNotes } from './hessian-limit';
import { imageSubject } from './image-subject';
import { assertHeld } from './held-weights';
import { WHOLE_TRAINING } from './network-on-tape';
import { planRun } from './plan';
import { assertAllottable } from './prologue';
import type { PreparedRun } from './prepared-run';
import type { Recipe } from '../recipe/recipe';
import { refusals } from './format-fit';
import { AS_IT_IS, assertRulesMatch, expandRows, trainsNetwork, type RunRow } from '../recipe/rows';
import type { Subject } from './subject';
import { TextSubject } from './text-subject';
import { universalCodebooks } from './universal';
import { storedBits } from './stored-layer';
import { assertStepsFit, assertWeightsOnly, blindNotes, viewsOf } from './views';
import { planWeightOnly } from './weight-only';
import { assertRowsFit, weightNotes } from './weight-limit';

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
  readonly subject?: (make: (watch?: PrepareWatch) => Promise<Subject>) => Promise<Subject>;
  /** Gives what another run found in the same files, or what `make` finds: without it every plan would read all weights again. */
  readonly finite?: (make: () => Promise<readonly NotFinite[]>) => Promise<readonly NotFinite[]>;
  /** Opens another network that the recipe names. */
  readonly network?: (name: string) => Promise<Checkpoint>;
}

/** Told after each step of what takes long before a run: sampling. Throws where nobody waits any more. */
export interface PrepareWatch {
  step(done: number, total: number): void;
}

/** Throws QS-FILE-02, -07, -08, -09, QS-GPU-03, QS-NUM-02 or QS-RECIPE-01 in one sentence. */
export async function prepareRun(
  checkpoint: Checkpoint,
  recipe: Recipe,
  options: PrepareOptions,
): Promise<PreparedRun> {
  const { network, limitation } = networkOrLimitation(checkpoint);
  const rows = withFileWidth(expandRows(recipe), checkpoint, network ? linearsIn(network) : linearsOf(checkpoint));
  const modelPrint = await fingerprintOf(checkpoint);
  const open = options.network ?? unknownNetwork;
  const { books: universal, notes: drawnNotes } = await universalCodebooks(
    checkpoint,
    rows,
    recipe.networks ?? [],
    open,
  );
  const notes = [...checkpoint.notes, ...drawnNotes];
  const drawn = [...universal.values()].map(({ codewords }) => new Uint8Array(codewords.buffer));
  const look = () => notFiniteTensors(checkpoint);
  const bad = await (options.finite ? options.finite(look) : look());
  if (!network) {
    const linears = linearsOf(checkpoint);
    const damage = finiteNotes(bad, checkpoint, null, linears);
    assertWeightsOnly(rows, limitation);
    if (recipe.continuation) throw withoutText(limitation);
    assertRulesMatch(rows, linears);
    assertRowsFit(linears, options.gpu);
    const planned = planWeightOnly(linears, rows, limitation, universal);
    const said = [...damage, ...notes, ...weightNotes(linears, rows, options.gpu)];
    const plan = completed(planned, said, checkpoint, { linears, rows });
    const fingerprint = await fingerprintRun(modelPrint, recipe, drawn);
    return { checkpoint, recipe, rows, plan, fingerprint, linears, views: [], subject: null, universal, damage };
  }
  assertStepsFit(network, rows);
  assertRulesMatch(rows, linearsIn(network));
  assertAllottable(rows, linearsIn(network));
  // Before the subject: it samples or generates with these weights.
  const damage = finiteNotes(bad, checkpoint, network, linearsIn(network));
  assertRowsFit(linearsIn(network), options.gpu);
  if (rows.some(trainsNetwork)) assertHeld(network, options.gpu, WHOLE_TRAINING);
  const sound = withZeros(checkpoint, bad);
  const make = (watch?: PrepareWatch) => subjectOf(sound, network, recipe, options, watch);
  const subject = await (options.subject ? options.subject(make) : make());
  // The subject's own, which may be older than this network.
  const linears = linearsIn(subject.network);
  const rates = typeof options.rate === 'number' ? assumedRates(options.rate) : options.rate;
  const { buffers } = options.gpu;
  assertWindowsFit(subject, buffers.largest);
  const tooWide = [...hessianNotes(linears, rows, options.gpu), ...weightNotes(linears, rows, options.gpu)];
  const { continuation } = recipe;
  const prompt = continuation ? promptIds(checkpoint, network, continuation).ids.length : 0;
  const continued = continuation ? prompt + continuation.tokens : 0;
  const planned = planRun({ subject, rows, rates, universal, limits: buffers, continued });
  const asked = [...blindNotes(rows), ...(continuation ? [continuationNote(prompt, continuation, rows.length)] : [])];
  const plan = completed(planned, [...damage, ...notes, ...tooWide, ...asked], checkpoint, { linears, rows });
  const fingerprint = await fingerprintRun(modelPrint, recipe, [...subject.inputs, ...drawn]);
  const views = await viewsOf(checkpoint, sound, subject.network as AnyNetwork, rows);
  return { checkpoint, recipe, rows, plan, fingerprint, linears, views, subject, universal, damage };
}

function withoutText(limitation: string | null): StudioError {
  const why = limitation === null ? '' : ` (${limitation.replace(/\.$/, '')})`;
  return new StudioError(
    'QS-RECIPE-01',
    `This model’s blocks do not run here${why}: take the prompt out of the recipe.`,
  );
}

/** Rows that keep their weights count them as the source stores them. */
function withFileWidth(rows: readonly RunRow[], { tensors }: Checkpoint, linears: readonly Linear[]): RunRow[] {
  const widths = linears.map(({ weight }) => storedBits(tensors.get(weight)?.dtype));
  const bits = widths.length === 0 ? 32 : Math.max(...widths);
  return rows.map((row) => (row.method === AS_IT_IS.method ? { ...row, options: { bits } } : row));
}

/** A plan with more to be said of it: what the file held, what is covered of it, and what the rows can be exported in. */
function completed(
  plan: Plan,
  notes: readonly string[],
  checkpoint: Checkpoint,
  { linears, rows }: Pick<PreparedRun, 'linears' | 'rows'>,
): Plan {
  const planned = plan.rows.map((row, i) => {
    const refused = refusals(linears, rows[i]);
    return Object.keys(refused).length === 0 ? row : { ...row, refusals: refused };
  });
  return covered({ ...plan, rows: planned, notes: [...plan.notes, ...notes] }, coverageOf(checkpoint, linears));
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
  watch?: PrepareWatch,
): Promise<Subject> {
  if (!readsText(network)) return imageSubject(gpu, checkpoint, network, recipe, features, watch);
  const generate: Generate = (model, windows, length, seed) =>
    generateWindows(gpu, checkpoint, model, { windows, length, seed });
  return new TextSubject(network, await tokenSets(recipe, checkpoint, network, generate));
}
