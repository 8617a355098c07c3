/** The codebook that is looked at: one layer of one row, read out of the run's stored codes on demand. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { faceOf } from '../method/catalogue';
import type { PlannedRow } from '../run/events';
import type { CodebookView, EngineApi, WantedCodebook } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

export interface ShownCodebook extends WantedCodebook {
  readonly runId: string;
  readonly state: 'busy' | 'ready' | 'failed';
  /** The last one that came; null before, and where the layer has no codebook. */
  readonly view: CodebookView | null;
  readonly failure: Failure | null;
}

export interface CodebooksState {
  readonly shown: ShownCodebook | null;
  open(runId: string, wanted: WantedCodebook): Promise<void>;
  close(): void;
}

export type CodebooksStore = StoreApi<CodebooksState>;

export function createCodebooks(engine: EngineApi): CodebooksStore {
  return createStore<CodebooksState>()((set, get) => ({
    shown: null,
    async open(runId, { row, layer, book }) {
      const before = get().shown;
      // What was shown stays until the next one is there, so that nothing jumps.
      const view = before?.runId === runId ? before.view : null;
      const shown: ShownCodebook = { runId, row, layer, book, state: 'busy', view, failure: null };
      set({ shown });
      const answer = (change: Partial<ShownCodebook>) => {
        // Another one may have been asked for, or none.
        if (get().shown === shown) set({ shown: { ...shown, ...change } });
      };
      try {
        answer({ state: 'ready', view: await engine.codebookView(runId, { row, layer, book }) });
      } catch (error) {
        answer({ state: 'failed', view: null, failure: failureOf(error) });
      }
    },
    close: () => set({ shown: null }),
  }));
}

/** The rows of a run whose layers come out with codebooks. */
export function codebookRows(rows: readonly PlannedRow[]): PlannedRow[] {
  return rows.filter(({ method }) => {
    try {
      return faceOf(method).family === 'codebook';
    } catch {
      // A stored result may name a method that this version does not have.
      return false;
    }
  });
}
