/**
 * Tensors on disk, whatever the file format: where each one's bytes are, and its values read from them when they are asked for.
 * In `source`, bytes begin … end−1 are the tensor row-major and little-endian. A format whose tensors are not stored so (a
 * compressed member, a transposed view) gives a source that makes it so as it is read, and nothing else needs to know.
 */
import { StudioError, bug } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { decodeInto, dtypeBits, elementCount, isWeightDtype, type Dtype } from './dtype';
import { grouped, quoted } from './wording';

/** Read and decoded at a time, so that a large tensor needs little more memory than its floats. A multiple of every width. */
const PIECE_BYTES = 32 * 2 ** 20;

/** A tensor on disk. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Byte offsets in the source; end is one past the last byte. */
  readonly begin: number;
  readonly end: number;
  readonly source: ByteSource;
  /**
   * Compares the stored bytes with the file's own checksum, once; absent where a format has none. Reading the tensor waits for it.
   * Rejects with QS-FILE-03.
   */
  readonly verify?: () => Promise<void>;
}

/** One opened file of weights: its headers have been read and checked, its tensors not. */
export interface WeightFile {
  readonly source: ByteSource;
  /** What the file says about itself (`__metadata__`), or what the reader found out while opening it. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** A tensor's bytes, row-major, in its own dtype. */
export async function readTensorRaw(info: TensorInfo): Promise<Uint8Array<ArrayBuffer>> {
  await info.verify?.();
  return readExactly(info.source, info.begin, info.end);
}

/**
 * A tensor's values, row-major. F64 rounds to F32.
 * @throws QS-FILE-01 when it is not F32, F16, BF16 or F64; QS-FILE-03 when its bytes are damaged; QS-FILE-10 when it does not fit
 *   memory
 */
export function readTensor(info: TensorInfo): Promise<Float32Array<ArrayBuffer>> {
  const elements = elementCount(info.shape) ?? bug(`tensor ${info.name} passed the header with an impossible shape`);
  return readElements(info, 0, elements);
}

/**
 * Rows firstRow … lastRow−1 of a 2-D tensor: (lastRow − firstRow) × columns values, row-major.
 * @throws as `readTensor`; a bug when the tensor is not 2-D or the rows are not in it
 */
export function readRows(info: TensorInfo, firstRow: number, lastRow: number): Promise<Float32Array<ArrayBuffer>> {
  if (info.shape.length !== 2) bug(`rows were asked of ${info.name}, which has ${info.shape.length} dimensions`);
  const [rows, columns] = info.shape;
  if (!(firstRow >= 0 && firstRow <= lastRow && lastRow <= rows)) {
    bug(`rows ${firstRow} to ${lastRow} were asked of ${info.name}, which has ${rows}`);
  }
  return readElements(info, firstRow * columns, lastRow * columns);
}

/**
 * Elements first … last−1 of a tensor in row-major order.
 * @throws as `readTensor`; a bug when they are not in it
 */
export function readRange(info: TensorInfo, first: number, last: number): Promise<Float32Array<ArrayBuffer>> {
  const elements = elementCount(info.shape) ?? 0;
  if (!(first >= 0 && first <= last && last <= elements)) {
    bug(`elements ${first} to ${last} were asked of ${info.name}, which has ${elements}`);
  }
  return readElements(info, first, last);
}

/** Elements first … last−1 in row-major order. */
async function readElements(info: TensorInfo, first: number, last: number): Promise<Float32Array<ArrayBuffer>> {
  if (!isWeightDtype(info.dtype)) {
    throw new StudioError(
      'QS-FILE-01',
      `tensor ${quoted(info.name)} of ${quoted(info.source.name)} is stored as ${info.dtype}, but weights can be read from ` +
        'F32, F16, BF16 and F64 only; it looks already quantized, so choose the full-precision checkpoint',
      { dtype: info.dtype },
    );
  }
  await info.verify?.();
  const values = allocate(info, last - first);
  const width = dtypeBits(info.dtype) / 8;
  const step = PIECE_BYTES / width;
  for (let at = first; at < last; at += step) {
    const until = Math.min(at + step, last);
    const bytes = await readExactly(info.source, info.begin + at * width, info.begin + until * width);
    decodeInto(info.dtype, bytes, values.subarray(at - first, until - first));
  }
  return values;
}

/** Room for the floats of a range the header check has found to be present in the file. */
function allocate(info: TensorInfo, elements: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(elements);
  } catch {
    throw new StudioError(
      'QS-FILE-10',
      `tensor ${quoted(info.name)} of ${quoted(info.source.name)} needs ${grouped(elements * 4)} bytes as F32, more than this ` +
        'browser gives at once; close other tabs or choose a smaller model',
      { needed: elements * 4 },
    );
  }
}
