/**
 * Files put together as a ZIP archive (PKWARE APPNOTE 6.3.10), stored and not compressed: weights and pictures would not get smaller. Members
 * are Blobs, read a piece at a time for their checksums and never copied: the archive is a Blob of them.
 */
import { StudioError } from '../base/errors';
import { crc32 } from '../checkpoint/crc32';

export interface ZipFile {
  /** Its path, parts divided by '/'. */
  readonly name: string;
  readonly blob: Blob;
}

/** What the format without its 64-bit extension holds. */
const LARGEST = 0xffff_ffff;
const MOST_FILES = 0xffff;
const PIECE = 8 * 2 ** 20;

/** Names in UTF-8 (bit 11 of the flags). */
const FLAGS = 0x0800;
/** 1 January 1980, midnight: the same files make the same archive. */
const DATE = 0x0021;

/** @throws QS-FILE-10 where files are too large for one archive */
export async function zipOf(files: readonly ZipFile[], largest = LARGEST): Promise<Blob> {
  const names = new Set(files.map(({ name }) => name));
  if (names.size < files.length) throw new Error('bug: two files of an archive have one name');
  const size = files.reduce((sum, { name, blob }) => sum + blob.size + 2 * name.length * 3 + 76, 22);
  if (size > largest || files.length > MOST_FILES) {
    throw new StudioError(
      'QS-FILE-10',
      `The archive would have ${size} bytes in ${files.length} files, and one holds at most ${largest} in ${MOST_FILES}: download the weights by themselves.`,
    );
  }
  const parts: BlobPart[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name, blob } of files) {
    const path = new TextEncoder().encode(name);
    const common = { crc: await checksum(blob), size: blob.size, name: path.length };
    const head = localHeader(common);
    parts.push(head, path, blob);
    directory.push(directoryEntry(common, at), path);
    at += head.length + path.length + blob.size;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  return new Blob([...parts, ...directory, endOf(files.length, length, at)], { type: 'application/zip' });
}

async function checksum(blob: Blob): Promise<number> {
  let crc = 0;
  for (let at = 0; at < blob.size; at += PIECE) {
    crc = crc32(new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer()), crc);
  }
  return crc;
}

interface Entry {
  readonly crc: number;
  readonly size: number;
  /** Bytes of its name. */
  readonly name: number;
}

/** Little-endian fields: [bytes, value]. */
function fields(...all: readonly (readonly [2 | 4, number])[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(all.reduce((sum, [bytes]) => sum + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bytes, value] of all) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return out;
}

const VERSION = 20;

function localHeader({ crc, size, name }: Entry) {
  return fields(
    ...([
      [4, 0x04034b50],
      [2, VERSION],
      [2, FLAGS],
      [2, 0],
      [2, 0],
      [2, DATE],
    ] as const),
    ...([
      [4, crc],
      [4, size],
      [4, size],
      [2, name],
      [2, 0],
    ] as const),
  );
}

function directoryEntry({ crc, size, name }: Entry, at: number) {
  return fields(
    ...([
      [4, 0x02014b50],
      [2, VERSION],
      [2, VERSION],
      [2, FLAGS],
      [2, 0],
      [2, 0],
      [2, DATE],
    ] as const),
    ...([
      [4, crc],
      [4, size],
      [4, size],
      [2, name],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, at],
    ] as const),
  );
}

function endOf(count: number, length: number, at: number) {
  return fields([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, at], [2, 0]);
}
