/**
 * The page's engine: models and runs in this browser's storage, one GPU device, one run at a time. Implements the protocol
 * (protocol.ts) over the same driver as the command line.
 */
import {
  Gpu,
  measureRates,
  parseRecipe,
  prepareRun,
  RunControl,
  type Plan,
  type PreparedRun,
  type Recipe,
  type RunEvent,
  type RunResult,
} from '../engine';
import { StudioError } from '../base/errors';
import { filePrints } from '../checkpoint/file-prints';
import type { NotFinite } from '../checkpoint/finite';
import type { GpuDescription } from '../gpu/gpu';
import { isSoftware } from '../gpu/software-probe';
import type { FilePrint } from '../run/events';
import { assertSame } from '../run/fingerprint';
import { calibrationReport } from '../run/calibration-report';
import { Cancelled } from '../run/control';
import type { PrepareWatch } from '../run/prepare';
import type { Subject } from '../run/subject';
import type { TrainingCurve } from '../run/training-curve';
import { resultFiles, saveResultFile } from '../storage/result-files';
import { listRunRecords, loadCurves, loadFigures, removeRun, runRecord } from '../storage/runs';
import type { Rates } from '../tensor/rate';
import { ActiveRun, holdingRun } from './active-run';
import { exportRun, refusalsOf } from './exporting';
import { storedSource, type ExportSource } from './export-source';
import { inspectedFigures } from '../storage/inspected';
import { Inspector } from './inspecting';
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
  renameStoredModel,
} from './library';
import { codebookOf } from './viewing';
import { type WantedCodebook } from './protocol';
import type {
  CalibrationReport,
  CheckReport,
  CodebookView,
  EngineApi,
  ExportedFile,
  ExportKind,
  ExportRefusals,
  Finding,
  HeaderDifference,
  Inspected,
  KeptResultFile,
  LookProgress,
  ModelDescription,
  PlanProgress,
  StorageState,
  StoredModel,
  StoredRun,
  TensorStatistics,
  ValueDifference,
  ValueWindow,
} from './protocol';

export class Engine implements EngineApi {
  #gpu: Promise<Gpu> | null = null;
  #rate: Promise<Rates> | null = null;
  /** Whether the adapter is software; measured once, before there is other work. */
  #software: Promise<boolean> | null = null;
  #active: ActiveRun | null = null;
  /** The last run that storage had no room for: what of it is only in memory can be exported until the next run. */
  #kept: ActiveRun | null = null;
  /** The last prepared run: planning and starting it tokenize once. */
  #prepared: { readonly id: string; readonly run: Promise<PreparedRun> } | null = null;
  /** What the last prepared run works on: another one that differs in its rows alone takes it over. */
  #subject: { readonly id: string; readonly subject: Promise<Subject>; readonly watch: PlanWatch } | null = null;
  /** The report on calibration data that is being worked out. */
  #report: RunControl | null = null;
  /** Runs that are being prepared: what they wait for is not left. */
  #waitingRuns = 0;

  /** What was found in the last model's files: they are read through once, however often its recipe changes. */
  #finite: { readonly key: string; readonly bad: Promise<readonly NotFinite[]> } | null = null;

  readonly #inspector = new Inspector(
    openStored,
    async () => (this.#active ? null : this.#openGpu().catch(() => null)),
    inspectedFigures,
  );

