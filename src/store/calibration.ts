/** The report on the calibration data of the recipe at hand: asked for, left, and shown until another one comes. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Recipe } from '../recipe/recipe';
import type { CalibrationReport, EngineApi, LookProgress } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

export interface CalibrationState {
  readonly state: 'none' | 'busy' | 'ready' | 'left' | 'failed';
  /** What it is of, to tell whether the recipe's data have changed since. */
  readonly of: string | null;
  readonly progress: LookProgress | null;
  /** Null where nothing is calibrated. */
  readonly report: CalibrationReport | null;
  readonly failure: Failure | null;
  ask(key: string, recipe: Recipe): Promise<void>;
  leave(): void;
}

export type CalibrationStore = StoreApi<CalibrationState>;

export function createCalibration(engine: EngineApi): CalibrationStore {
  return createStore<CalibrationState>()((set, get) => {
    let asked = 0;
    return {
      ...{ state: 'none', of: null, progress: null, report: null, failure: null },
      async ask(key, recipe) {
        const own = ++asked;
        const answer = (change: Partial<CalibrationState>) => {
          if (own === asked) set(change);
        };
        set({ state: 'busy', of: dataOf(key, recipe), progress: null, report: null, failure: null });
        try {
          const report = await engine.calibrationReport(key, recipe, (progress) => answer({ progress }));
          answer({ state: 'ready', report, progress: null });
        } catch (error) {
          const failure = failureOf(error);
          // What was left is no failure.
          if (get().state === 'left') return;
          answer({ state: 'failed', failure, progress: null });
        }
      },
      leave() {
        if (get().state !== 'busy') return;
        set({ state: 'left', progress: null });
        engine.leaveReport().catch(() => undefined);
      },
    };
  });
}

/** What a report depends on: the model and its data, and no row. */
export function dataOf(key: string, { calibration, heldOut, sampling }: Recipe): string {
  return JSON.stringify([key, calibration, heldOut, sampling]);
}
