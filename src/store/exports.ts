/** Files built from a run, one at a time: each is re-read by the engine before it is offered. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { faceOf } from '../method/catalogue';
import { formatsOf } from '../run/formats';
import type { EngineApi, ExportKind, ExportedFile } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

/** What can be built of a row of this method: the weights in the formats of its family, and the figures. */
export function exportKinds(method: string): ExportKind[] {
  return [...formatsOf(faceOf(method).family), 'results', 'csv'];
}

export interface ExportTask {
  readonly runId: string;
  readonly row: number;
  readonly kind: ExportKind;
  readonly state: 'busy' | 'ready' | 'failed';
  readonly files: readonly ExportedFile[];
  readonly failure: Failure | null;
}

export interface ExportsState {
  /** The last one asked for. Blobs of weights are large, so earlier ones are let go. */
  readonly task: ExportTask | null;
  build(runId: string, row: number, kind: ExportKind): Promise<void>;
  dismiss(): void;
}

export type ExportsStore = StoreApi<ExportsState>;

export function createExports(engine: EngineApi): ExportsStore {
  return createStore<ExportsState>()((set, get) => ({
    task: null,
    async build(runId, row, kind) {
      if (get().task?.state === 'busy') return;
      const task: ExportTask = { runId, row, kind, state: 'busy', files: [], failure: null };
      set({ task });
      try {
        const files = await engine.export(runId, row, kind);
        set({ task: { ...task, state: 'ready', files } });
      } catch (error) {
        set({ task: { ...task, state: 'failed', failure: failureOf(error) } });
      }
    },
    dismiss() {
      if (get().task?.state !== 'busy') set({ task: null });
    },
  }));
}

/** The worst of the files' differences; null when none holds weights. */
export function largestDifference(files: readonly ExportedFile[]): number | null {
  const known = files.map((file) => file.largestDifference).filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}
