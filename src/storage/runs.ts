/** Stored runs: a record each, and every finished layer by itself, so that a closed tab loses nothing finished. */
import type { TrainingState } from '../method/training';
import type { BlockResult, LayerResult, Plan, RowAllocation, RunResult, StageChannels } from '../run/events';
import type { Fingerprint } from '../run/fingerprint';
import type { Recipe } from '../recipe/recipe';
import { shownRecipe } from '../recipe/shown';
import type { RunStore, StoredLayer } from '../run/run-store';
import type { TrainingCurve } from '../run/training-curve';
import { storedLayer } from '../run/stored-layer';
import { isStepState, type StepState } from '../step/state';
import { StudioError } from '../base/errors';
import { keysOf, read, remove, removeAll, write } from './database';

export interface RunRecord {
  readonly id: string;
  readonly modelKey: string;
  readonly modelName: string;
  readonly recipe: Recipe;
  readonly fingerprint: Fingerprint;
  /** running covers a tab that was closed: such a run can be resumed. */
  readonly state: 'running' | 'cancelled' | 'finished';
  readonly finishedLayers: number;
  readonly totalLayers: number;
  readonly updated: string;
  /** The adapter it last ran on. */
  readonly adapter: string | null;
  /** Null until the run ends; of a cancelled run it holds what was measured so far. */
  readonly result: RunResult | null;
  /** What a person was told on the way; missing where nothing was. */
  readonly notices?: readonly { readonly code: string; readonly sentence: string }[];
}

/** What a run without a result has measured. */
export interface StoredFigures {
  readonly plan: Plan;
  readonly layers: readonly LayerResult[];
  readonly blocks: readonly BlockResult[];
  /** Missing where there are none. */
  readonly channels?: readonly StageChannels[];
  readonly allocations?: readonly { readonly row: number; readonly allocation: RowAllocation }[];
}

export async function saveRun(record: RunRecord): Promise<void> {
  await write('runs', record.id, record);
}

export async function runRecord(id: string): Promise<RunRecord> {
  const record = await read<RunRecord>('runs', id);
  if (!record) throw new StudioError('QS-RUN-01', `There is no stored run ${id}: start it again.`);
  return shown(record);
}

/** Newest first. */
export async function listRunRecords(): Promise<RunRecord[]> {
  const records = await Promise.all((await keysOf('runs')).map((key) => read<RunRecord>('runs', key)));
  return records
    .filter((record): record is RunRecord => record !== undefined)
    .map(shown)
    .sort((a, b) => (a.updated < b.updated ? 1 : -1));
}

/** A record as this version reads it: the recipe may be of an earlier one. */
function shown(record: RunRecord): RunRecord {
  const recipe = shownRecipe(record.recipe);
  return {
    ...record,
    recipe,
    result: record.result && { ...record.result, recipe: shownRecipe(record.result.recipe) },
  };
}

export async function removeRun(id: string): Promise<void> {
  await remove('runs', id);
  await removeAll('layers', `${id}/`);
}

export async function saveCurve(id: string, curve: TrainingCurve): Promise<void> {
  await write('layers', curveKey(id, curve.row, curve.block), curve);
}

export async function loadCurve(id: string, row: number, block: number): Promise<TrainingCurve | null> {
  return (await read<TrainingCurve>('layers', curveKey(id, row, block))) ?? null;
}

export async function saveFigures(id: string, figures: StoredFigures): Promise<void> {
  await write('layers', `${id}/figures`, figures);
}

export async function loadFigures(id: string): Promise<StoredFigures | null> {
  return (await read<StoredFigures>('layers', `${id}/figures`)) ?? null;
}

export async function removeFigures(id: string): Promise<void> {
  await remove('layers', `${id}/figures`);
}

/** All curves of a run, by row and block. */
export async function loadCurves(id: string): Promise<TrainingCurve[]> {
  const keys = await keysOf('layers', `${id}/curve/`);
  const curves = await Promise.all(keys.map((key) => read<TrainingCurve>('layers', key)));
  return curves.filter((curve) => curve !== undefined).sort((a, b) => a.row - b.row || a.block - b.block);
}

function curveKey(id: string, row: number, block: number): string {
  return `${id}/curve/${row}/${block}`;
}

/** A run's finished layers in IndexedDB. */
export class IndexedDbRunStore implements RunStore {
  constructor(private readonly id: string) {}

  saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void> {
    return write('layers', `${this.id}/layer/${row}/${layer}`, stored);
  }

  async loadLayer(row: number, layer: number): Promise<StoredLayer | null> {
    return storedLayer(await read('layers', `${this.id}/layer/${row}/${layer}`));
  }

  /** One record a run: a row trains one block at a time, and rows one after another. */
  async saveTraining(row: number, block: number, state: TrainingState | null): Promise<void> {
    const key = `${this.id}/training`;
    if (state) await write('layers', key, { row, block, state });
    else await remove('layers', key);
  }

  async loadTraining(row: number, block: number): Promise<TrainingState | null> {
    const stored = await read<{ row: number; block: number; state: TrainingState }>('layers', `${this.id}/training`);
    return stored?.row === row && stored.block === block ? stored.state : null;
  }

  saveState(key: string, state: StepState): Promise<void> {
    return write('layers', `${this.id}/state/${key}`, state);
  }

  async loadState(key: string): Promise<StepState | null> {
    const stored = await read('layers', `${this.id}/state/${key}`);
    return isStepState(stored) ? stored : null;
  }
}
