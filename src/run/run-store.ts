/**
 * Where a run keeps what it has finished, so that nothing is lost: each layer's codes and figures as soon as they exist.
 * Hosts bring their own (IndexedDB in the page, memory in the command line).
 */
import type { AffineTensor } from '../quantizer/affine';
import type { LayerResult } from './events';

export interface StoredLayer {
  readonly result: LayerResult;
  readonly tensor: AffineTensor;
}

export interface RunStore {
  saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void>;
  loadLayer(row: number, layer: number): Promise<StoredLayer | null>;
}

export class MemoryRunStore implements RunStore {
  readonly #layers = new Map<string, StoredLayer>();

  saveLayer(row: number, layer: number, stored: StoredLayer): Promise<void> {
    this.#layers.set(`${row}/${layer}`, stored);
    return Promise.resolve();
  }

  loadLayer(row: number, layer: number): Promise<StoredLayer | null> {
    return Promise.resolve(this.#layers.get(`${row}/${layer}`) ?? null);
  }
}
