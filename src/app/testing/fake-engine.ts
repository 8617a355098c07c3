/**
 * An engine that computes nothing: it stores in memory and walks through a run at a given pace. For the stores' tests and for looking
 * at the screens; the product never imports it.
 */
import { StudioError } from '../../base/errors';
import type { GpuDescription } from '../../gpu/gpu';
import type { FilePrint, Plan, RunEvent, RunResult } from '../../run/events';
import { SOME_NETWORK } from '../../recipe/papers/paper';
import type { Recipe } from '../../recipe/recipe';
import type {
  CheckReport,
  CodebookView,
  EngineApi,
  ExportRefusals,
  HeaderDifference,
  Inspected,
  KeptResultFile,
  ModelDescription,
  StoredModel,
  StoredRun,
  ValueDifference,
  WantedCodebook,
} from '../../worker/protocol';
import type { NetworkFacts } from '../../step/network-facts';
import { growCurve, type TrainingCurve } from '../../run/training-curve';
import { fakeBlock, fakeLayer, FAKE_RECIPE, fakePlan, fakeResult } from './fake-figures';
import { fakeCodebook, fakeTraining } from './fake-training';

export interface FakeSettings {
  /** Milliseconds a layer; 0 only yields to other tasks. */
  pace?: number;
  /** Fails where the key is a method of the engine. */
  failures?: Partial<Record<keyof EngineApi, StudioError>>;
  models?: StoredModel[];
  /** What tells the models' files apart, by key. */
  prints?: Readonly<Record<string, readonly FilePrint[]>>;
  runs?: StoredRun[];
  /** Formats that cannot hold a row, by row. */
  refusals?: Readonly<Record<number, ExportRefusals>>;
  /** What the models' networks can have. */
  facts?: NetworkFacts;
  /** Rows that train each block before its layers. */
  trained?: readonly number[];
  /** After so many layers the run fails with this. */
  loss?: { after: number; error: StudioError };
}

export const FAKE_GPU: GpuDescription = {
  vendor: 'apple',
  architecture: 'metal-3',
  device: '',
  description: 'Apple M3',
  software: false,
  features: ['shader-f16', 'timestamp-query'],
  limits: { maxStorageBufferBindingSize: 4_294_967_292 },
};

export const FAKE_MODEL: StoredModel = {
  key: 'sample:stories-1m',
  name: 'stories-1m',
  bytes: 2_130_000,
  architecture: 'LlamaForCausalLM',
  task: 'text',
  parameters: 1_050_000,
  sample: true,
  texts: ['calibration.jsonl', 'held-out.jsonl'],
  images: [],
  limitation: null,
  added: '2026-11-23T12:00:00.000Z',
  origin: { files: 6, folder: 'stories-1m', nameless: false },
};

export const FAKE_CLASSIFIER: StoredModel = {
  ...FAKE_MODEL,
  key: 'sample-shapes-vit',
  name: 'shapes-vit',
  architecture: 'ViT',
  task: 'classification',
  texts: [],
  images: ['calibration.npz', 'heldout.npz'],
};

export const FAKE_DIFFUSION: StoredModel = {
  ...FAKE_CLASSIFIER,
  key: 'sample-shapes-dit',
  name: 'shapes-dit',
  architecture: 'DiT',
  task: 'diffusion',
  images: [],
};

const FAKE_LISTING: Omit<Inspected, 'key'> = {
  ...{ name: 'stories-1m', format: 'safetensors', architecture: 'LlamaForCausalLM', limitation: null },
  ...{ tensors: [], files: [], metadata: [], dtypes: [], kinds: [], warnings: [], notes: [], ignored: [] },
};

export class FakeEngine implements EngineApi {
  readonly calls: string[] = [];
  readonly models: StoredModel[];
  readonly runs: StoredRun[];
  readonly curves: TrainingCurve[] = [];
  readonly kept: KeptResultFile[] = [];
  #paused = false;
  #cancelled = false;
  #wake: (() => void) | null = null;

  constructor(readonly settings: FakeSettings = {}) {
    this.models = [...(settings.models ?? [])];
    this.runs = [...(settings.runs ?? [])];
  }

  async describeGpu(): Promise<GpuDescription> {
    this.#call('describeGpu');
    return FAKE_GPU;
  }

  async importFiles(files: readonly { path: string; file: File }[]): Promise<StoredModel> {
    this.#call('importFiles');
    await this.#rest();
    return this.#keep({ ...FAKE_MODEL, key: files[0].path, name: files[0].path.split('/')[0], sample: false });
  }

  async importSample(): Promise<StoredModel> {
    this.#call('importSample');
    await this.#rest();
    return this.#keep(FAKE_MODEL);
  }

  async listModels(): Promise<StoredModel[]> {
    this.#call('listModels');
    return [...this.models];
  }

  async removeModel(key: string): Promise<void> {
    this.#call('removeModel');
    this.models.splice(0, this.models.length, ...this.models.filter((model) => model.key !== key));
  }

