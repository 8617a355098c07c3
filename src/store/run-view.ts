/**
 * A run as the screens see it, live or stored: the same figures in the same shape. Pure functions of plain data; the live side is
 * a reducer over RunEvents, which the run store feeds in batches.
 */
import type { BlockResult, LayerResult, RunEvent, RunResult, StageName } from '../run/events';
import type { Recipe } from '../recipe/recipe';
import { figuresOf, type RunFigures } from '../report/figures';
import type { TrainingCurve } from '../run/training-curve';
import type { Failure } from './failure';
import type { ShownEta } from './shown-eta';
import { grownBy, NO_PACE, pacedBy, type Pace, type TrainingEvent } from './training';

export { figuresOf };
export type { RunFigures };

export type RunPhase =
  /** Asked for; the sample is fetched, the GPU opens, the plan is made. */
  | 'starting'
  | 'running'
  /** Asked to pause; the layer at hand is finished first. */
  | 'pausing'
  | 'paused'
  | 'cancelling'
  | 'finished'
  | 'cancelled'
  | 'failed';

export interface LiveRun extends RunFigures {
  readonly id: string;
  readonly modelKey: string | null;
  readonly modelName: string;
  readonly recipe: Recipe;
  readonly phase: RunPhase;
  readonly current: { readonly row: number; readonly layer: number } | null;
  readonly stage: { readonly name: StageName; readonly block: number; readonly detail: string } | null;
  /** Layers that are quantized and not measured yet. */
  readonly stored: readonly StoredPlace[];
  /** How the trainings went so far, by row and block. */
  readonly training: readonly TrainingCurve[];
  readonly pace: Pace;
  /** How many layers a resumed run started with; they say nothing about its speed. */
  readonly restored: number;
  readonly notices: readonly { readonly code: string; readonly sentence: string }[];
  readonly failure: Failure | null;
  readonly result: RunResult | null;
  readonly clock: Clock;
  /** What is left, as it was last estimated. */
  readonly eta: (ShownEta & { readonly at: number }) | null;
}

/** A layer of a row. */
export interface StoredPlace {
  readonly row: number;
  readonly layer: number;
}

/** Milliseconds since the epoch, as the store's clock says. */
export interface Clock {
  readonly startedAt: number;
  /** When the first layer's work could begin: everything before is preparation. */
  readonly plannedAt: number | null;
  readonly pausedAt: number | null;
  readonly pausedMs: number;
  readonly endedAt: number | null;
}

export interface TimedEvent {
  readonly event: RunEvent;
  readonly at: number;
}

export function newRun(
  id: string,
  model: { readonly key: string | null; readonly name: string },
  recipe: Recipe,
  at: number,
): LiveRun {
  return {
    id,
    modelKey: model.key,
    modelName: model.name,
    recipe,
    phase: 'starting',
    plan: null,
    layers: [],
    blocks: [],
    rows: [],
    fullPrecision: null,
    current: null,
    stage: null,
    stored: [],
    training: [],
    pace: NO_PACE,
    restored: 0,
    notices: [],
    failure: null,
    result: null,
    clock: { startedAt: at, plannedAt: null, pausedAt: null, pausedMs: 0, endedAt: null },
    eta: null,
  };
}

/** True while the engine works on the run or waits for a word to. */
export function isActive(phase: RunPhase): boolean {
  return phase !== 'finished' && phase !== 'cancelled' && phase !== 'failed';
}

