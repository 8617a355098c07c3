/** What the exports of a run share: a file to be written, a row whose layers are read when their turn comes, and single tensors. */
import { bug, StudioError } from '../base/errors';
import type { ByteSource } from '../checkpoint/bytes';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { encodeFloat32, type Dtype } from '../checkpoint/dtype';
import { readTensor, readTensorRaw, type TensorInfo } from '../checkpoint/safetensors';
import { safetensorsBlobParts, type TensorToWrite } from '../checkpoint/safetensors-write';
import { quoted } from '../checkpoint/wording';
import { loadLinear, type Linear, type WeightSource } from '../model/architecture';
import { affineBehind, asInFile, asRun, type Affine } from '../model/convolution';
import type { OnlineOp } from '../model/view/view';
import type { RecipeStep } from '../recipe/row';
import type { StepState } from '../step/state';
import type { Options } from '../method/parameters';
import { decodeQuantized, type QuantizedTensor, type TensorKind } from '../quantizer/quantized';
import { ENGINE_VERSION } from './version';

/** A file to be written; chunks are made one tensor at a time. */
export interface ExportFile {
  readonly name: string;
  readonly byteLength: number;
  chunks(): AsyncGenerator<Uint8Array>;
}

/** One row's quantized layers by linear name, read when their turn comes; null: as the row's checkpoint has it. */
export type LayerCodes = (linear: Linear) => Promise<QuantizedTensor | null>;

export interface RowExport {
  /** The source, or the row's view of it (viewed-checkpoint.ts). */
  readonly checkpoint: Checkpoint;
  /** Whether config.json is another than the source's. */
  readonly ownConfig?: boolean;
  /** What acts while the network runs, and what its quantizers were found to be. */
  readonly online?: readonly OnlineOp[];
  readonly quantizers?: readonly { readonly block: number; readonly stage: number; readonly state: StepState }[];
  /** What is added to biases of layers that have none. */
  readonly shifts?: ReadonlyMap<Linear, Float32Array>;
  /** The row's steps; a row of one step where it is not said. */
  readonly steps?: readonly RecipeStep[];
  /** Paths of files laid beside the model for the run, which are no part of it. */
  readonly added?: readonly string[];
  readonly linears: readonly Linear[];
  readonly codes: LayerCodes;
  readonly method: string;
  readonly options: Options;
  /** Layers that the format cannot hold are written dense, dequantized, and named as not quantized; default: they are a refusal. */
  readonly keepUnfit?: boolean;
}

/** A layer's tensor where it must be of one kind; that a format takes the row was asked before. */
export async function tensorOfKind<K extends TensorKind>(
  row: RowExport,
  linear: Linear,
  kind: K,
): Promise<Extract<QuantizedTensor, { kind: K }>> {
  const tensor = await row.codes(linear);
  if (tensor?.kind !== kind) bug(`${linear.name} of ${row.method} is not of the kind ${kind}`);
  return tensor as Extract<QuantizedTensor, { kind: K }>;
}

/** The largest magnitude below which rounding to a type of 16 bits stays finite. */
const OVERFLOW = { F16: 65520, BF16: 2 ** 127 * (2 - 2 ** -8) } as const;

/**
 * A quantized layer's weight in its source's place, shape and, where that is a float of 16 bits that holds all of it, type: else F32,
 * and `notes` says so. Throws QS-NUM-02 where a weight is no number.
 */
export async function dequantized(
  row: RowExport,
  linear: Linear,
  { name, dtype: source, shape }: TensorInfo,
  notes: string[],
): Promise<TensorToWrite> {
  const stored = async () => asStored(await weightOf(row, linear), linear, row.checkpoint);
  const values = await stored();
  let largest = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (!(size < Infinity)) throw notANumber(linear, value);
    if (size > largest) largest = size;
  }
  // Few levels gain nothing from F64.
  const wanted = source === 'F16' || source === 'BF16' ? source : 'F32';
  const dtype = wanted !== 'F32' && largest >= OVERFLOW[wanted] ? 'F32' : wanted;
  if (dtype !== wanted) {
    notes.push(
      `Tensor ${quoted(name)} is written as F32 and not as ${wanted}: its largest value, ${largest}, is beyond the largest ${wanted}.`,
    );
  }
  const bytes = async () => encodeFloat32(dtype, await stored());
  return { name, dtype, shape, bytes };
}

/** A row's weight as it runs, rows × cols: decoded, or the checkpoint's. */
export async function weightOf(row: RowExport, linear: Linear): Promise<Float32Array<ArrayBuffer>> {
  const tensor = await row.codes(linear);
  if (tensor) return decodeQuantized(tensor);
  return Float32Array.from(await loadLinear(row.checkpoint, linear));
}