  async renameModel(key: string, name: string): Promise<StoredModel> {
    this.#call('renameModel');
    const model = this.models.find((one) => one.key === key) ?? FAKE_MODEL;
    return this.#keep({ ...model, name, origin: { files: 1, folder: null, nameless: false } });
  }

  async filePrints(key: string): Promise<readonly FilePrint[]> {
    this.#call('filePrints');
    await this.#rest();
    return this.settings.prints?.[key] ?? [];
  }

  async inspect(key: string): Promise<ModelDescription> {
    this.#call('inspect');
    await this.#rest();
    const { architecture, task, limitation } = this.models.find((one) => one.key === key) ?? FAKE_MODEL;
    return {
      ...{ format: 'safetensors', architecture, task, limitation, tensors: [], linears: [], ignored: [], notes: [] },
      coverage: { weights: 1_050_000, quantized: 921_600, left: [], leftBits: 16 },
      facts: limitation === null ? (this.settings.facts ?? SOME_NETWORK) : null,
    };
  }

  async addData(key: string, name: string): Promise<StoredModel> {
    this.#call('addData');
    const model = this.models.find((one) => one.key === key) ?? FAKE_MODEL;
    const list = model.task === 'classification' ? 'images' : 'texts';
    return this.#keep({ ...model, [list]: [...model[list], name] });
  }

  async lookAtFiles(files: readonly { path: string; file: File }[]): Promise<Inspected> {
    this.#call('lookAtFiles');
    return { ...FAKE_LISTING, key: `file-${files[0].path}` };
  }

  async lookAtModel(key: string): Promise<Inspected> {
    this.#call('lookAtModel');
    return { ...FAKE_LISTING, key };
  }

  async tensorStatistics(): Promise<never> {
    this.#call('tensorStatistics');
    throw new StudioError('QS-RUN-01', 'This engine computes nothing.');
  }

  async tensorWindow(): Promise<never> {
    this.#call('tensorWindow');
    throw new StudioError('QS-RUN-01', 'This engine computes nothing.');
  }

  async checkModel(): Promise<CheckReport> {
    this.#call('checkModel');
    return { tensors: 0, bytes: 0, findings: [] };
  }

  async compareHeaders(): Promise<HeaderDifference[]> {
    this.#call('compareHeaders');
    return [];
  }

  async compareValues(): Promise<ValueDifference[]> {
    this.#call('compareValues');
    return [];
  }

  async leaveLook(): Promise<void> {
    this.#call('leaveLook');
  }

  async plan(_key: string, recipe: Recipe) {
    this.#call('plan');
    await this.#rest();
    return fakePlan(recipe);
  }

  async calibrationReport(): Promise<null> {
    this.#call('calibrationReport');
    return null;
  }

  async leaveReport(): Promise<void> {
    this.#call('leaveReport');
  }

  async leavePlan(): Promise<void> {
    this.#call('leavePlan');
  }

  start(runId: string, key: string, recipe: Recipe, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#call('start');
    return this.#walk(runId, key, recipe, 0, onEvent);
  }

  resume(runId: string, onEvent: (event: RunEvent) => void): Promise<RunResult> {
    this.#call('resume');
    const stored = this.runs.find((run) => run.id === runId);
    if (!stored) throw new StudioError('QS-RUN-02', 'There is no such run.');
    const done = stored.finishedLayers;
    onEvent({ type: 'plan', plan: fakePlan(stored.recipe) });
    const plan = fakePlan(stored.recipe);
    const layers = plan.layers
      .slice(0, done)
      .flatMap((layer) => plan.rows.map((row) => fakeLayer(plan, row.row, layer.index)));
    onEvent({ type: 'restored', layers });
    return this.#walk(runId, stored.modelKey, stored.recipe, done, onEvent);
  }

  async pause(): Promise<void> {
    this.#call('pause');
    this.#paused = true;
  }

  async unpause(): Promise<void> {
    this.#call('unpause');
    this.#paused = false;
    this.#wake?.();
  }

  async cancel(): Promise<void> {
    this.#call('cancel');
    this.#cancelled = true;
    this.#wake?.();
  }

  async listRuns(): Promise<StoredRun[]> {
    this.#call('listRuns');
    return [...this.runs];
  }

  async removeRun(runId: string): Promise<void> {
    this.#call('removeRun');
    this.runs.splice(0, this.runs.length, ...this.runs.filter((run) => run.id !== runId));
  }

  async export(_runId: string, row: number, kind: string) {
    this.#call('export');
    await this.#rest();
    const weights = kind === 'safetensors' || kind === 'gptq';
    return [
      {
        name: `stories-1m-row${row}.${weights ? 'safetensors' : kind}`,
        blob: new Blob(['x'.repeat(1200)]),
        largestDifference: weights ? 0 : null,
      },
    ];
  }

