/** The runs in the browser's storage. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineApi, StoredRun } from '../worker/protocol';
import { failureOf, type Failure } from './failure';
import type { Persistence } from './persist';

export interface StoredRunsState {
  /** Newest first. */
  readonly runs: readonly StoredRun[];
  readonly loaded: boolean;
  /** Whether there were some at the last visit: what to show before the list has been read. */
  readonly expected: boolean;
  readonly failure: Failure | null;
  refresh(): Promise<void>;
  remove(id: string): Promise<void>;
  dismiss(): void;
}

export type StoredRunsStore = StoreApi<StoredRunsState>;

export function createStoredRuns(engine: EngineApi, persistence: Persistence): StoredRunsStore {
  return createStore<StoredRunsState>()((set, get) => ({
    runs: [],
    loaded: false,
    expected: persistence.read('has-runs') === true,
    failure: null,
    async refresh() {
      try {
        const runs = await engine.listRuns();
        persistence.write('has-runs', runs.length > 0);
        set({ runs: runs.toSorted((a, b) => b.updated.localeCompare(a.updated)), loaded: true });
      } catch (error) {
        set({ loaded: true, failure: failureOf(error) });
      }
    },
    async remove(id) {
      try {
        await engine.removeRun(id);
        set({ runs: get().runs.filter((run) => run.id !== id) });
      } catch (error) {
        set({ failure: failureOf(error) });
      }
    },
    dismiss: () => set({ failure: null }),
  }));
}

/** A run whose layers can be continued: stopped before its end, with the model still there to be told by the engine. */
export function canResume(run: StoredRun): boolean {
  return run.state !== 'finished';
}
