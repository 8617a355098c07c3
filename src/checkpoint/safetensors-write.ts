/**
 * Safetensors out, as a stream: the size is known ahead, and one tensor's bytes are in memory at a time.
 * Byte for byte what the reference implementation writes: tensors by descending dtype rank (alignment), then name; header padded
 * with spaces to a multiple of 8.
 */
import { bug } from '../base/errors';
import { byteCount, dtypeRank, elementCount, type Dtype } from './dtype';
import { LENGTH_BYTES, LONGEST_HEADER } from './safetensors';
import { shapeText } from './wording';

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Little-endian, row-major; a function is called once, when the tensor's turn has come. */
  readonly bytes: Uint8Array | (() => Promise<Uint8Array>);
}

export interface SafetensorsParts {
  /** Bytes of the whole file. */
  readonly byteLength: number;
  /** The file in order: the header, then one chunk a tensor. */
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Lays out a file; nothing is read until `chunks` is. What it is given comes from our own code, so a name used twice, a
 * number of bytes that is not the shape's, or a header past the limit is a bug.
 */
export function safetensorsBlobParts(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsParts {
  const ordered = [...tensors].sort((a, b) => dtypeRank(b.dtype) - dtypeRank(a.dtype) || (a.name < b.name ? -1 : 1));
  for (const text of [...tensors.map(({ name }) => name), ...Object.entries(metadata).flat()]) {
    if (/\p{Surrogate}/u.test(text)) bug('a tensor name or metadata string holds half of a surrogate pair');
  }
  const members = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const seen = new Set(['__metadata__']);
  const sizes: number[] = [];
  let at = 0;
  for (const { name, dtype, shape } of ordered) {
    if (seen.has(name)) bug(`two tensors to write are named ${name}`);
    seen.add(name);
    const size = sizeOf(name, dtype, shape);
    sizes.push(size);
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [at, at + size] })}`);
    at += size;
  }
  const head = encodeHeader(`{${members.join(',')}}`);
  return {
    byteLength: head.length + at,
    async *chunks() {
      yield head;
      for (const [index, { name, bytes }] of ordered.entries()) {
        const chunk = typeof bytes === 'function' ? await bytes() : bytes;
        if (chunk.length !== sizes[index]) bug(`tensor ${name} has ${chunk.length} bytes, its shape ${sizes[index]}`);
        yield chunk;
      }
    },
  };
}

function sizeOf(name: string, dtype: Dtype, shape: readonly number[]): number {
  const elements = elementCount(shape);
  const size = elements === null ? null : byteCount(dtype, elements);
  return size ?? bug(`tensor ${name} (${dtype}, shape ${shapeText(shape)}) has no whole number of bytes`);
}

/** The length and the padded header. */
function encodeHeader(json: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > LONGEST_HEADER) bug(`a safetensors header of ${length} bytes passes the limit of ${LONGEST_HEADER}`);
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(text, LENGTH_BYTES);
  return head;
}