  async describeGpu(): Promise<GpuDescription> {
    const gpu = await this.#openGpu();
    this.#software ??= isSoftware(gpu);
    return { ...gpu.description, software: await this.#software };
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

  renameModel(key: string, name: string): Promise<StoredModel> {
    // What is prepared carries the old name.
    return this.#changing(() => renameStoredModel(key, name));
  }

  inspect(key: string): Promise<ModelDescription> {
    return inspectModel(key);
  }

  async filePrints(key: string): Promise<readonly FilePrint[]> {
    return filePrints((await openStored(key)).decisive);
  }

  async addData(key: string, name: string, file: File): Promise<StoredModel> {
    return this.#changing(() => addData(key, name, file));
  }

  async plan(key: string, recipe: Recipe, onProgress: (progress: PlanProgress) => void): Promise<Plan> {
    try {
      return (await this.#prepare(key, parseRecipe(recipe), onProgress)).plan;
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      throw new StudioError('QS-RUN-01', 'The plan was left before it was worked out: ask for it again.');
    }
  }

  leavePlan(): Promise<void> {
    if (this.#waitingRuns === 0 && this.#subject) {
      this.#subject.watch.leave();
      // It ends at its next step; who asks again begins anew.
      this.#prepared = this.#subject = null;
    }
    return Promise.resolve();
  }

  async calibrationReport(
    key: string,
    recipe: Recipe,
    onProgress: (progress: LookProgress) => void,
  ): Promise<CalibrationReport | null> {
    this.#assertIdle();
    this.#report?.cancel();
    const control = new RunControl();
    this.#report = control;
    try {
      const parsed = parseRecipe(recipe);
      const [gpu, checkpoint] = await Promise.all([this.#openGpu(), openStored(key)]);
      const options = {
        ...{ gpu, rate: 1e9, features: featureCheckpoint, network: otherNetwork },
        subject: (make: (watch: PrepareWatch) => Promise<Subject>) =>
          this.#subjectOf(key, parsed, make, () => undefined),
        finite: (make: () => Promise<readonly NotFinite[]>) => this.#finiteOf(key, make),
      };
      return await calibrationReport(checkpoint, parsed, options, control, (done, total) =>
        onProgress({ done, total }),
      );
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
      throw new StudioError('QS-RUN-01', 'The calibration report was left before it was done: ask for it again.');
    } finally {
      if (this.#report === control) this.#report = null;
    }
  }

  leaveReport(): Promise<void> {
    this.#report?.cancel();
    return Promise.resolve();
  }

  async start(runId: string, key: string, recipe: Recipe, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#assertIdle();
    const prepared = await this.#prepareToRun(key, parseRecipe(recipe));
    return this.#run(() => ActiveRun.create(runId, key, prepared), onEvent);
  }

  async resume(runId: string, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#assertIdle();
    const record = await runRecord(runId);
    const prepared = await this.#prepareToRun(record.modelKey, record.recipe);
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
    return Promise.all(
      records.map(async (record) => {
        const { fingerprint: _, ...run } = record.id === kept?.id ? kept : record;
        return run.result ? run : { ...run, figures: await loadFigures(run.id) };
      }),
    );
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

  async exportRefusals(runId: string, row: number): Promise<ExportRefusals> {
    return refusalsOf(await this.#sourceOf(runId), row, openStored);
  }

  keepResultFile(kept: KeptResultFile): Promise<void> {
    return saveResultFile(kept);
  }

  listResultFiles(): Promise<KeptResultFile[]> {
    return resultFiles();
  }

  async codebookView(runId: string, wanted: WantedCodebook): Promise<CodebookView | null> {
    return codebookOf(await this.#sourceOf(runId), wanted, openStored);
  }

  async trainingCurves(runId: string): Promise<TrainingCurve[]> {
    return loadCurves(runId);
  }

  lookAtFiles(files: readonly { path: string; file: File }[]): Promise<Inspected> {
    return this.#inspector.files(files);
  }

  lookAtModel(key: string): Promise<Inspected> {
    return this.#inspector.model(key);
  }

  tensorStatistics(
    key: string,
    tensor: string,
    onProgress: (progress: LookProgress) => void,
  ): Promise<TensorStatistics> {
    return this.#inspector.tensor(key, tensor, onProgress);
  }

  tensorWindow(key: string, tensor: string, row: number, col: number): Promise<ValueWindow> {
    return this.#inspector.window(key, tensor, row, col);
  }

  checkModel(
    key: string,
    onProgress: (progress: LookProgress) => void,
    onFinding: (finding: Finding) => void,
  ): Promise<CheckReport> {
    return this.#inspector.check(key, onProgress, onFinding);
  }

  compareHeaders(key: string, other: string): Promise<HeaderDifference[]> {
    return this.#inspector.headers(key, other);
  }

  compareValues(
    key: string,
    other: string,
    onProgress: (progress: LookProgress) => void,
    onDifference: (difference: ValueDifference) => void,
  ): Promise<ValueDifference[]> {
    return this.#inspector.values(key, other, onProgress, onDifference);
  }

  leaveLook(): Promise<void> {
    this.#inspector.leave();
    return Promise.resolve();
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

  /** What has the GPU besides makes room for a run. */
  async #run(make: () => ActiveRun, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    // Checked again: preparing took its time. The run's record is stored only now, so that a refused one leaves none.
    this.#assertIdle();
    this.#report?.cancel();
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
      this.#gpu = this.#rate = this.#software = null;
    }
    if (this.#gpu) return this.#gpu;
    const opening = Gpu.open(navigator.gpu, { limits: 'raised' });
    this.#gpu = opening;
    const forget = () => {
      if (this.#gpu === opening) this.#gpu = this.#rate = this.#software = null;
    };
    opening.then((gpu) => gpu.lost.then(forget), forget);
    return opening;
  }

  /** Does something to stored models. What was prepared from them before, or meanwhile, is not used again. */
  async #changing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#prepared = this.#subject = this.#finite = null;
      this.#inspector.forget();
    }
  }

  async #prepareToRun(key: string, recipe: Recipe): Promise<PreparedRun> {
    this.#waitingRuns++;
    try {
      return await this.#prepare(key, recipe);
    } finally {
      this.#waitingRuns--;
    }
  }

  async #prepare(
    key: string,
    recipe: Recipe,
    onProgress: (progress: PlanProgress) => void = () => undefined,
  ): Promise<PreparedRun> {
    const id = JSON.stringify([key, recipe]);
    if (this.#prepared?.id === id) {
      if (this.#subject) this.#subject.watch.onProgress = onProgress;
      return this.#prepared.run;
    }
    const run = this.#prepareAnew(key, recipe, onProgress);
    this.#prepared = { id, run };
    run.catch(() => {
      if (this.#prepared?.run === run) this.#prepared = null;
    });
    return run;
  }

  async #prepareAnew(key: string, recipe: Recipe, onProgress: (progress: PlanProgress) => void): Promise<PreparedRun> {
    const gpu = await this.#openGpu();
    this.#rate ??= measureRates(gpu);
    const [rate, checkpoint] = await Promise.all([this.#rate, openStored(key)]);
    return prepareRun(checkpoint, recipe, {
      gpu,
      rate,
      features: featureCheckpoint,
      network: otherNetwork,
      subject: (make) => this.#subjectOf(key, recipe, make, onProgress),
      finite: (make) => this.#finiteOf(key, make),
    });
  }

  #finiteOf(key: string, make: () => Promise<readonly NotFinite[]>): Promise<readonly NotFinite[]> {
    if (this.#finite?.key === key) return this.#finite.bad;
    const bad = make();
    this.#finite = { key, bad };
    bad.catch(() => {
      if (this.#finite?.bad === bad) this.#finite = null;
    });
    return bad;
  }

  #subjectOf(
    key: string,
    { rows: _, ...data }: Recipe,
    make: (watch: PrepareWatch) => Promise<Subject>,
    onProgress: (progress: PlanProgress) => void,
  ): Promise<Subject> {
    const id = JSON.stringify([key, data]);
    if (this.#subject?.id === id) {
      this.#subject.watch.onProgress = onProgress;
      return this.#subject.subject;
    }
    // Nobody waits for the one on other data any more.
    if (this.#waitingRuns === 0) this.#subject?.watch.leave();
    const watch = new PlanWatch(onProgress);
    const subject = make(watch);
    this.#subject = { id, subject, watch };
    subject.catch(() => {
      if (this.#subject?.subject === subject) this.#subject = null;
    });
    return subject;
  }
}

/** Looks on while a plan is worked out, and ends it. */
class PlanWatch implements PrepareWatch {
  #left = false;

  constructor(public onProgress: (progress: PlanProgress) => void) {}

  leave(): void {
    this.#left = true;
  }

  step(done: number, total: number): void {
    if (this.#left) throw new Cancelled();
    this.onProgress({ done, total });
  }
}
