/**
 * What the page may ask of the engine's worker (comlink carries the calls), version 1. Control only: weights never cross, except
 * as Blobs of an export and as the few thousand values that a picture of a codebook needs. Errors cross as
 * {name, code, message, facts} and are StudioErrors again on the page's side (client.ts).
 */
import type { CheckpointDescription, Plan, Recipe, RunEvent, RunResult, WeightFormat } from '../engine';
import type { GpuDescription } from '../gpu/gpu';
import type { CalibrationReport } from '../run/calibration-report';
import type { CheckReport, Finding } from '../inspect/check';
import type { HeaderDifference, ValueDifference } from '../inspect/difference';
import type { Listing } from '../inspect/listing';
import type { TensorStatistics } from '../inspect/statistics';
import type { ValueWindow } from '../inspect/values';
import type { Task } from '../model/architecture';
import type { CodebookView } from '../run/codebook-view';
import type { FilePrint } from '../run/events';
import type { TrainingCurve } from '../run/training-curve';
import type { ModelRecord } from '../storage/models';
import type { KeptResultFile } from '../storage/result-files';
import type { RunRecord, StoredFigures } from '../storage/runs';
export type { GpuDescription };

/** What the name of the lock on a run begins with; its id follows. */
export const RUN_LOCK = 'quantelier-run-';

export interface EngineApi {
  /** Opens the GPU if it is not open yet. Throws QS-GPU-01 or -02. */
  describeGpu(): Promise<GpuDescription>;

  /** Checks dropped files, stores them and returns the model. Paths keep the folder structure: 'model/config.json'. */
  importFiles(files: readonly { path: string; file: File }[]): Promise<StoredModel>;
  /** Fetches a bundled sample from the studio's own origin into storage (once) and returns it. */
  importSample(id: string): Promise<StoredModel>;
  listModels(): Promise<StoredModel[]>;
  removeModel(key: string): Promise<void>;
  /** Gives a stored model another name, which its runs and exports then carry. */
  renameModel(key: string, name: string): Promise<StoredModel>;
  inspect(key: string): Promise<CheckpointDescription>;
  /** What tells a stored model's files apart, one by one, as a run of it would say. */
  filePrints(key: string): Promise<readonly FilePrint[]>;
  /** Adds a text (txt or jsonl) or a set of images (npz), whichever the stored model reads, to calibrate with. */
  addData(key: string, name: string, file: File): Promise<StoredModel>;

  /**
   * What a run would do and take. Measures the adapter's rate on first use; a diffusion network samples its own calibration images
   * first, and says how far it is. The next plan on other data, or leavePlan, ends it with QS-RUN-01. Throws QS-RECIPE-01, QS-FILE-09.
   */
  plan(key: string, recipe: Recipe, onProgress: (progress: PlanProgress) => void): Promise<Plan>;
  /** Stops working out a plan, unless a run is waiting for the same. */
  leavePlan(): Promise<void>;
  /** Whether the recipe's calibration data are good; null where nothing is calibrated. A run, or leaveReport, ends it with QS-RUN-01. */
  calibrationReport(
    key: string,
    recipe: Recipe,
    onProgress: (progress: LookProgress) => void,
  ): Promise<CalibrationReport | null>;
  leaveReport(): Promise<void>;
  /** Runs to the end (or cancel). `onEvent` is a comlink proxy. */
  start(runId: string, key: string, recipe: Recipe, onEvent: (event: RunEvent) => void): Promise<RunResult>;
  /** Continues a stored run to the same bits. Throws QS-RUN-02 naming what differs, QS-RUN-03 when another tab has it. */
  resume(runId: string, onEvent: (event: RunEvent) => void): Promise<RunResult>;
  /** Pauses at the next layer's end / continues. */
  pause(runId: string): Promise<void>;
  unpause(runId: string): Promise<void>;
  /** Stops soon; finished layers stay stored. */
  cancel(runId: string): Promise<void>;

  listRuns(): Promise<StoredRun[]>;
  removeRun(runId: string): Promise<void>;
  /** Builds a file of a stored run, re-reads it independently, and says how far it is from the run's own weights. */
  export(runId: string, row: number, kind: ExportKind): Promise<ExportedFile[]>;

  /** Which formats cannot hold a row, and why, before any work. */
  exportRefusals(runId: string, row: number): Promise<ExportRefusals>;

  /** Keeps a results file that was opened, so that it is there after a reload. Throws QS-STO-01. */
  keepResultFile(kept: KeptResultFile): Promise<void>;
  /** Newest first. */
  listResultFiles(): Promise<KeptResultFile[]>;

