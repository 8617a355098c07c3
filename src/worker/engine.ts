/**
 * The page's engine: models and runs in this browser's storage, one GPU device, one run at a time. Implements the protocol
 * (protocol.ts) over the same driver as the command line.
 */
import { StudioError } from '../base/errors';
import { Gpu, type GpuDescription } from '../gpu/gpu';
import type { Plan, RunEvent, RunResult } from '../run/events';
import { assertSame } from '../run/fingerprint';
import { prepareRun } from '../run/prepare';
import type { PreparedRun } from '../run/prepared-run';
import { parseRecipe, type Recipe } from '../run/recipe';
import type { Subject } from '../run/subject';
import type { TrainingCurve } from '../run/training-curve';
import { listRunRecords, loadCurves, removeRun, runRecord } from '../storage/runs';
import { measureRates, type Rates } from '../tensor/rate';
import { ActiveRun, holdingRun } from './active-run';
import { exportRun, storedSource, type ExportSource } from './exporting';
import {
  addData,
  featureCheckpoint,
  importFiles,
  importSample,
  inspectModel,
  listModels,
  openStored,
  otherNetwork,
  removeStoredModel,
} from './library';
import { codebookOf, type WantedCodebook } from './viewing';
import type {
  CodebookView,
  EngineApi,
  ExportedFile,
  ExportKind,
  ModelDescription,
  StorageState,
  StoredModel,
  StoredRun,
} from './protocol';

export class Engine implements EngineApi {
  #gpu: Promise<Gpu> | null = null;
  #rate: Promise<Rates> | null = null;
  #active: ActiveRun | null = null;
  /** The last run that storage had no room for: what of it is only in memory can be exported until the next run. */
  #kept: ActiveRun | null = null;
  /** The last prepared run: planning and starting it tokenize once. */
  #prepared: { readonly id: string; readonly run: Promise<PreparedRun> } | null = null;
  /** What the last prepared run works on: another one that differs in its rows alone takes it over. */
  #subject: { readonly id: string; readonly subject: Promise<Subject> } | null = null;

