/** What the exports of a run share: a file to be written, a row whose layers are read when their turn comes, and single tensors. */
import { bug, StudioError } from '../base/errors';
import type { ByteSource } from '../checkpoint/bytes';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { encodeFloat32 } from '../checkpoint/dtype';
import { readTensorRaw, type TensorInfo } from '../checkpoint/safetensors';
import { safetensorsBlobParts, type TensorToWrite } from '../checkpoint/safetensors-write';
import type { Linear } from '../model/architecture';
import type { Options } from '../method/parameters';
import { decodeQuantized, type QuantizedTensor, type TensorKind } from '../quantizer/quantized';
import { ENGINE_VERSION } from './version';

/** A file to be written; chunks are made one tensor at a time. */
export interface ExportFile {
  readonly name: string;
  readonly byteLength: number;
  chunks(): AsyncGenerator<Uint8Array>;
}

/** One row's quantized layers by linear name, read when their turn comes. */
export type LayerCodes = (linear: Linear) => Promise<QuantizedTensor>;

export interface RowExport {
  readonly checkpoint: Checkpoint;
  /** Paths of files laid beside the model for the run, which are no part of it. */
  readonly added?: readonly string[];
  readonly linears: readonly Linear[];
  readonly codes: LayerCodes;
  readonly method: string;
  readonly options: Options;
}

/** A layer's tensor where it must be of one kind; that a format takes the row was asked before. */
export async function tensorOfKind<K extends TensorKind>(
  row: RowExport,
  linear: Linear,
  kind: K,
): Promise<Extract<QuantizedTensor, { kind: K }>> {
  const tensor = await row.codes(linear);
  if (tensor.kind !== kind) bug(`${linear.name} of ${row.method} is not of the kind ${kind}`);
  return tensor as Extract<QuantizedTensor, { kind: K }>;
}

/** A quantized layer's weight in its source's place, shape and, where that is a float of 16 bits, type. */
export function dequantized(row: RowExport, linear: Linear, { name, dtype: source, shape }: TensorInfo): TensorToWrite {
  // Few levels gain nothing from F64.
  const dtype = source === 'F16' || source === 'BF16' ? source : 'F32';
  const bytes = async () => encodeFloat32(dtype, asStored(decodeQuantized(await row.codes(linear)), linear));
  return { name, dtype, shape, bytes };
}

/** A tensor of the source, byte for byte. */
export function copied(info: TensorInfo): TensorToWrite {
  return { name: info.name, dtype: info.dtype, shape: info.shape, bytes: () => readTensorRaw(info) };
}

/**
 * Tensors that are packed together, one layer in memory at a time: packed once here for their shapes, and again when the turn of each
 * to be written comes.
 */
export async function packedLazily(pack: () => Promise<TensorToWrite[]>): Promise<TensorToWrite[]> {
  return (await pack()).map(({ name, dtype, shape }) => ({
    ...{ name, dtype, shape },
    async bytes() {
      const packed = (await pack()).find((tensor) => tensor.name === name)?.bytes;
      return packed instanceof Uint8Array ? packed : bug(`${name} was packed without bytes`);
    },
  }));
}

/** Files whose first holds the weights. */
export interface WeightFiles {
  readonly files: readonly ExportFile[];
  /** Largest |re-read − the run's own weight| over all layers of the first file, as it was written. */
  verify(written: ByteSource): Promise<number>;
}

/** Reads every layer of a written file back and compares it with the run's own; throws what `read` throws. */
export async function largestDifference(
  row: RowExport,
  read: (linear: Linear) => Promise<Float32Array>,
): Promise<number> {
  let largest = 0;
  for (const linear of row.linears) {
    largest = Math.max(largest, difference(await read(linear), decodeQuantized(await row.codes(linear))));
  }
  return largest;
}

export function tensorFile(name: string, tensors: readonly TensorToWrite[], facts: Record<string, string>): ExportFile {
  return { name, ...safetensorsBlobParts(tensors, facts) };
}

export function jsonFile(name: string, value: unknown): ExportFile {
  return textFile(name, JSON.stringify(value, null, 2));
}

export function textFile(name: string, text: string): ExportFile {
  const bytes = new TextEncoder().encode(text);
  return {
    name,
    byteLength: bytes.length,
    async *chunks() {
      yield await Promise.resolve(bytes);
    },
  };
}

export function metadata(row: RowExport): Record<string, string> {
  const options = JSON.stringify(row.options);
  return { format: 'pt', quantelier: `engine ${ENGINE_VERSION}`, method: row.method, options };
}

/** rows × cols as the source stores it: GPT-2's linears are cols × rows. */
export function asStored(values: Float32Array<ArrayBuffer>, linear: Linear): Float32Array<ArrayBuffer> {
  return linear.layout === 'out-in' ? values : transposed(values, linear.rows, linear.cols);
}

/** The inverse of `asStored`. */
export function asComputed(values: Float32Array<ArrayBuffer>, linear: Linear): Float32Array<ArrayBuffer> {
  return linear.layout === 'out-in' ? values : transposed(values, linear.cols, linear.rows);
}

function transposed(values: Float32Array<ArrayBuffer>, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) turned[c * rows + r] = values[r * cols + c];
  }
  return turned;
}

function difference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new StudioError('QS-FILE-07', `A re-read layer has ${a.length} weights, not ${b.length}.`);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (Number.isNaN(d)) return Infinity;
    if (d > largest) largest = d;
  }
  return largest;
}
