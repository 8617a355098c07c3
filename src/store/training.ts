/** Rows that train blocks, or the whole network, at once: which they are, what they have told, and how long they still take. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Plan, RunEvent } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import { expandRows, trains, trainingSteps, trainsNetwork, type RunRow } from '../recipe/rows';
import { growCurve, stepOf, WHOLE_NETWORK, type TrainingCurve } from '../run/training-curve';
import type { EngineApi } from '../worker/protocol';

/** How fast steps went in this session, by row; what was paused or restored says nothing about it. */
export interface Pace {
  readonly last: { readonly row: number; readonly block: number; readonly step: number; readonly at: number } | null;
  readonly rows: Readonly<Record<number, { readonly ms: number; readonly steps: number }>>;
}

export const NO_PACE: Pace = { last: null, rows: {} };

export type TrainingEvent = Extract<RunEvent, { type: 'training' }>;

/** The rows of a recipe that train layers together. None in a recipe of another version whose methods are not known here. */
export function trainedRows(recipe: Recipe): RunRow[] {
  if (recipe.rows.length === 0) return [];
  try {
    return expandRows(recipe).filter(trains);
  } catch {
    return [];
  }
}

/** The curves after a batch of events: each curve that is concerned is made anew once. */
export function grownBy(curves: readonly TrainingCurve[], events: readonly TrainingEvent[]): readonly TrainingCurve[] {
  if (events.length === 0) return curves;
  const told = new Map<string, TrainingEvent[]>();
  for (const event of events) {
    const key = `${event.row}/${event.block}`;
    const own = told.get(key);
    if (own) own.push(event);
    else told.set(key, [event]);
  }
  const next = [...curves];
  for (const own of told.values()) {
    const [{ row, block }] = own;
    const at = next.findIndex((curve) => curve.row === row && curve.block === block);
    const progresses = own.map(({ progress }) => progress);
    const grown = growCurve(at < 0 ? null : next[at], { row, block }, progresses);
    if (at < 0) next.push(grown);
    else next[at] = grown;
  }
  return next;
}

/** The pace after a progress told at a time. */
export function pacedBy(pace: Pace, { row, block, progress: { step } }: TrainingEvent, at: number): Pace {
  const { last, rows } = pace;
  const goesOn = last !== null && last.row === row && last.block === block && step > last.step;
  if (!goesOn) return { last: { row, block, step, at }, rows };
  const { ms, steps } = rows[row] ?? { ms: 0, steps: 0 };
  const own = { ms: ms + at - last.at, steps: steps + step - last.step };
  return { last: { row, block, step, at }, rows: { ...rows, [row]: own } };
}

export interface TrainingLeft {
  /** Spent on steps in this session. */
  readonly spentMs: number;
  /** What is left of them; null while no pace is known. */
  readonly leftMs: number | null;
}

interface TrainingWork {
  readonly recipe: Recipe;
  readonly plan: Plan | null;
  readonly training: readonly TrainingCurve[];
  readonly pace: Pace;
  /** Whether a layer of a row is quantized. */
  readonly quantized: (row: number, layer: number) => boolean;
}

export function trainingLeft({ recipe, plan, training, pace, quantized }: TrainingWork): TrainingLeft {
  const measured = Object.values(pace.rows);
  const spentMs = measured.reduce((sum, { ms }) => sum + ms, 0);
  const rows = trainedRows(recipe);
  if (!plan || rows.length === 0) return { spentMs, leftMs: 0 };
  const steps = measured.reduce((sum, row) => sum + row.steps, 0);
  const blocks = [...new Set(plan.layers.map(({ block }) => block))];
  let left = 0;
  for (const trained of rows) {
    const { row } = trained;
    const own = pace.rows[row];
    const perStep = own && own.steps > 0 ? own.ms / own.steps : spentMs / steps;
    const planned = trainingSteps(trained);
    for (const block of trainsNetwork(trained) ? [WHOLE_NETWORK] : blocks) {
      const layers = plan.layers.filter((layer) => block === WHOLE_NETWORK || layer.block === block);
      if (layers.every(({ index }) => quantized(row, index))) continue;
      const curve = training.find((one) => one.row === row && one.block === block);
      left += perStep * (curve ? curve.steps - stepOf(curve) : planned);
    }
  }
  // Without a pace there was a division by zero on the way, unless nothing is left.
  return { spentMs, leftMs: Number.isFinite(left) ? left : null };
}

export interface TrainingsState {
  /** Of stored runs, by id, once loaded. */
  readonly byRun: Readonly<Record<string, readonly TrainingCurve[]>>;
  /** Reads a stored run's curves, once. */
  load(runId: string): Promise<void>;
}

export type TrainingsStore = StoreApi<TrainingsState>;

export function createTrainings(engine: EngineApi): TrainingsStore {
  const asked = new Set<string>();
  return createStore<TrainingsState>()((set, get) => ({
    byRun: {},
    async load(runId) {
      if (asked.has(runId)) return;
      asked.add(runId);
      // Curves are beside a run's figures, which do not wait for them: without them the screen shows the rest.
      const curves = await engine.trainingCurves(runId).catch(() => []);
      set({ byRun: { ...get().byRun, [runId]: curves } });
    },
  }));
}

export const MEASURES = ['loss', 'settled', 'usage'] as const;

export type Measure = (typeof MEASURES)[number];
