/**
 * What the page may ask of the engine's worker (comlink carries the calls), version 1. Control only: weights never cross, except
 * as Blobs of an export and as the few thousand values that a picture of a codebook needs. Errors cross as
 * {name, code, message, facts} and are StudioErrors again on the page's side (client.ts).
 */
import type { GpuDescription } from '../gpu/gpu';
import type { CheckpointDescription, Task } from '../run/describe';
import type { CodebookView } from '../run/codebook-view';
import type { Plan, RunEvent, RunResult } from '../run/events';
import type { WeightFormat } from '../run/formats';
import type { Recipe } from '../run/recipe';
import type { TrainingCurve } from '../run/training-curve';
import type { ModelRecord } from '../storage/models';
import type { RunRecord } from '../storage/runs';
import type { WantedCodebook } from './viewing';

export type { GpuDescription };

export interface EngineApi {
  /** Opens the GPU if it is not open yet. Throws QS-GPU-01 or -02. */
  describeGpu(): Promise<GpuDescription>;

  /** Checks dropped files, stores them and returns the model. Paths keep the folder structure: 'model/config.json'. */
  importFiles(files: readonly { path: string; file: File }[]): Promise<StoredModel>;
  /** Fetches a bundled sample from the studio's own origin into storage (once) and returns it. */
  importSample(id: string): Promise<StoredModel>;
  listModels(): Promise<StoredModel[]>;
  removeModel(key: string): Promise<void>;
  inspect(key: string): Promise<CheckpointDescription>;
  /** Adds a text (txt or jsonl) or a set of images (npz), whichever the stored model reads, to calibrate with. */
  addData(key: string, name: string, file: File): Promise<StoredModel>;

  /** What a run would do and take. Measures the adapter's rate on first use. Throws QS-RECIPE-01, QS-FILE-09. */
  plan(key: string, recipe: Recipe): Promise<Plan>;
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

  /** What a picture of a quantized layer's codebook needs; null where it has none. Throws QS-RUN-01 while it is not quantized. */
  codebookView(runId: string, wanted: WantedCodebook): Promise<CodebookView | null>;
  /** How the trainings of a stored run went, as far as they got. */
  trainingCurves(runId: string): Promise<TrainingCurve[]>;

  storage(): Promise<StorageState>;
  /** Asks the browser to keep this origin's data. */
  persist(): Promise<boolean>;
  /** For tests and the failure screens: closes the device under the engine. */
  loseDevice(): Promise<void>;
}

/** A stored model as the page lists it. */
export type StoredModel = Omit<ModelRecord, 'paths' | 'task' | 'images'> & {
  readonly task: Task | null;
  readonly images: readonly string[];
};

export type { CheckpointDescription as ModelDescription } from '../run/describe';

/** A stored run as the page lists it; its finished layers stay in the worker's storage. */
export type StoredRun = Omit<RunRecord, 'fingerprint' | 'adapter'>;

/** Weights in a format, or results: recipe and figures as JSON; csv: one line a layer. */
export type ExportKind = WeightFormat | 'results' | 'csv';

export type { CodebookView } from '../run/codebook-view';
export type { WantedCodebook } from './viewing';

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
