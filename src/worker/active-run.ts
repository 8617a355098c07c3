/**
 * One run in this tab: holds the run's lock against other tabs, keeps its record and finished layers in storage, passes events on.
 */
import {
  RunControl,
  runRecipe,
  type Gpu,
  type PreparedRun,
  type RunEvent,
  type RunResult,
  type RunStore,
} from '../engine';
import { isStudioError, StudioError } from '../base/errors';
import { adapterName } from '../run/driver';
import { ResilientRunStore } from '../storage/resilient-store';
import { IndexedDbRunStore, removeFigures, saveRun, type RunRecord } from '../storage/runs';
import { CurveKeeper } from './curve-keeper';
import { FiguresKeeper } from './figures-keeper';
import { RUN_LOCK } from './protocol';

/** How often the record's progress is written while layers finish. */
const RECORD_EVERY_MS = 1000;

/** Does something to a run that no other tab may do meanwhile. Throws QS-RUN-03 when one is at it. */
export async function holdingRun<T>(id: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`${RUN_LOCK}${id}`, { ifAvailable: true }, (lock) => {
    if (lock) return work();
    throw new StudioError('QS-RUN-03', 'This run is going in another tab: watch it there, or close that tab first.');
  });
}

export class ActiveRun {
  readonly control = new RunControl();
  readonly #store: ResilientRunStore;
  readonly #curves: CurveKeeper;
  readonly #figures: FiguresKeeper;
  #onNotice: (error: StudioError) => void = () => undefined;
  #recordedAt = 0;
  #recorded = true;

  private constructor(
    private latest: RunRecord,
    private readonly prepared: PreparedRun,
  ) {
    this.#curves = new CurveKeeper(latest.id);
    this.#figures = new FiguresKeeper(latest.id);
    this.#store = new ResilientRunStore(new IndexedDbRunStore(latest.id), (error) => this.#onNotice(error));
  }

  get id(): string {
    return this.latest.id;
  }

  /** The run's record; newer than the stored one while layers finish, and where the disk is full. */
  get record(): RunRecord {
    return this.latest;
  }

  /** All finished layers: those on disk, and those that only memory had room for. */
  get store(): RunStore {
    return this.#store;
  }

  /** False where a part of the run is in this tab's memory only. */
  get onDisk(): boolean {
    return this.#recorded && this.#store.resumable;
  }

  /** A new run. */
  static create(id: string, modelKey: string, prepared: PreparedRun): ActiveRun {
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
      adapter: null,
      result: null,
    };
    return new ActiveRun(record, prepared);
  }

  /** A stored run that goes on. */
  static reopen(record: RunRecord, prepared: PreparedRun): ActiveRun {
    // What there was to say is said again where it still holds.
    return new ActiveRun({ ...record, state: 'running', finishedLayers: 0, notices: [] }, prepared);
  }

  /** To the end or a cancel. Throws QS-RUN-03 when another tab has the run, and whatever stops the engine. */
  async run(gpu: Gpu, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    return holdingRun(this.id, async () => {
      try {
        return await this.#drive(gpu, onEvent);
      } finally {
        await this.#curves.keep();
      }
    });
  }

  async #drive(gpu: Gpu, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#onNotice = (error) => {
      const sentence = `${error.message} The run goes on in memory: it cannot be resumed once this tab is closed, so export its results before.`;
      onEvent({ type: 'notice', code: error.code, sentence });
    };
    await this.#figures.takeUp();
    await this.#begin(adapterName(gpu.description), onEvent);
    const events = runRecipe(this.prepared, { gpu, store: this.#store, control: this.control });
    for (;;) {
      const step = await events.next();
      if (step.done) return this.latest.result ?? step.value;
      const event = this.#withFigures(step.value);
      await Promise.all([this.#note(event), this.#curves.note(event)]);
      onEvent(event);
    }
  }

  /** Stores the record before any work, and says when another adapter than before goes on with the run. */
  async #begin(adapter: string, onEvent: (event: RunEvent) => void): Promise<void> {
    const before = this.latest.adapter;
    if (before !== null && before !== adapter) {
      const sentence = `This run was begun on ${before} and continues on ${adapter}: layers from here on may differ in their last digits.`;
      onEvent({ type: 'notice', code: 'QS-RUN-02', sentence });
    }
    this.latest = { ...this.latest, adapter };
    this.#recorded = await saveRun(this.latest).then(
      () => true,
      (error: unknown) => {
        if (!isStudioError(error) || error.code !== 'QS-STO-01') throw error;
        this.#onNotice(error);
        return false;
      },
    );
  }

  /** A cancelled run ends with all that was ever measured of it. */
  #withFigures(event: RunEvent): RunEvent {
    this.#figures.note(event);
    if (event.type !== 'end' || event.outcome === 'finished') return event;
    return { ...event, result: this.#figures.completed(event.result) };
  }

  async #note(event: RunEvent): Promise<void> {
    if (event.type === 'notice') {
      const { code, sentence } = event;
      this.latest = { ...this.latest, notices: [...(this.latest.notices ?? []), { code, sentence }] };
    }
    if (event.type === 'layer-done') {
      this.latest = {
        ...this.latest,
        finishedLayers: this.latest.finishedLayers + 1,
        updated: new Date().toISOString(),
      };
      if (performance.now() - this.#recordedAt < RECORD_EVERY_MS) return;
    } else if (event.type === 'end') {
      const { outcome, result } = event;
      this.latest = { ...this.latest, state: outcome, result, updated: new Date().toISOString() };
    } else if (event.type !== 'paused') {
      return;
    }
    this.#recordedAt = performance.now();
    // A full disk is told by the layer store; what could not be written stays in memory (onDisk).
    this.#recorded = await saveRun(this.latest).then(
      () => true,
      () => false,
    );
    // What was measured can be had again by resuming; a disk that has no room for them is told by the layer store.
    await (event.type === 'end' ? removeFigures(this.id) : this.#figures.keep()).catch(() => undefined);
  }
}
