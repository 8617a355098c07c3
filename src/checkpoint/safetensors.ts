/**
 * Safetensors in: opening reads the 8-byte length and the JSON header, nothing else; tensors are read by byte range when asked for
 * (tensors.ts). A tensor is row-major in its header's shape. Format: github.com/huggingface/safetensors (8-byte little-endian
 * header length, header, data). The rules of the header are in safetensors-header.ts.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { foreignError } from './foreign';
import { malformed, parseHeader } from './safetensors-header';
import type { TensorInfo, WeightFile } from './tensors';
import { grouped, quoted } from './wording';

export { readRows, readTensor, readTensorRaw, type TensorInfo } from './tensors';

export type SafetensorsFile = WeightFile;

/** The limit of the reference implementation. */
export const LONGEST_HEADER = 100_000_000;

/** The 64-bit length in front of the header. */
export const LENGTH_BYTES = 8;

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
