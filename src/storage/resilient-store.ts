/**
 * A run store that outlives a full disk: what IndexedDB refuses is kept in memory for the rest of the session, and said once.
 */
import type { TrainingState } from '../method/training';
import type { StepState } from '../step/state';
import { isStudioError, type StudioError } from '../base/errors';
import { MemoryRunStore, type RunStore, type StoredLayer } from '../run/run-store';

export class ResilientRunStore implements RunStore {
  readonly #memory = new MemoryRunStore();
  #failed = false;

  constructor(
    private readonly disk: RunStore,
    /** Called once, with the storage error. */
    private readonly onFull: (error: StudioError) => void,
  ) {}

  /** True while everything finished is on disk, so that the run can be resumed after the tab closes. */
  get resumable(): boolean {
    return !this.#failed;
  }

  async saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void> {
    await this.#keep((store) => store.saveLayer(row, layer, stored));
  }

  async loadLayer(row: number, layer: number): Promise<StoredLayer | null> {
    return (await this.#memory.loadLayer(row, layer)) ?? this.disk.loadLayer(row, layer);
  }

  async saveTraining(row: number, block: number, state: TrainingState | null): Promise<void> {
    await this.#keep((store) => store.saveTraining(row, block, state));
  }

  async loadTraining(row: number, block: number): Promise<TrainingState | null> {
    return (await this.#memory.loadTraining(row, block)) ?? this.disk.loadTraining(row, block);
  }

  async saveState(key: string, state: StepState): Promise<void> {
    await this.#keep((store) => store.saveState(key, state));
  }

  async loadState(key: string): Promise<StepState | null> {
    return (await this.#memory.loadState(key)) ?? this.disk.loadState(key);
  }

  async #keep(save: (store: RunStore) => Promise<void>): Promise<void> {
    if (!this.#failed) {
      try {
        return await save(this.disk);
      } catch (error) {
        if (!isStudioError(error) || error.code !== 'QS-STO-01') throw error;
        this.#failed = true;
        this.onFull(error);
      }
    }
    await save(this.#memory);
  }
}
