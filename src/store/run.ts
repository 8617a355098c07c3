/** The run at hand: starts, resumes, pauses and cancels it, and takes in what the engine says of it. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { StudioError } from '../base/errors';
import type { RunEvent, RunResult } from '../run/events';
import { RECIPE_VERSION, type Recipe } from '../recipe/recipe';
import { joinAll } from '../run/training-curve';
import type { EngineApi, StoredModel, StoredRun } from '../worker/protocol';
import { createBatch, type Schedule } from './batch';
import { failureOf } from './failure';
import { withEta } from './progress';
import { applyEvents, endedRun, failedRun, isActive, newRun, type LiveRun, type TimedEvent } from './run-view';

export interface RunState {
  readonly run: LiveRun | null;
  /** Starts a run of a stored model. Returns its id, or null while another run is active. */
  start(model: StoredModel, recipe: Recipe): string | null;
  /** Brings in a model first (a sample), then starts. The id is there at once, so that the screen can say what happens. */
  startWhenThere(name: string, model: Promise<StoredModel>, recipe: (model: StoredModel) => Recipe): string | null;
  resume(stored: StoredRun): string | null;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  cancel(): Promise<void>;
  /** Forgets a run that is over. */
  clear(): void;
}

export type RunStore = StoreApi<RunState>;

export interface RunSetup {
  readonly engine: EngineApi;
  readonly schedule: Schedule;
  readonly now: () => number;
  /** Told when a run is over, whatever the outcome. */
  readonly onOver: () => void;
}

export function createRuns({ engine, schedule, now, onOver }: RunSetup): RunStore {
  return createStore<RunState>()((set, get) => {
    const update = (id: string, change: (run: LiveRun) => LiveRun) => {
      const { run } = get();
      // Late words of a run that is no longer at hand are dropped.
      if (run?.id === id) set({ run: change(run) });
    };
    const busy = () => {
      const { run } = get();
      return run !== null && isActive(run.phase);
    };

    const follow = async (id: string, work: (onEvent: (event: RunEvent) => void) => Promise<RunResult>) => {
      const batch = createBatch<TimedEvent>(schedule, (events) =>
        update(id, (run) => withEta(applyEvents(run, events), now())),
      );
      try {
        const result = await work((event) => batch.add({ event, at: now() }));
        batch.flush();
        // The end event says the outcome; without one (it may be lost with the proxy) a cancel in progress decides.
        update(id, (run) =>
          isActive(run.phase)
            ? endedRun(run, run.phase === 'cancelling' ? 'cancelled' : 'finished', result, now())
            : run,
        );
      } catch (error) {
        batch.flush();
        const failure = failureOf(error);
        update(id, (run) =>
          run.phase === 'cancelling' && failure.code === 'QS-RUN-01'
            ? { ...run, phase: 'cancelled', current: null, stage: null, clock: { ...run.clock, endedAt: now() } }
            : failedRun(run, failure, now()),
        );
      }
      onOver();
    };

    const order = async (
      phase: LiveRun['phase'],
      from: readonly LiveRun['phase'][],
      send: (id: string) => Promise<void>,
    ) => {
      const { run } = get();
      if (!run || !from.includes(run.phase)) return;
      const before = run.phase;
      update(run.id, (one) => ({ ...one, phase }));
      try {
        await send(run.id);
      } catch (error) {
        const { code, sentence } = failureOf(error);
        update(run.id, (one) => ({
          ...one,
          phase: one.phase === phase ? before : one.phase,
          notices: [...one.notices, { code, sentence }],
        }));
      }
    };

    return {
      run: null,
      start(model, recipe) {
        if (busy()) return null;
        const id = newRunId(now());
        set({ run: newRun(id, model, recipe, now()) });
        void follow(id, (onEvent) => engine.start(id, model.key, recipe, onEvent));
        return id;
      },
      startWhenThere(name, model, recipe) {
        if (busy()) return null;
        const id = newRunId(now());
        // The recipe is not known before the model's texts are; the real one follows.
        set({ run: newRun(id, { key: null, name }, EMPTY_RECIPE, now()) });
        void follow(id, async (onEvent) => {
          const there = await model;
          const chosen = recipe(there);
          update(id, (run) => ({ ...run, modelKey: there.key, modelName: there.name, recipe: chosen }));
          if (get().run?.phase === 'cancelling') throw new StudioError('QS-RUN-01', 'The run was cancelled.');
          return engine.start(id, there.key, chosen, onEvent);
        });
        return id;
      },
      resume(stored) {
        if (busy()) return null;
        const run = newRun(stored.id, { key: stored.modelKey, name: stored.modelName }, stored.recipe, now());
        // What was measured stays on screen while the engine gets ready; the restored event then says it again.
        const before = get().run;
        const training = before?.id === stored.id ? before.training : [];
        set({ run: { ...run, plan: stored.result?.plan ?? null, training } });
        // Trainings are not gone through again: how they went is read.
        engine.trainingCurves(stored.id).then(
          (curves) => update(stored.id, (one) => ({ ...one, training: joinAll(curves, one.training) })),
          () => undefined,
        );
        void follow(stored.id, (onEvent) => engine.resume(stored.id, onEvent));
        return stored.id;
      },
      pause: () => order('pausing', ['running'], (id) => engine.pause(id)),
      unpause: () => order('running', ['paused', 'pausing'], (id) => engine.unpause(id)),
      async cancel() {
        const waiting = get().run?.modelKey === null;
        await order('cancelling', ['starting', 'running', 'pausing', 'paused'], (id) =>
          // Nothing of it has reached the engine yet: the start that is under way looks at the phase.
          waiting ? Promise.resolve() : engine.cancel(id),
        );
      },
      clear() {
        if (!busy()) set({ run: null });
      },
    };
  });
}

const EMPTY_RECIPE: Recipe = {
  version: RECIPE_VERSION,
  rows: [],
  calibration: { source: 'random', file: null, windows: 0, length: 0, seed: 0 },
  heldOut: { file: null, windows: 0 },
};

/** Sortable by time, unique in practice, and fit for a link. */
export function newRunId(now: number): string {
  const random = crypto.getRandomValues(new Uint32Array(1))[0];
  return `${Math.floor(now / 1000).toString(36)}${random.toString(36).padStart(7, '0')}`;
}
