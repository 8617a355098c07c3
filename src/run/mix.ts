/**
 * Mixes of finished rows: each layer as one of several rows has stored it, none quantized anew. The measure and the choice are exllamav3's:
 * around the row that takes the fewest bits, each layer of each other row is put in by itself, and what that saves of the divergence from
 * full precision counts against its bits; upgrades are taken greedily, jumps over rows included.
 *
 * A mix is a row like any other: `mixedRun` gives it to the driver, which replays the stored layers through the mix's own stream and measures
 * there. Weights are mixed, so rows must agree in all other steps.
 */
import { StudioError } from '../base/errors';
import { decodeOnGpu } from '../method/finish';
import { linearsIn } from '../model/linears';
import type { Linear } from '../model/architecture';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import type { RunRow } from '../recipe/rows';
import { allocate, totalsOf } from '../step/allocate/allocate';
import { STEP_FACES } from '../step/faces';
import type { AllottedLayer } from '../step/step';
import type { Weight } from '../tensor/weight';
import type { RowAllocation, RunEvent } from './events';
import { pausePoint } from './pause';
import type { ActivationRun, RunHost } from './prepared-run';
import { fittedView } from './reference-walk';
import type { RunStore, StoredLayer } from './run-store';
import { swapped } from './swapped';

export interface MixWanted {
  /** Numbers of finished rows of the run, two at least. */
  readonly rows: readonly number[];
  /** Bits of all layers together, scales and all. */
  readonly budget: number;
  /** Calibration windows that are measured on, at most. */
  readonly windows: number;
}

export interface Mix {
  readonly rows: readonly RunRow[];
  /** Its place in `rows`, by the layer's number. */
  readonly picks: ReadonlyMap<number, number>;
  /** The one around which was measured: its steps are the mix's, but for weights. */
  readonly base: RunRow;
  readonly allocation: RowAllocation;
}

/** Steps whose results are in a layer's stored form, and so may differ between rows. */
const IN_WEIGHTS: ReadonlySet<string> = new Set(['weights', 'weigh', 'allocate', 'split']);

/** Throws QS-RECIPE-01 where rows differ in more than their weights, or in what a stored form does not say. */
export function assertMixable(rows: readonly RunRow[]): void {
  const [first, ...others] = rows;
  if (others.length === 0) {
    throw new StudioError(
      'QS-RECIPE-01',
      `A mix is of two rows or more, and ${rows.length} is given: name another one.`,
    );
  }
  const corrects = rows.find(({ steps }) => steps.some(({ step }) => STEP_FACES[step].slot === 'correct'));
  if (corrects) {
    throw new StudioError(
      'QS-RECIPE-01',
      `${corrects.label} mends layers behind their codes by what stood before them, which in a mix is something else: leave the row out.`,
    );
  }
  const rest = ({ steps, view }: RunRow) =>
    JSON.stringify([view, steps.filter(({ step }) => !IN_WEIGHTS.has(STEP_FACES[step].slot))]);
  const other = others.find((row) => rest(row) !== rest(first));
  if (!other) return;
  throw new StudioError(
    'QS-RECIPE-01',
    `${first.label} and ${other.label} differ in more than their weights, and layers of one would not fit the other: mix rows of the same transforms, activations and attention.`,
  );
}

