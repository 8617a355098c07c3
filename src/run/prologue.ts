/**
 * What is found out before the march: transforms that learn on the whole network (learn-views.ts), and the allocations of rows that give each layer its own options. A table of losses, by layer and
 * candidate, is stored layer by layer as it comes, so that a resumed run measures nothing again; rows that ask for the same table share it.
 * The choice follows from the table and the budget and is made anew each time.
 */
import { StudioError } from '../base/errors';
import { linearsIn } from '../model/linears';
import type { Linear } from '../model/architecture';
import { allocateStep, allotsOf, candidatesOf, pins, type Allotted } from '../recipe/allotted';
import { ruleFor } from '../recipe/layer-rules';
import { weightsStep, type RecipeStep } from '../recipe/row';
import { methodFor, plannedLedger, plannedLedgerOf, AS_IT_IS, type RunRow } from '../recipe/rows';
import { totalsOf } from '../step/allocate/allocate';
import type { AllocateId, Allots } from '../step/face';
import { STEP_FACES } from '../step/faces';
import { ALLOCATIONS } from '../step/table';
import type { AllottedLayer } from '../step/step';
import type { RowAllocation, RunEvent } from './events';
import { tableOf } from './findings';
import { learnedViews } from './learn-views';
import { pausePoint } from './pause';
import type { ActivationRun, PreparedRun, RunHost } from './prepared-run';
import { probeOf } from './probe';
import { fittedView } from './reference-walk';
import { keptSizeOf } from './stored-layer';
import type { RunView } from './views';

/** The run with its rows' allocations, and what is to be told of each, by row. */
export interface Allocated {
  readonly run: ActivationRun;
  readonly allocations: ReadonlyMap<number, RowAllocation>;
}

export async function* prologue(prepared: ActivationRun, host: RunHost): AsyncGenerator<RunEvent, Allocated> {
  const run = yield* learnedViews(prepared, host);
  const rows: RunRow[] = [];
  const allocations = new Map<number, RowAllocation>();
  const tables: string[] = [];
  const views = new Map<number, RunView>();
  for (const row of run.rows) {
    const step = allocateStep(row);
    const allots = allotsOf(row);
    if (!step || !allots) {
      rows.push(row);
      continue;
    }
    const kind = tableOf(row, step);
    if (!tables.includes(kind)) tables.push(kind);
    const table = yield* lossesOf({ run, host, row, step, allots, views }, tables.indexOf(kind));
    const { allocated, allocation } = allocate(run, row, step, allots, table);
    rows.push({ ...row, allocated });
    allocations.set(row.row, allocation);
    yield { type: 'allocated', row: row.row, allocation };
  }
  return { run: allocations.size === 0 ? run : { ...run, rows }, allocations };
}

/** Layers of a row that no rule gives their bits. */
export function allottedLayers({ steps }: Pick<RunRow, 'steps'>, linears: readonly Linear[]): Linear[] {
  const rules = weightsStep({ steps })?.layers;
  return linears.filter(({ name }) => !pins(ruleFor(rules, name)));
}

/** Throws QS-RECIPE-01 where rules leave nothing to allocate. */
export function assertAllottable(rows: readonly RunRow[], linears: readonly Linear[]): void {
  for (const row of rows) {
    const step = allocateStep(row);
    if (!step || allottedLayers(row, linears).length > 0) continue;
    const { title } = STEP_FACES[step.step];
    throw new StudioError(
      'QS-RECIPE-01',
      `${row.label}: rules give all ${linears.length} layers their bits, and ${title} has none left to choose for: leave one or the other out.`,
    );
  }
}

interface Measured {
  readonly run: ActivationRun;
  readonly host: RunHost;
  readonly row: RunRow;
  readonly step: RecipeStep;
  readonly allots: Allots;
  /** With all that is fitted of them, as far as they were needed. */
  readonly views: Map<number, RunView>;
}

