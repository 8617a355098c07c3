/**
 * One run in this tab: holds the run's lock against other tabs, keeps its record and finished layers in storage, passes events on.
 */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { RunControl } from '../run/control';
import { runRecipe } from '../run/driver';
import type { RunEvent, RunResult } from '../run/events';
import type { PreparedRun } from '../run/prepared-run';
import { ResilientRunStore } from '../storage/resilient-store';
import { IndexedDbRunStore, saveRun, type RunRecord } from '../storage/runs';

/** How often the record's progress is written while layers finish. */
const RECORD_EVERY_MS = 1000;

export class ActiveRun {
  readonly control = new RunControl();
  #recorded = 0;

  private constructor(
    private record: RunRecord,
    private readonly prepared: PreparedRun,
  ) {}

  get id(): string {
    return this.record.id;
  }

  /** A new run; its record is stored before any work. */
  static async create(id: string, modelKey: string, prepared: PreparedRun): Promise<ActiveRun> {
    const record: RunRecord = {
      id,
      modelKey,
      modelName: prepared.checkpoint.name,
      recipe: prepared.recipe,
      fingerprint: prepared.fingerprint,
      state: 'running',
      finishedLayers: 0,
      totalLayers: prepared.linears.length * prepared.rows.length,
      updated: new Date().toISOString(),
      result: null,
    };
    await saveRun(record);
    return new ActiveRun(record, prepared);
  }

  /** A stored run that goes on. */
  static reopen(record: RunRecord, prepared: PreparedRun): Promise<ActiveRun> {
    return Promise.resolve(new ActiveRun({ ...record, state: 'running', finishedLayers: 0 }, prepared));
  }

  /** To the end or a cancel. Throws QS-RUN-03 when another tab has the run, and whatever stops the engine. */
  async run(gpu: Gpu, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    return navigator.locks.request(`quantelier-run-${this.id}`, { ifAvailable: true }, (lock) => {
      if (!lock) {
        throw new StudioError(
          'QS-RUN-03',
          'This run is going in another tab: watch it there, or close that tab first.',
        );
      }
      return this.#drive(gpu, onEvent);
    });
  }

  async #drive(gpu: Gpu, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    const store = new ResilientRunStore(new IndexedDbRunStore(this.id), (error) => {
      const sentence = `${error.message} The run goes on in memory and cannot be resumed if the tab closes.`;
      onEvent({ type: 'notice', code: error.code, sentence });
    });
    const events = runRecipe(this.prepared, { gpu, store, control: this.control });
    for (;;) {
      const step = await events.next();
      if (step.done) return step.value;
      await this.#note(step.value);
      onEvent(step.value);
    }
  }

  async #note(event: RunEvent): Promise<void> {
    if (event.type === 'layer-done') {
      this.record = {
        ...this.record,
        finishedLayers: this.record.finishedLayers + 1,
        updated: new Date().toISOString(),
      };
      if (performance.now() - this.#recorded < RECORD_EVERY_MS) return;
    } else if (event.type === 'end') {
      const { outcome, result } = event;
      this.record = { ...this.record, state: outcome, result, updated: new Date().toISOString() };
    } else if (event.type !== 'paused') {
      return;
    }
    this.#recorded = performance.now();
    // A full disk is told by the layer store; the record's progress is only for the library's list.
    await saveRun(this.record).catch(() => undefined);
  }
}
