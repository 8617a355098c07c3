/**
 * Safetensors in: opening reads the 8-byte length and the JSON header, nothing else; tensors are read by byte range when asked for.
 * A tensor is row-major in its header's shape. Format: github.com/huggingface/safetensors (8-byte little-endian header length,
 * header, data). The rules of the header are in safetensors-header.ts.
 */
import { StudioError, bug } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { decodeInto, dtypeBits, elementCount, isWeightDtype, type Dtype } from './dtype';
import { foreignError } from './foreign';
import { malformed, parseHeader } from './safetensors-header';
import { grouped, quoted } from './wording';

/** The limit of the reference implementation. */
export const LONGEST_HEADER = 100_000_000;

/** The 64-bit length in front of the header. */
export const LENGTH_BYTES = 8;

/** Read and decoded at a time, so that a large tensor needs little more memory than its floats. A multiple of every width. */
const PIECE_BYTES = 32 * 2 ** 20;

/** A tensor on disk. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute byte offsets in the source; end is one past the last byte. */
  readonly begin: number;
  readonly end: number;
  readonly source: ByteSource;
}

export interface SafetensorsFile {
  readonly source: ByteSource;
  /** The strings under `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** By name, in the order of the data. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/**
 * Opens a safetensors file.
 * @throws QS-FILE-03 (truncated, gaps, overlaps, trailing bytes), QS-FILE-04 (malformed header or another format),
 *   QS-FILE-05 (Git LFS pointer)
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { name: file, size } = source;
  if (size < LENGTH_BYTES) {
    throw new StudioError(
      'QS-FILE-03',
      `${quoted(file)} has ${size} bytes, fewer than the ${LENGTH_BYTES} a safetensors file begins with; download it again`,
      { present: size },
    );
  }
  const length = headerLength(await readExactly(source, 0, LENGTH_BYTES));
  const present = size - LENGTH_BYTES;
  if (length > LONGEST_HEADER || length > present) {
    throw (await foreignError(source)) ?? impossibleLength(file, length, present);
  }
  const dataBegin = LENGTH_BYTES + length;
  const header = await readExactly(source, LENGTH_BYTES, dataBegin);
  if (header[0] !== 0x7b) throw (await foreignError(source)) ?? malformed(file, 'its header does not begin with "{"');
  const { metadata, entries } = parseHeader(decodeUtf8(header, file), size - dataBegin, file);
  const tensors = new Map<string, TensorInfo>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { name, dtype, shape, begin: dataBegin + begin, end: dataBegin + end, source });
  }
  return { source, metadata, tensors };
}

/** A tensor's bytes as they are stored. */
export function readTensorRaw(info: TensorInfo): Promise<Uint8Array<ArrayBuffer>> {
  return readExactly(info.source, info.begin, info.end);
}

/**
 * A tensor's values, row-major. F64 rounds to F32.
 * @throws QS-FILE-01 when it is not F32, F16, BF16 or F64; QS-FILE-10 when it does not fit memory
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

/** Exact up to 2⁵³; beyond that only its being too long matters. */
function headerLength(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}

function impossibleLength(file: string, length: number, present: number): StudioError {
  if (length > LONGEST_HEADER) {
    const limit = grouped(LONGEST_HEADER);
    return malformed(file, `its header length reads as ${grouped(length)} bytes and the limit is ${limit}`);
  }
  return new StudioError(
    'QS-FILE-03',
    `${quoted(file)} ends inside its header, which takes ${grouped(length)} bytes while ${grouped(present)} are present, so ` +
      'the download was probably interrupted; download it again',
    { described: length, present },
  );
}

function decodeUtf8(header: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw malformed(file, 'its header is not valid UTF-8');
  }
}
