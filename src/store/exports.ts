/**
 * Files of weights built from a run, one at a time: each is re-read by the engine before it is offered. What a format cannot hold is
 * asked beforehand, so that the menu says it in place of an error afterwards.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { faceOf } from '../method/catalogue';
import { formatsOf } from '../run/formats';
import type { EngineApi, ExportKind, ExportRefusals, ExportedFile } from '../worker/protocol';
import { failureOf, type Failure } from './failure';

/** What can be built of a row of this method: the weights in the formats of its family. */
export function exportKinds(method: string): ExportKind[] {
  return formatsOf(faceOf(method).family);
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
  /** By run and row (refusalsKey); a row that was not asked about is missing. */
  readonly refusals: ReadonlyMap<string, ExportRefusals>;
  /** Asks once which formats cannot hold a row. */
  ask(runId: string, row: number): Promise<void>;
  build(runId: string, row: number, kind: ExportKind): Promise<void>;
  dismiss(): void;
}

export function refusalsKey(runId: string, row: number): string {
  return `${row} ${runId}`;
}

export type ExportsStore = StoreApi<ExportsState>;

export function createExports(engine: EngineApi): ExportsStore {
  return createStore<ExportsState>()((set, get) => ({
    task: null,
    refusals: new Map(),
    async ask(runId, row) {
      const key = refusalsKey(runId, row);
      if (get().refusals.has(key)) return;
      const remember = (refusals: ExportRefusals) => set({ refusals: new Map([...get().refusals, [key, refusals]]) });
      // Asked only once, however often the menu is opened meanwhile.
      remember({});
      try {
        remember(await engine.exportRefusals(runId, row));
      } catch {
        // Whatever keeps the engine from answering (the model is gone) it will say of the export itself. Asked again next time.
        const others = new Map(get().refusals);
        others.delete(key);
        set({ refusals: others });
      }
    },
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