/** The linears that the row leaves as they are. */
export async function keptLinears(row: RowExport): Promise<Set<Linear>> {
  const kept = new Set<Linear>();
  for (const linear of row.linears) if ((await row.codes(linear)) === null) kept.add(linear);
  return kept;
}

function notANumber({ name }: Linear, value: number): StudioError {
  return new StudioError(
    'QS-NUM-02',
    `a weight of layer ${quoted(name)} came out as ${value}, and nothing like that is exported; quantize the layer again with more bits or another method`,
  );
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
  /** What a person should know of the files: tensors that were written wider, layers that were kept dense. */
  readonly notes: readonly string[];
  /**
   * Largest |re-read − the run's own weight| over all layers of the first file, as it was written. Throws QS-FILE-03 where it is more
   * than the format's own rounding explains.
   */
  verify(written: ByteSource): Promise<number>;
}

/** How far a re-read weight w may be from the run's own: relative · |w| + absolute. */
export interface Bound {
  readonly relative: number;
  readonly absolute: number;
}

/** What rounding to a type of weights explains: half a step, of the denormals too. */
export function exactly(dtype: Dtype): Bound {
  if (dtype === 'F16') return { relative: 2 ** -11, absolute: 2 ** -25 };
  if (dtype === 'BF16') return { relative: 2 ** -8, absolute: 2 ** -134 };
  return { relative: 0, absolute: 0 };
}

/** A layer as it was read back. */
export interface Reread {
  readonly values: Float32Array;
  readonly bound: Bound;
}

/**
 * Reads every layer of a written file back and compares it with the run's own. Throws what `read` throws, and QS-FILE-03 where a weight
 * differs by more than its bound, or is no number.
 */
export async function largestDifference(row: RowExport, read: (linear: Linear) => Promise<Reread>): Promise<number> {
  let largest = 0;
  for (const linear of row.linears) {
    const own = await weightOf(row, linear);
    largest = Math.max(largest, difference(await read(linear), own, linear));
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
  const facts = { format: 'pt', quantelier: `engine ${ENGINE_VERSION}`, method: row.method, options };
  return row.steps && row.steps.length > 1 ? { ...facts, steps: JSON.stringify(row.steps) } : facts;
}

/** rows × cols as the source stores it: GPT-2's linears are cols × rows, and a convolution's batch norm stays beside it. */
export async function asStored(
  values: Float32Array<ArrayBuffer>,
  linear: Linear,
  source: WeightSource,
): Promise<Float32Array<ArrayBuffer>> {
  if (linear.convolution) return asInFile(values, linear.convolution, await affineBehind(source, linear));
  return linear.layout === 'out-in' ? values : transposed(values, linear.rows, linear.cols);
}

/** The inverse of `asStored`, of a dense tensor that was read back from a file of the row's. */
export async function rereadDense(row: RowExport, linear: Linear, info: TensorInfo): Promise<Reread> {
  const { dtype } = info;
  const [values, norm] = await Promise.all([readTensor(info), affineBehind(row.checkpoint, linear)]);
  return { values: asComputed(values, linear, norm), bound: norm ? throughNorm(exactly(dtype), norm) : exactly(dtype) };
}

/** What rounding explains where a weight was divided by its batch norm's scale, stored, and multiplied by it again. */
function throughNorm({ relative, absolute }: Bound, { scale }: Affine): Bound {
  const largest = scale.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { relative: relative + 2 ** -22, absolute: absolute * largest };
}

function asComputed(values: Float32Array<ArrayBuffer>, linear: Linear, norm: Affine | null): Float32Array<ArrayBuffer> {
  if (linear.convolution) return asRun(values, linear.convolution, norm);
  return linear.layout === 'out-in' ? values : transposed(values, linear.cols, linear.rows);
}

function transposed(values: Float32Array<ArrayBuffer>, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) turned[c * rows + r] = values[r * cols + c];
  }
  return turned;
}

function difference({ values, bound }: Reread, own: Float32Array, { name }: Linear): number {
  if (values.length !== own.length) {
    throw new StudioError('QS-FILE-07', `A re-read layer has ${values.length} weights, not ${own.length}.`);
  }
  let largest = 0;
  for (let i = 0; i < own.length; i++) {
    const d = Math.abs(values[i] - own[i]);
    // False for NaN too.
    if (!(d <= bound.relative * Math.abs(own[i]) + bound.absolute)) {
      throw new StudioError(
        'QS-FILE-03',
        `the exported file does not hold what the run made: weight ${i} of layer ${quoted(name)} is re-read as ${values[i]} and was ` +
          `${own[i]}, more than the format's rounding explains; do not use it, export again, and report it if it stays so`,
        { weight: i },
      );
    }
    if (d > largest) largest = d;
  }
  return largest;
}
