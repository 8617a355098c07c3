/**
 * One layer by one method, with what happens when that fails: it is then rounded (RTN on the same grid), marked, and the run goes on.
 */
import { isStudioError } from '../base/errors';
import { GRID_PARAMETERS } from '../method/parameters';
import type { Layer, QuantizedLayer } from '../method/layer';
import { methodOf } from '../method/table';
import type { LayerResult } from './events';
import type { RunRow } from './rows';

export interface Attempt {
  readonly quantized: QuantizedLayer;
  readonly status: LayerResult['status'];
  /** Attempts that failed before the result: factorizations, and the method itself when it was rounded. */
  readonly retries: number;
  readonly note: string | null;
}

/** Numerical failures fall back to rounding; every other error is the run's. */
export async function quantizeLayer(row: RunRow, layer: Layer, name: string): Promise<Attempt> {
  try {
    const quantized = await methodOf(row.method).quantize(layer, row.options);
    const { note, retries } = quantized;
    return { quantized, status: note ? 'retried' : 'done', retries, note };
  } catch (error) {
    if (!isStudioError(error) || !error.code.startsWith('QS-NUM')) throw error;
    const grid = Object.fromEntries(Object.keys(GRID_PARAMETERS).map((option) => [option, row.options[option]]));
    const quantized = await methodOf('rtn').quantize(layer, grid);
    const note = `${name}: ${error.message} Plain rounding was used for this layer.`;
    const failed = typeof error.facts.attempts === 'number' ? error.facts.attempts : 1;
    return { quantized, status: 'rounded', retries: failed, note };
  }
}
