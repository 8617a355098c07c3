/** A run to export or to look into. */
import type { RunStore } from '../engine';
import { IndexedDbRunStore, runRecord } from '../storage/runs';
import type { RunRecord } from '../storage/runs';

/** A run to export: its record and where its layers are. */
export interface ExportSource {
  readonly record: RunRecord;
  readonly store: RunStore;
}

/** A run as the browser's storage has it. */
export async function storedSource(runId: string): Promise<ExportSource> {
  return { record: await runRecord(runId), store: new IndexedDbRunStore(runId) };
}
