import { isStudioError, StudioError, sentenceOf } from '../base/errors';
import { grouped, quoted } from './wording';

/**
 * A read-only run of bytes with a name and a size: the only thing a file format reader sees.
 * A dropped File, a stored Blob and a file on disk all become one; nothing is read until a range is asked for.
 */
export interface ByteSource {
  /** Path inside the dropped folder, '/'-separated, or the bare file name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes begin … end−1, copied. Rejects when the range leaves the source. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A Blob or File as a source; `slice` keeps it lazy. */
export function blobSource(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    async read(begin, end) {
      if (begin < 0 || end > blob.size || begin > end) {
        throw new RangeError(`bytes ${begin}..${end} leave ${name}, which has ${blob.size} bytes`);
      }
      return new Uint8Array(await blob.slice(begin, end).arrayBuffer());
    },
  };
}

/** Bytes already in memory as a source (tests, small generated files). */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  return {
    name,
    size: bytes.length,
    read(begin, end) {
      if (begin < 0 || end > bytes.length || begin > end) {
        return Promise.reject(new RangeError(`bytes ${begin}..${end} leave ${name}, which has ${bytes.length} bytes`));
      }
      // Not slice(): that of Node's Buffer shares memory.
      return Promise.resolve(new Uint8Array(bytes.subarray(begin, end)));
    },
  };
}

/**
 * Bytes begin … end−1 of a source, all of them: what every reader in this room goes through.
 * A file that was moved, changed or shortened since it was dropped becomes QS-FILE-03.
 */
export async function readExactly(source: ByteSource, begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await source.read(begin, end);
  } catch (error) {
    // A source that computes its bytes from others has said what is wrong.
    if (isStudioError(error)) throw error;
    throw new StudioError(
      'QS-FILE-03',
      `bytes ${grouped(begin)} to ${grouped(end)} of ${quoted(source.name)} cannot be read (${sentenceOf(error)}); ` +
        'the file may have been moved or changed since it was opened, so choose it again',
      { begin, end },
    );
  }
  if (bytes.length !== end - begin) {
    throw new StudioError(
      'QS-FILE-03',
      `${quoted(source.name)} gave ${grouped(bytes.length)} of the ${grouped(end - begin)} bytes at ${grouped(begin)}; ` +
        'the file may have changed since it was opened, so choose it again',
      { begin, end, present: bytes.length },
    );
  }
  return bytes;
}

/** The same bytes under another name (a path without its folder prefix). */
export function renamed(source: ByteSource, name: string): ByteSource {
  return { name, size: source.size, read: (begin, end) => source.read(begin, end) };
}
