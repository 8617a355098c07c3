/** The runs in the browser's storage. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineApi, StoredRun } from '../worker/protocol';
import { failureOf, type Failure } from './failure';
import type { Aside } from './models';
import type { Persistence } from './persist';
import { ALONE, type Tabs } from './tabs';

export interface StoredRunsState {
  /** Newest first. */
  readonly runs: readonly StoredRun[];
  /** Runs that a tab is working on just now, this one's among them. */
  readonly held: ReadonlySet<string>;
  readonly loaded: boolean;
  /** Whether there were some at the last visit: what to show before the list has been read. */
  readonly expected: boolean;
  readonly failure: Failure | null;
  refresh(): Promise<void>;
  /** Takes a run out of sight. It is deleted only when it is discarded. */
  setAside(id: string): Aside;
  dismiss(): void;
}

export type StoredRunsStore = StoreApi<StoredRunsState>;

export function createStoredRuns(engine: EngineApi, persistence: Persistence, tabs: Tabs = ALONE): StoredRunsStore {
  const aside = new Set<string>();
  return createStore<StoredRunsState>()((set, get) => ({
    runs: [],
    held: new Set(),
    loaded: false,
    expected: persistence.read('has-runs') === true,
    failure: null,
    async refresh() {
      try {
        const [listed, held] = await Promise.all([engine.listRuns(), tabs.heldRuns()]);
        const runs = listed.filter(({ id }) => !aside.has(id));
        persistence.write('has-runs', runs.length > 0);
        set({ runs: runs.toSorted((a, b) => b.updated.localeCompare(a.updated)), held, loaded: true });
      } catch (error) {
        set({ loaded: true, failure: failureOf(error) });
      }
    },
    setAside(id) {
      const { runs } = get();
      aside.add(id);
      set({ runs: runs.filter((run) => run.id !== id) });
      return {
        restore() {
          if (!aside.delete(id)) return;
          const at = runs.findIndex((run) => run.id === id);
          set({ runs: get().runs.toSpliced(at, 0, runs[at]) });
        },
        async discard() {
          aside.delete(id);
          try {
            await engine.removeRun(id);
          } catch (error) {
            await get().refresh();
            set({ failure: failureOf(error) });
          }
        },
      };
    },
    dismiss: () => set({ failure: null }),
  }));
}

/** How a stored run stands to this tab, whose own run at hand is `liveId`. */
export function standingOf(
  run: StoredRun,
  held: ReadonlySet<string>,
  liveId: string | null,
): StoredRun['state'] | 'elsewhere' {
  return run.id !== liveId && held.has(run.id) ? 'elsewhere' : run.state;
}
