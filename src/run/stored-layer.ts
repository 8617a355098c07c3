/** A finished layer's size, and a finished layer out of storage, where anything may have become of it. */
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { dtypeBits, isDtype } from '../checkpoint/dtype';
import { keptLedger } from '../method/families';
import type { Linear } from '../model/architecture';
import type { Ledger } from '../quantizer/ledger';
import { ledger, quantizedFault, type QuantizedTensor } from '../quantizer/quantized';
import type { LayerResult } from './events';
import type { StoredLayer } from './run-store';

type Size = Required<Pick<LayerResult, 'bitsPerWeight' | 'ledger'>>;

/** What a layer takes in storage, as its result says it. */
export function sizeOf(tensor: QuantizedTensor): Size {
  return sized(ledger(tensor));
}

/** The same of a weight that stays as the source stores it. */
export function keptSizeOf({ tensors }: Pick<Checkpoint, 'tensors'>, { weight, rows, cols }: Linear): Size {
  return sized(keptLedger(storedBits(tensors.get(weight)?.dtype), rows, cols));
}

/** Of a type of numbers; 32 where it is none. */
export function storedBits(dtype: string | undefined): number {
  return dtype !== undefined && isDtype(dtype) ? dtypeBits(dtype) : 32;
}

function sized(account: Ledger): Size {
  return { bitsPerWeight: account.bitsPerWeight, ledger: account };
}

/**
 * A layer as storage gives it back; null where there is none. Layers that an earlier version stored get the ledger they lack.
 * @throws QS-FILE-03 when it is not whole
 */
export function storedLayer(value: unknown): StoredLayer | null {
  if (value === undefined || value === null) return null;
  const { result, tensor, measured, vectors } = value as Partial<StoredLayer>;
  const fault =
    (tensor === null ? null : quantizedFault(tensor)) ??
    vectorsFault(vectors) ??
    (typeof result?.name === 'string' ? null : 'figures are missing');
  if (fault !== null || tensor === undefined || result === undefined) {
    // What is quoted may be anything.
    const what = String(fault).replace(/\p{C}/gu, '\ufffd').slice(0, 200);
    const name = typeof result?.name === 'string' ? `Layer ${result.name}` : 'A layer';
    throw new StudioError('QS-FILE-03', `${name} of this run is damaged in storage: its ${what}; start the run again.`);
  }
  const whole = result.ledger === undefined && tensor !== null ? { ...result, ...sizeOf(tensor) } : result;
  return {
    result: whole,
    tensor,
    ...(vectors === undefined ? {} : { vectors }),
    ...(measured === false ? { measured } : {}),
  };
}

function vectorsFault(vectors: unknown): string | null {
  if (vectors === undefined) return null;
  if (typeof vectors !== 'object' || vectors === null) return 'vectors are missing';
  const { bias } = vectors as { bias?: unknown };
  return bias === undefined || bias instanceof Float32Array ? null : 'bias is no list of numbers';
}