/** Applies a batch: one new object, however many events. */
export function applyEvents(run: LiveRun, events: readonly TimedEvent[]): LiveRun {
  if (events.length === 0) return run;
  // The growing lists are copied once a batch, not once an event.
  const layers: LayerResult[] = [...run.layers];
  const blocks: BlockResult[] = [...run.blocks];
  // A restored layer is told twice, as restored and as done.
  const known = new Set(layers.map(keyOf));
  const add = (results: readonly LayerResult[]) => {
    for (const result of results) {
      if (known.has(keyOf(result))) continue;
      known.add(keyOf(result));
      layers.push(result);
    }
  };
  const trainings: TrainingEvent[] = [];
  const stored = new Map(run.stored.map((place) => [keyOf(place), place]));
  let next: LiveRun = { ...run, layers, blocks };
  for (const { event, at } of events) {
    switch (event.type) {
      case 'plan':
        next = { ...next, plan: event.plan, phase: started(next.phase), clock: { ...next.clock, plannedAt: at } };
        break;
      case 'restored':
        add(event.layers);
        // What was worked so far was replay: the speed is measured from here.
        next = { ...next, restored: layers.length, clock: { ...next.clock, plannedAt: at, pausedMs: 0 } };
        break;
      case 'allocated': {
        const { row, allocation } = event;
        const others = (next.allocations ?? []).filter((one) => one.row !== row);
        next = { ...next, allocations: [...others, { row, allocation }] };
        break;
      }
      case 'channels': {
        const { block, stage } = event.channels;
        const others = (next.channels ?? []).filter((one) => one.block !== block || one.stage !== stage);
        next = { ...next, channels: [...others, event.channels] };
        break;
      }
      case 'layer-started':
        next = { ...next, phase: started(next.phase), current: { row: event.row, layer: event.layer } };
        break;
      case 'stage':
        next = { ...next, stage: { name: event.stage, block: event.block, detail: event.detail } };
        break;
      case 'layer-stored':
        stored.set(keyOf(event), { row: event.row, layer: event.layer });
        break;
      case 'layer-done':
        add([event.result]);
        break;
      case 'training':
        trainings.push(event);
        next = { ...next, phase: started(next.phase), pace: pacedBy(next.pace, event, at) };
        break;
      case 'block-done':
        blocks.push(...event.results);
        break;
      case 'paused':
        next = {
          ...next,
          phase: unlessCancelling(next.phase, 'paused'),
          clock: { ...next.clock, pausedAt: at },
          pace: { ...next.pace, last: null },
        };
        break;
      case 'continued':
        next = { ...next, phase: unlessCancelling(next.phase, 'running'), clock: unpaused(next.clock, at) };
        break;
      case 'notice':
        next = { ...next, notices: [...next.notices, { code: event.code, sentence: event.sentence }] };
        break;
      case 'end':
        next = endedRun(next, event.outcome, event.result, at);
        stored.clear();
        break;
    }
  }
  for (const key of known) stored.delete(key);
  return { ...next, stored: [...stored.values()], training: grownBy(next.training, trainings) };
}

/** The run after its last word. The result is the engine's own record, so it replaces what was gathered on the way. */
export function endedRun(run: LiveRun, outcome: 'finished' | 'cancelled', result: RunResult, at: number): LiveRun {
  return {
    ...run,
    ...figuresOf(result),
    phase: outcome,
    current: null,
    stage: null,
    result,
    clock: { ...unpaused(run.clock, at), endedAt: run.clock.endedAt ?? at },
  };
}

export function failedRun(run: LiveRun, failure: Failure, at: number): LiveRun {
  return {
    ...run,
    phase: 'failed',
    current: null,
    failure,
    clock: { ...unpaused(run.clock, at), endedAt: at },
  };
}

function keyOf({ row, layer }: StoredPlace): string {
  return `${row} ${layer}`;
}

function started(phase: RunPhase): RunPhase {
  return phase === 'starting' ? 'running' : phase;
}

/** A cancel that is under way is not undone by an earlier pause that answers late. */
function unlessCancelling(phase: RunPhase, next: RunPhase): RunPhase {
  return phase === 'cancelling' ? phase : next;
}

function unpaused(clock: Clock, at: number): Clock {
  if (clock.pausedAt === null) return clock;
  return { ...clock, pausedMs: clock.pausedMs + (at - clock.pausedAt), pausedAt: null };
}