/** Losses by layer and candidate, those that are not stored measured and stored. */
async function* lossesOf(
  { run, host, row, step, allots, views }: Measured,
  table: number,
): AsyncGenerator<RunEvent, ReadonlyMap<string, Float32Array>> {
  const layers = allottedLayers(row, run.linears);
  const known = new Map<string, Float32Array>();
  for (const linear of layers) {
    const state = await host.store.loadState(keyOf(table, linear));
    const losses = state?.arrays.losses;
    if (losses?.length === candidatesOf(allots).length) known.set(linear.name, losses);
  }
  const missing = layers.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return known;
  const view = views.get(row.view) ?? (yield* fittedView(run, host, run.views[row.view]));
  views.set(row.view, view);
  const blocks = new Map(
    run.subject.network.blocks.flatMap((block) =>
      linearsIn({ blocks: [block] }).map(({ name }) => [name, block.index]),
    ),
  );
  const tell = (linear: Linear): RunEvent => ({
    type: 'stage',
    stage: 'allocate',
    block: blocks.get(linear.name) ?? 0,
    detail: `${row.label} · ${linear.name}`,
  });
  yield tell(missing[0]);
  yield* pausePoint(host.control);
  const probe = probeOf({ run, host, row, allots, view, layers: missing });
  for await (const { linear, losses } of ALLOCATIONS[step.step as AllocateId].losses(probe, step.options)) {
    const state = Float32Array.from(losses);
    requireFinite(state, linear, allots, row);
    await host.store.saveState(keyOf(table, linear), { arrays: { losses: state }, numbers: {} });
    known.set(linear.name, state);
    yield tell(linear);
    yield* pausePoint(host.control);
  }
  return known;
}

function keyOf(table: number, { index }: Linear): string {
  return `allocation ${table}, layer ${index}`;
}

function requireFinite(losses: Float32Array, { name }: Linear, allots: Allots, { label }: RunRow): void {
  const bad = losses.findIndex((loss) => !(loss >= 0 && loss < Infinity));
  if (bad < 0) return;
  throw new StudioError(
    'QS-NUM-02',
    `${label}: what layer ${name} loses at ${wordsOf(candidatesOf(allots)[bad])} came out as ${losses[bad]}, and no choice can be made by it: choose another measure.`,
  );
}

/** What a layer takes with a candidate, and what one takes that a rule pins. */
function bitsOf(
  { checkpoint }: Pick<PreparedRun, 'checkpoint'>,
  row: RunRow,
  linear: Linear,
  candidate?: Allotted,
): number {
  const given = { ...row, allocated: new Map(candidate === undefined ? [] : [[linear.name, candidate]]) };
  if (methodFor(given, linear.name).method === AS_IT_IS.method) return keptSizeOf(checkpoint, linear).ledger.total;
  return plannedLedger(given, linear).total;
}

function allocate(
  run: ActivationRun,
  row: RunRow,
  step: RecipeStep,
  allots: Allots,
  losses: ReadonlyMap<string, Float32Array>,
): { readonly allocated: ReadonlyMap<string, Allotted>; readonly allocation: RowAllocation } {
  const candidates = candidatesOf(allots);
  const stages = run.subject.network.blocks.flatMap(({ index, stages: all }) =>
    all.flatMap(({ linears }, stage) => linears.map(({ name }) => [name, `${index}/${stage}`] as const)),
  );
  const stageOf = new Map(stages);
  const own = allottedLayers(row, run.linears);
  const layers = own.map((linear): AllottedLayer => {
    const errors = losses.get(linear.name) as Float32Array;
    return {
      linear,
      stage: stageOf.get(linear.name) ?? '',
      candidates: candidates.map((candidate, i) => ({ bits: bitsOf(run, row, linear, candidate), error: errors[i] })),
    };
  });
  const pinned = run.linears
    .filter((linear) => !own.includes(linear))
    .reduce((sum, linear) => sum + bitsOf(run, row, linear), 0);
  // Between two whole numbers of bits the sum may come out a rounding below itself.
  const budget = Math.floor(plannedLedgerOf(row, own).total + 1e-3);
  const chosen = ALLOCATIONS[step.step as AllocateId].choose(layers, budget, step.options);
  const totals = totalsOf(layers, chosen.picks);
  return {
    allocated: new Map(own.map(({ name }, i) => [name, candidates[chosen.picks[i]]])),
    allocation: {
      measure: String(step.options.measure),
      candidates: candidates.map(wordsOf),
      budget: budget + pinned,
      bits: totals.bits + pinned,
      error: totals.error,
      exact: chosen.exact,
      layers: layers.map(({ linear, candidates: of }, i) => ({
        layer: linear.index,
        pick: chosen.picks[i],
        bits: of.map(({ bits }) => bits),
        errors: of.map(({ error }) => error),
      })),
      front: chosen.front.map(([bits, error]) => [bits + pinned, error]),
    },
  };
}

/** '3-bit', 'kept'. */
function wordsOf(candidate: Allotted): string {
  return candidate === 'keep' ? 'kept' : `${String(candidate.bits)}-bit`;
}
