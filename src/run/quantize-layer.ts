/**
 * One layer by one method, with what happens when that fails: it is then rounded (RTN on the same grid, or on
 * the nearest one where the method has codebooks), marked, and the run goes on.
 */
import { isStudioError, StudioError } from '../base/errors';
import { joinNotes } from '../method/codebook-notes';
import type { Linear } from '../model/architecture';
import { exportNote } from './format-fit';
import { faceOf } from '../method/catalogue';
import { FAMILIES } from '../method/families';
import type { Layer } from '../method/layer';
import type { QuantizedLayer } from '../method/quantized-layer';
import { methodOf } from '../method/table';
import { isAllZero } from '../quantizer/quantized';
import { weightLack } from './weight-limit';
import type { LayerResult } from './events';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { methodFor, type RunRow } from '../recipe/rows';
import type { StoredLayer } from './run-store';
import { keptSizeOf, sizeOf } from './stored-layer';

export interface Attempt {
  readonly quantized: QuantizedLayer;
  readonly status: LayerResult['status'];
  /** Attempts that failed before the result: factorizations, and the method itself when it was rounded. */
  readonly retries: number;
  readonly note: string | null;
}

/** Numerical failures fall back to rounding; every other error is the run's. */
export async function quantizeLayer(row: RunRow, layer: Layer, name: string): Promise<Attempt> {
  const { weight } = layer;
  const lack = weightLack(weight, row, weight.gpu.buffers.tileBytes);
  if (lack) return roundedInstead(row, layer, name, lack, 1);
  try {
    const { method, options } = methodFor(row, name);
    const quantized = await methodOf(method).quantize(layer, options);
    await requireSomething(quantized, layer);
    const { note, retries } = quantized;
    return { quantized, status: retries > 0 ? 'retried' : 'done', retries, note };
  } catch (error) {
    if (!isStudioError(error) || !error.code.startsWith('QS-NUM')) throw error;
    const failed = typeof error.facts.attempts === 'number' ? error.facts.attempts : 1;
    return roundedInstead(row, layer, name, error.message, failed);
  }
}

/**
 * Throws QS-NUM-02, and releases the weight, where nothing but zeros came out of weights that are not: what is stored has an absolute
 * floor (a published least range, 16-bit codewords), and these weights lie below it.
 */
async function requireSomething({ tensor, q }: QuantizedLayer, { weight }: Layer): Promise<void> {
  if (!isAllZero(tensor)) return;
  // Asked for only where all came out as zero, which is rare.
  const values = await weight.read();
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return;
  q.release();
  throw new StudioError(
    'QS-NUM-02',
    `Every weight came out as zero: the largest is ${largest.toPrecision(3)}, below the smallest step that is stored this way.`,
    { largest },
  );
}

/** Rounds a layer on the grid nearest to what the row asked for, and says why. */
export async function roundedInstead(
  row: RunRow,
  layer: Layer,
  name: string,
  sentence: string,
  retries: number,
): Promise<Attempt> {
  const { method, options } = methodFor(row, name);
  const { family } = faceOf(method);
  const grid = FAMILIES[family].nearestGrid(options);
  const quantized = await methodOf('rtn').quantize(layer, grid);
  const used = family === 'affine' ? 'Plain rounding' : `Plain rounding to ${String(grid.bits)} bits`;
  return {
    quantized,
    status: 'rounded',
    retries,
    note: `${name}: ${sentence} ${used} was used for this layer.`,
  };
}

/** A layer's record before its errors are known; `damage` says where the file held NaN or infinity. */
export function unmeasured(
  row: RunRow,
  { index, linear, damage }: { readonly index: number; readonly linear: Linear; readonly damage: string | null },
  { quantized, status, note, vectors }: Attempt & Pick<StoredLayer, 'vectors'>,
  milliseconds: number,
): StoredLayer {
  return {
    measured: false,
    tensor: quantized.tensor,
    ...(vectors ? { vectors } : {}),
    result: {
      row: row.row,
      layer: index,
      name: linear.name,
      errors: { weight: null, hessian: null, output: null, heldOutOutput: null },
      ...sizeOf(quantized.tensor),
      milliseconds,
      status,
      note: joinNotes(damage, note, exportNote(quantized.tensor, linear, faceOf(row.method).family)),
      damping: quantized.damping,
    },
  };
}

/** The record of a layer that stays as the row's view has it, before its errors are known. */
export function keptLayer(
  row: RunRow,
  { index, linear, damage }: { readonly index: number; readonly linear: Linear; readonly damage: string | null },
  checkpoint: Pick<Checkpoint, 'tensors'>,
): StoredLayer {
  return {
    measured: false,
    tensor: null,
    result: {
      row: row.row,
      layer: index,
      name: linear.name,
      errors: { weight: null, hessian: null, output: null, heldOutOutput: null },
      ...keptSizeOf(checkpoint, linear),
      milliseconds: 0,
      status: 'done',
      note: damage,
      damping: null,
    },
  };
}