/** Measures and chooses. Throws QS-RUN-01 where a layer is not finished, QS-RECIPE-01 where the budget is too small. */
export async function* measuredMix(
  run: ActivationRun,
  host: RunHost,
  wanted: MixWanted,
): AsyncGenerator<RunEvent, Mix> {
  const rows = wanted.rows.map((row) => run.rows[row]);
  assertMixable(rows);
  const stored = await storedLayers(run, host.store, rows);
  const bitsOf = (linear: Linear) => stored(linear).map(({ result }) => result.ledger?.total ?? NaN);
  assertBudget(run.linears, bitsOf, wanted.budget);
  const totals = rows.map((_, place) => run.linears.reduce((sum, linear) => sum + bitsOf(linear)[place], 0));
  const base = totals.indexOf(Math.min(...totals));
  const view = yield* fittedView(run, host, run.views[rows[base].view]);
  const stages = new Map(
    run.subject.network.blocks.flatMap(({ index, stages: all }) =>
      all.flatMap(({ linears }, stage) => linears.map(({ name }) => [name, `${index}/${stage}`] as const)),
    ),
  );
  const decoded = (linear: Linear, place: number): Weight | null => {
    const { tensor } = stored(linear)[place];
    return tensor && decodeOnGpu(host.gpu, tensor);
  };
  const choices = {
    of: (linear: Linear) => Promise.resolve(rows.map((_, place) => decoded(linear, place))),
    other: (linear: Linear) => Promise.resolve(decoded(linear, base)),
  };
  const layers: AllottedLayer[] = [];
  const linears = linearsIn(view.current.network);
  for await (const { linear, divergence } of swapped({ run, host, view, layers: linears }, wanted.windows, choices)) {
    const least = Math.min(...divergence);
    const bits = bitsOf(linear);
    const candidates = divergence.map((value, place) => ({ bits: bits[place], error: value - least }));
    layers.push({ linear, stage: stages.get(linear.name) ?? '', candidates });
    yield { type: 'stage', stage: 'allocate', block: 0, detail: `mix · ${linear.name}` };
    yield* pausePoint(host.control);
  }
  const { picks, front, exact } = allocate.choose(layers, wanted.budget, { solver: 'greedy', tie: false });
  const { bits, error } = totalsOf(layers, picks);
  return {
    rows,
    picks: new Map(layers.map(({ linear }, i) => [linear.index, picks[i]])),
    base: rows[base],
    allocation: {
      ...{ measure: 'upgrade', candidates: rows.map(({ label }) => label), budget: wanted.budget, bits, error, exact },
      layers: layers.map(({ linear, candidates }, i) => ({
        ...{ layer: linear.index, pick: picks[i] },
        bits: candidates.map((one) => one.bits),
        errors: candidates.map((one) => one.error),
      })),
      front,
    },
  };
}

/** The recipe of a mix: one row, of the base's steps, under a name that says what it is. */
export function mixedRecipe(recipe: Recipe, { rows, base }: Mix): Recipe {
  const name = `Mix of ${rows.map(({ label }) => label).join(', ')}`.slice(0, 300);
  return parseRecipe({ ...recipe, rows: [{ name, steps: base.steps }] });
}

/** What the mix's run keeps, and of its row the layers that were chosen, to be measured in its own stream. */
export function mixedStore(kept: RunStore, finished: Pick<RunStore, 'loadLayer'>, row: number, mix: Mix): RunStore {
  const own = async (layer: number): Promise<StoredLayer | null> => {
    const from = mix.rows[mix.picks.get(layer) ?? 0];
    const stored = await finished.loadLayer(from.row, layer);
    return stored && { ...stored, result: { ...stored.result, row }, measured: false };
  };
  return {
    saveLayer: (of, layer, stored) => kept.saveLayer(of, layer, stored),
    loadLayer: async (of, layer) => (await kept.loadLayer(of, layer)) ?? (of === row ? own(layer) : null),
    saveTraining: (of, block, state) => kept.saveTraining(of, block, state),
    loadTraining: (of, block) => kept.loadTraining(of, block),
    saveState: (key, state) => kept.saveState(key, state),
    loadState: (key) => kept.loadState(key),
  };
}

/** Every layer as the rows have it, in their order. Throws QS-RUN-01. */
async function storedLayers(
  { linears }: ActivationRun,
  store: RunStore,
  rows: readonly RunRow[],
): Promise<(linear: Linear) => readonly StoredLayer[]> {
  const found = new Map<number, StoredLayer[]>();
  for (const { index, name } of linears) {
    const own: StoredLayer[] = [];
    for (const { row, label } of rows) {
      const stored = await store.loadLayer(row, index);
      if (!stored)
        throw new StudioError('QS-RUN-01', `Layer ${name} of ${label} is not finished: resume the run first.`);
      own.push(stored);
    }
    found.set(index, own);
  }
  return ({ index }) => found.get(index) ?? [];
}

function assertBudget(linears: readonly Linear[], bitsOf: (linear: Linear) => number[], budget: number): void {
  const least = linears.reduce((sum, linear) => sum + Math.min(...bitsOf(linear)), 0);
  if (budget >= least) return;
  const weights = linears.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const words = (bits: number) => `${(bits / weights).toFixed(3)} bits a weight`;
  throw new StudioError(
    'QS-RECIPE-01',
    `A mix of ${words(budget)} is asked for, and these rows take ${words(least)} at least: give more, or mix a smaller row in.`,
  );
}
