/**
 * A run's finished layers, what its steps found out and the training in work as files of a folder: `layers/ROW-LAYER.kept`,
 * `states/KEY.kept`, `training.kept`. Each is a
 * self-checking record that names its place, so a torn, damaged or misplaced file is as good as none, and its layer is done again.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStore } from '../../engine';
import { isStudioError } from '../../base/errors';
import type { TrainingState } from '../../method/training';
import type { StoredLayer } from '../../run/run-store';
import { storedLayer } from '../../run/stored-layer';
import { isStepState, type StepState } from '../../step/state';
import { writeBytes } from '../write';
import { decodeRecord, encodeRecord } from './record';

/** What a file says it is; a value under another place's name is not taken. */
interface Placed {
  readonly row: number;
  readonly place: number;
  readonly value: unknown;
}

export class DiskRunStore implements RunStore {
  #writes = 0;

  constructor(
    private readonly folder: string,
    /** Called with a sentence when a file is there and cannot be used. */
    private readonly onDamage: (sentence: string) => void = () => undefined,
  ) {}

  /** Whether anything has been stored by this process. */
  get written(): boolean {
    return this.#writes > 0;
  }

  async saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void> {
    await this.#save(this.#layerFile(row, layer), { row, place: layer, value: stored });
  }

  async loadLayer(row: number, layer: number): Promise<StoredLayer | null> {
    const path = this.#layerFile(row, layer);
    const value = await this.#load(path, row, layer);
    if (value === null) return null;
    try {
      const stored = storedLayer(value);
      if (stored?.result.row === row && stored.result.layer === layer) return stored;
    } catch (error) {
      if (!isStudioError(error)) throw error;
    }
    this.#damaged(path);
    return null;
  }

  /** One file a run: a row trains one block at a time, and rows one after another. */
  async saveTraining(row: number, block: number, state: TrainingState | null): Promise<void> {
    if (state === null) await rm(this.#trainingFile, { force: true });
    else await this.#save(this.#trainingFile, { row, place: block, value: state });
  }

  async loadTraining(row: number, block: number): Promise<TrainingState | null> {
    const value = await this.#load(this.#trainingFile, row, block, 'of another block is no damage');
    return value === null || !isTrainingState(value) ? null : value;
  }

  async saveState(key: string, state: StepState): Promise<void> {
    await this.#save(this.#stateFile(key), { row: 0, place: 0, value: { key, state } });
  }

  async loadState(key: string): Promise<StepState | null> {
    const path = this.#stateFile(key);
    const value = (await this.#load(path, 0, 0)) as { key?: unknown; state?: unknown } | null;
    if (value === null) return null;
    if (value.key === key && isStepState(value.state)) return value.state;
    this.#damaged(path);
    return null;
  }

  /** Layers there are files of, whole or not. */
  async count(): Promise<number> {
    const names = await readdir(join(this.folder, 'layers')).catch(() => []);
    return names.filter((name) => name.endsWith('.kept')).length;
  }

  async #save(path: string, placed: Placed): Promise<void> {
    this.#writes++;
    await writeBytes(path, encodeRecord(placed));
  }

  async #load(path: string, row: number, place: number, elsewhere: string | null = null): Promise<unknown> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const placed = decodeRecord(bytes)?.value as Partial<Placed> | null | undefined;
    if (placed?.row === row && placed.place === place) return placed.value ?? null;
    if (!placed || elsewhere === null) this.#damaged(path);
    return null;
  }

  #damaged(path: string): void {
    this.onDamage(`${path} is damaged or was cut off: what it held is done again.`);
  }

  #layerFile(row: number, layer: number): string {
    return join(this.folder, 'layers', `${row}-${layer}.kept`);
  }

  /** Keys are the engine's own words; as a file's name their letters and digits are enough. */
  #stateFile(key: string): string {
    return join(this.folder, 'states', `${key.replace(/[^a-z0-9]+/gi, '-')}.kept`);
  }

  get #trainingFile(): string {
    return join(this.folder, 'training.kept');
  }
}

function isTrainingState(value: unknown): value is TrainingState {
  if (typeof value !== 'object' || value === null) return false;
  const { step, arrays, numbers } = value as Partial<TrainingState>;
  return typeof step === 'number' && typeof arrays === 'object' && typeof numbers === 'object';
}
