/**
 * Where a run keeps what it has finished, so that nothing is lost: each layer's codes and figures as soon as they exist.
 * Hosts bring their own (IndexedDB in the page, memory in the command line).
 */
import type { TrainingState } from '../method/training';
import type { QuantizedTensor } from '../quantizer/quantized';
import type { StepState } from '../step/state';
import type { LayerResult } from './events';

export interface StoredLayer {
  readonly result: LayerResult;
  /** Null: the weight of the row's view, as it is. */
  readonly tensor: QuantizedTensor | null;
  /** What the row has in the place of small tensors of its view. */
  readonly vectors?: LayerVectors;
  /** False between a layer's quantization and the measuring of its stage: `result.errors` then mean nothing. */
  readonly measured?: false;
}

export interface LayerVectors {
  /** What is added to the layer's bias, one for each output. */
  readonly bias?: Float32Array<ArrayBuffer>;
}

export interface RunStore {
  saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void>;
  loadLayer(row: number, layer: number): Promise<StoredLayer | null>;
  /** Where a block's training stands; null forgets it. */
  saveTraining(row: number, block: number, state: TrainingState | null): Promise<void>;
  loadTraining(row: number, block: number): Promise<TrainingState | null>;
  /** What a step has found out for a view or a row, by its key. */
  saveState(key: string, state: StepState): Promise<void>;
  loadState(key: string): Promise<StepState | null>;
}

export class MemoryRunStore implements RunStore {
  readonly #layers = new Map<string, StoredLayer>();
  readonly #trainings = new Map<string, TrainingState>();
  readonly #states = new Map<string, StepState>();

  saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void> {
    this.#layers.set(`${row}/${layer}`, stored);
    return Promise.resolve();
  }

  loadLayer(row: number, layer: number): Promise<StoredLayer | null> {
    return Promise.resolve(this.#layers.get(`${row}/${layer}`) ?? null);
  }

  saveTraining(row: number, block: number, state: TrainingState | null): Promise<void> {
    if (state) this.#trainings.set(`${row}/${block}`, state);
    else this.#trainings.delete(`${row}/${block}`);
    return Promise.resolve();
  }

  loadTraining(row: number, block: number): Promise<TrainingState | null> {
    return Promise.resolve(this.#trainings.get(`${row}/${block}`) ?? null);
  }

  saveState(key: string, state: StepState): Promise<void> {
    this.#states.set(key, state);
    return Promise.resolve();
  }

  loadState(key: string): Promise<StepState | null> {
    return Promise.resolve(this.#states.get(key) ?? null);
  }
}
