/** A finished layer's size, and a finished layer out of storage, where anything may have become of it. */
import { StudioError } from '../base/errors';
import { ledger, quantizedFault, type QuantizedTensor } from '../quantizer/quantized';
import type { LayerResult } from './events';
import type { StoredLayer } from './run-store';

/** What a layer takes in storage, as its result says it. */
export function sizeOf(tensor: QuantizedTensor): Required<Pick<LayerResult, 'bitsPerWeight' | 'ledger'>> {
  const account = ledger(tensor);
  return { bitsPerWeight: account.bitsPerWeight, ledger: account };
}

/**
 * A layer as storage gives it back; null where there is none. Layers that an earlier version stored get the ledger they lack.
 * @throws QS-FILE-03 when it is not whole
 */
export function storedLayer(value: unknown): StoredLayer | null {
  if (value === undefined || value === null) return null;
  const { result, tensor, measured } = value as Partial<StoredLayer>;
  const fault = quantizedFault(tensor) ?? (typeof result?.name === 'string' ? null : 'figures are missing');
  if (fault !== null || tensor === undefined || result === undefined) {
    // What is quoted may be anything.
    const what = String(fault).replace(/\p{C}/gu, '\ufffd').slice(0, 200);
    const name = typeof result?.name === 'string' ? `Layer ${result.name}` : 'A layer';
    throw new StudioError('QS-FILE-03', `${name} of this run is damaged in storage: its ${what}; start the run again.`);
  }
  const whole = result.ledger === undefined ? { ...result, ...sizeOf(tensor) } : result;
  return measured === false ? { result: whole, tensor, measured } : { result: whole, tensor };
}