  async exportRefusals(_runId: string, row: number): Promise<ExportRefusals> {
    this.#call('exportRefusals');
    await this.#rest();
    return this.settings.refusals?.[row] ?? {};
  }

  async keepResultFile(kept: KeptResultFile): Promise<void> {
    this.#call('keepResultFile');
    this.kept.unshift(kept);
  }

  async listResultFiles(): Promise<KeptResultFile[]> {
    this.#call('listResultFiles');
    return [...this.kept];
  }

  async codebookView(runId: string, { row, layer, book }: WantedCodebook): Promise<CodebookView | null> {
    this.#call('codebookView');
    await this.#rest();
    const plan = fakePlan(this.runs.find((run) => run.id === runId)?.recipe ?? FAKE_RECIPE);
    return fakeCodebook(plan, row, layer, book);
  }

  async trainingCurves(): Promise<TrainingCurve[]> {
    this.#call('trainingCurves');
    return [...this.curves];
  }

  async storage() {
    this.#call('storage');
    return { usedBytes: 12_400_000, quotaBytes: 38e9, persisted: false };
  }

  async persist(): Promise<boolean> {
    this.#call('persist');
    return true;
  }

  async loseDevice(): Promise<void> {
    this.#call('loseDevice');
  }

  async #walk(
    id: string,
    key: string,
    recipe: Recipe,
    from: number,
    onEvent: (event: RunEvent) => void,
  ): Promise<RunResult> {
    this.#cancelled = false;
    this.#paused = false;
    const plan = fakePlan(recipe);
    if (from === 0) onEvent({ type: 'plan', plan });
    for (const layer of plan.layers.slice(from)) {
      if (this.settings.loss?.after === layer.index && from === 0) {
        this.#store(id, key, fakeResult(recipe, layer.index), layer.index, 'running');
        throw this.settings.loss.error;
      }
      if (layer.index % 7 === 0) await this.#train(plan, layer.block, onEvent);
      onEvent({ type: 'stage', stage: 'hessian', block: layer.block, detail: layer.name });
      for (const row of plan.rows) {
        onEvent({ type: 'layer-started', row: row.row, layer: layer.index });
        await this.#rest();
        onEvent({ type: 'layer-done', result: fakeLayer(plan, row.row, layer.index) });
      }
      if (layer.index % 7 === 6) {
        onEvent({ type: 'block-done', results: plan.rows.map((row) => fakeBlock(plan, row.row, layer.block)) });
      }
      if (this.#paused) {
        onEvent({ type: 'paused' });
        await new Promise<void>((wake) => (this.#wake = wake));
        if (!this.#cancelled) onEvent({ type: 'continued' });
      }
      if (this.#cancelled) return this.#end(id, key, fakeResult(recipe, layer.index + 1), layer.index + 1, onEvent);
    }
    onEvent({ type: 'stage', stage: 'evaluate', block: plan.blocks - 1, detail: plan.heldOutLabel });
    await this.#rest();
    return this.#end(id, key, fakeResult(recipe), plan.layers.length, onEvent);
  }

  async #train(plan: Plan, block: number, onEvent: (event: RunEvent) => void): Promise<void> {
    const layers = plan.layers.filter((layer) => layer.block === block);
    for (const row of this.settings.trained ?? []) {
      onEvent({ type: 'stage', stage: 'train', block, detail: plan.rows[row].label });
      for (const { index } of layers) onEvent({ type: 'layer-started', row, layer: index });
      const told = fakeTraining(row, block, layers[0].name);
      for (const progress of told) {
        onEvent({ type: 'training', row, block, progress });
        await this.#rest();
      }
      this.curves.push(growCurve(null, { row, block }, told));
      for (const { index } of layers) onEvent({ type: 'layer-stored', row, layer: index });
    }
  }

  #end(id: string, key: string, result: RunResult, done: number, onEvent: (event: RunEvent) => void): RunResult {
    const state = done === result.plan.layers.length ? 'finished' : 'cancelled';
    this.#store(id, key, result, done, state);
    onEvent({ type: 'end', outcome: state, result });
    return result;
  }

  #store(id: string, key: string, result: RunResult, done: number, state: StoredRun['state']): void {
    this.runs.splice(0, this.runs.length, ...this.runs.filter((run) => run.id !== id), {
      id,
      modelKey: key,
      modelName: result.model.name,
      recipe: result.recipe,
      state,
      finishedLayers: done,
      totalLayers: result.plan.layers.length,
      updated: '2026-11-23T12:01:00.000Z',
      result,
    });
  }

  #keep(model: StoredModel): StoredModel {
    this.models.splice(0, this.models.length, ...this.models.filter((one) => one.key !== model.key), model);
    return model;
  }

  #call(name: keyof EngineApi): void {
    this.calls.push(name);
    const failure = this.settings.failures?.[name];
    if (failure) throw failure;
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.settings.pace ?? 0));
  }
}