  /** What a picture of a quantized layer's codebook needs; null where it has none. Throws QS-RUN-01 while it is not quantized. */
  codebookView(runId: string, wanted: WantedCodebook): Promise<CodebookView | null>;
  /** How the trainings of a stored run went, as far as they got. */
  trainingCurves(runId: string): Promise<TrainingCurve[]>;

  /** Opens files to be looked at where they are: nothing is stored, and they are forgotten with the tab. */
  lookAtFiles(files: readonly { path: string; file: File }[]): Promise<Inspected>;
  /** The same of a stored model, or of files that were opened so. Throws QS-STO-03 where they are gone. */
  lookAtModel(key: string): Promise<Inspected>;
  /** Reads a tensor through, on the GPU where it is not at work. The next long look, or leaveLook, ends it with QS-RUN-01. */
  tensorStatistics(
    key: string,
    tensor: string,
    onProgress: (progress: LookProgress) => void,
  ): Promise<TensorStatistics>;
  /** At most 64 × 64 values of a tensor's matrix from a place on, by range. */
  tensorWindow(key: string, tensor: string, row: number, col: number): Promise<ValueWindow>;
  /** Reads the whole model through; a long look. */
  checkModel(
    key: string,
    onProgress: (progress: LookProgress) => void,
    onFinding: (finding: Finding) => void,
  ): Promise<CheckReport>;
  compareHeaders(key: string, other: string): Promise<HeaderDifference[]>;
  /** Compares all tensors of one shape, value by value; a long look. */
  compareValues(
    key: string,
    other: string,
    onProgress: (progress: LookProgress) => void,
    onDifference: (difference: ValueDifference) => void,
  ): Promise<ValueDifference[]>;
  /** Ends the long look in work. */
  leaveLook(): Promise<void>;

  storage(): Promise<StorageState>;
  /** Asks the browser to keep this origin's data. */
  persist(): Promise<boolean>;
  /** For tests and the failure screens: closes the device under the engine. */
  loseDevice(): Promise<void>;
}

/** Steps of sampling, of both sets together. */
export interface PlanProgress {
  readonly done: number;
  readonly total: number;
}

/** What a checkpoint is, and by which key it is looked into. */
export type Inspected = Listing & { readonly key: string };

/** Of a long look: in values, bytes or steps. */
export interface LookProgress {
  readonly done: number;
  readonly total: number;
}

export type { CalibrationReport } from '../run/calibration-report';
export type { CheckReport, Finding } from '../inspect/check';
export type { HeaderDifference, ValueDifference } from '../inspect/difference';
export type { HeaderWarning, LeftBecause, ListedTensor } from '../inspect/listing';
export type { Peaks, TensorStatistics } from '../inspect/statistics';
export type { ValueWindow } from '../inspect/values';

/** A stored model as the page lists it. */
export type StoredModel = Omit<ModelRecord, 'paths' | 'task' | 'images' | 'named'> & {
  readonly task: Task | null;
  readonly images: readonly string[];
  /** Where it came from, which tells models of one name apart; missing in one that is not out of storage. */
  readonly origin?: ModelOrigin;
};

export interface ModelOrigin {
  readonly files: number;
  /** The folder that the files came in; null where they came loose. */
  readonly folder: string | null;
  /** True where nobody has named the model: its files came loose and are called like everybody's. */
  readonly nameless: boolean;
}

export type { CheckpointDescription as ModelDescription } from '../run/describe';

/** A stored run as the page lists it; its finished layers stay in the worker's storage. */
export type StoredRun = Omit<RunRecord, 'fingerprint' | 'adapter'> & {
  /** What was measured so far, of a run without a result. */
  readonly figures?: StoredFigures | null;
};

/** What the engine builds of a row: its weights in a format. Files of figures need no engine (src/run/figure-files.ts). */
export type ExportKind = WeightFormat;

/** By format, the sentence that says why it cannot hold a row; formats that can are left out. */
export type ExportRefusals = Readonly<Partial<Record<ExportKind, string>>>;

export type { KeptResultFile } from '../storage/result-files';

export type { CodebookView } from '../run/codebook-view';

export interface ExportedFile {
  readonly name: string;
  readonly blob: Blob;
  /** Largest |re-read − run's own weight|; null for files without weights. */
  readonly largestDifference: number | null;
  /** What a person should know of the weights: layers that were kept dense, tensors that were written wider. */
  readonly notes?: readonly string[];
}

export interface StorageState {
  readonly usedBytes: number;
  readonly quotaBytes: number;
  readonly persisted: boolean;
}

/** Which layer of a run, by its numbers in the plan, and which of its codebooks. */
export interface WantedCodebook {
  readonly row: number;
  readonly layer: number;
  readonly book: number;
}