  async describeGpu(): Promise<GpuDescription> {
    return (await this.#openGpu()).description;
  }

  async importFiles(files: readonly { path: string; file: File }[]): Promise<StoredModel> {
    // The same model may come back with other texts.
    return this.#changing(() => importFiles(files));
  }

  importSample(id: string): Promise<StoredModel> {
    return importSample(id);
  }

  listModels(): Promise<StoredModel[]> {
    return listModels();
  }

  async removeModel(key: string): Promise<void> {
    await this.#changing(() => removeStoredModel(key));
  }

  inspect(key: string): Promise<ModelDescription> {
    return inspectModel(key);
  }

  async addData(key: string, name: string, file: File): Promise<StoredModel> {
    return this.#changing(() => addData(key, name, file));
  }

  async plan(key: string, recipe: Recipe): Promise<Plan> {
    return (await this.#prepare(key, parseRecipe(recipe))).plan;
  }

  async start(runId: string, key: string, recipe: Recipe, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#assertIdle();
    const prepared = await this.#prepare(key, parseRecipe(recipe));
    return this.#run(() => ActiveRun.create(runId, key, prepared), onEvent);
  }

  async resume(runId: string, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#assertIdle();
    const record = await runRecord(runId);
    const prepared = await this.#prepare(record.modelKey, record.recipe);
    assertSame(record.fingerprint, prepared.fingerprint);
    return this.#run(() => ActiveRun.reopen(record, prepared), onEvent);
  }

  pause(runId: string): Promise<void> {
    this.#controlOf(runId).pause();
    return Promise.resolve();
  }

  unpause(runId: string): Promise<void> {
    this.#controlOf(runId).unpause();
    return Promise.resolve();
  }

  cancel(runId: string): Promise<void> {
    this.#controlOf(runId).cancel();
    return Promise.resolve();
  }

  async listRuns(): Promise<StoredRun[]> {
    const records = await listRunRecords();
    const kept = this.#kept?.record;
    return records.map((record) => {
      const { fingerprint: _, ...run } = record.id === kept?.id ? kept : record;
      return run;
    });
  }

  async removeRun(runId: string): Promise<void> {
    if (this.#active?.id === runId) throw new StudioError('QS-RUN-01', 'This run is still going: cancel it first.');
    // Another tab may be working on it.
    await holdingRun(runId, () => removeRun(runId));
    if (this.#kept?.id === runId) this.#kept = null;
  }

  async export(runId: string, row: number, kind: ExportKind): Promise<ExportedFile[]> {
    const source = this.#kept?.id === runId ? this.#kept : await storedSource(runId);
    return exportRun(source, row, kind, openStored);
  }

  async codebookView(runId: string, wanted: WantedCodebook): Promise<CodebookView | null> {
    return codebookOf(await this.#sourceOf(runId), wanted, openStored);
  }

  async trainingCurves(runId: string): Promise<TrainingCurve[]> {
    return loadCurves(runId);
  }

  /** Where a run's layers are: with the run that is going or was kept, whose disk may be full, else in storage. */
  async #sourceOf(runId: string): Promise<ExportSource> {
    return [this.#active, this.#kept].find((run) => run?.id === runId) ?? storedSource(runId);
  }

  async storage(): Promise<StorageState> {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    return { usedBytes: usage, quotaBytes: quota, persisted: await navigator.storage.persisted() };
  }

  /** A worker cannot ask for persistence itself in every browser; the page's answer is the same. */
  persist(): Promise<boolean> {
    return navigator.storage.persisted();
  }

  async loseDevice(): Promise<void> {
    const gpu = await this.#gpu;
    gpu?.destroy();
  }

  async #run(make: () => ActiveRun, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    // Checked again: preparing took its time. The run's record is stored only now, so that a refused one leaves none.
    this.#assertIdle();
    const active = make();
    this.#active = active;
    this.#kept = null;
    try {
      return await active.run(await this.#openGpu(), onEvent);
    } finally {
      this.#active = null;
      if (!active.onDisk) this.#kept = active;
    }
  }

  #assertIdle(): void {
    if (!this.#active) return;
    throw new StudioError('QS-RUN-01', 'Another run is still going in this tab: wait for it or cancel it first.');
  }

  #controlOf(runId: string) {
    if (this.#active?.id !== runId) throw new StudioError('QS-RUN-01', 'This run is not going in this tab.');
    return this.#active.control;
  }

  /** The open device; one that is lost or has refused a command is replaced. */
  async #openGpu(): Promise<Gpu> {
    const known = await this.#gpu;
    if (known && !known.broken) return known;
    if (known) {
      known.destroy();
      this.#gpu = this.#rate = null;
    }
    if (this.#gpu) return this.#gpu;
    const opening = Gpu.open(navigator.gpu, { limits: 'raised' });
    this.#gpu = opening;
    const forget = () => {
      if (this.#gpu === opening) this.#gpu = this.#rate = null;
    };
    opening.then((gpu) => gpu.lost.then(forget), forget);
    return opening;
  }

  /** Does something to stored models. What was prepared from them before, or meanwhile, is not used again. */
  async #changing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#prepared = this.#subject = null;
    }
  }

  async #prepare(key: string, recipe: Recipe): Promise<PreparedRun> {
    const id = JSON.stringify([key, recipe]);
    if (this.#prepared?.id === id) return this.#prepared.run;
    const run = this.#prepareAnew(key, recipe);
    this.#prepared = { id, run };
    run.catch(() => {
      if (this.#prepared?.run === run) this.#prepared = null;
    });
    return run;
  }

  async #prepareAnew(key: string, recipe: Recipe): Promise<PreparedRun> {
    const gpu = await this.#openGpu();
    this.#rate ??= measureRates(gpu);
    const [rate, checkpoint] = await Promise.all([this.#rate, openStored(key)]);
    return prepareRun(checkpoint, recipe, {
      gpu,
      rate,
      features: featureCheckpoint,
      network: otherNetwork,
      subject: (make) => this.#subjectOf(key, recipe, make),
    });
  }

  #subjectOf(key: string, { rows: _, ...data }: Recipe, make: () => Promise<Subject>): Promise<Subject> {
    const id = JSON.stringify([key, data]);
    if (this.#subject?.id === id) return this.#subject.subject;
    const subject = make();
    this.#subject = { id, subject };
    subject.catch(() => {
      if (this.#subject?.subject === subject) this.#subject = null;
    });
    return subject;
  }
}
