/**
 * Members of a ZIP archive as byte sources. A stored member is a range of the file and read as such; a deflated one is inflated as a
 * whole when it is read, within limits (a bomb stops at the size its entry declares), and the last one is kept.
 * A member's local header is read and compared with the directory before its first byte is.
 */
import { Inflate } from 'fflate';
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { crc32 } from './crc32';
import { grouped, quoted } from './wording';
import { LOCAL_BYTES, damagedZip, readDirectory, type ZipEntry } from './zip-directory';

/** A deflated member larger than this is refused: it would have to be in memory at once. */
export const LARGEST_INFLATED = 256 * 2 ** 20;
/** Above 16 MiB a member may be inflated at most 200-fold; deflate itself ends at 1032-fold. */
const ANY_RATIO_BELOW = 16 * 2 ** 20;
const STEEPEST_RATIO = 200;
/** Of a deflated member this much can be had without inflating the rest: enough for the header of an array. */
const HEAD_BYTES = 64 * 2 ** 10;

/** The checksums of an archive up to this size are checked when it is opened; of larger ones, each member's when it is first read. */
export const CHECKED_AT_ONCE = 64 * 2 ** 20;

/** Bytes checked at a time. */
const PIECE_BYTES = 4 * 2 ** 20;
/** Compressed bytes inflated at a time; at most 1032 times as many come out. */
const INFLATE_STEP = 16 * 2 ** 10;

export interface ZipMember {
  readonly name: string;
  readonly deflated: boolean;
  readonly size: number;
  /** The member's own bytes, named as the archive. */
  readonly source: ByteSource;
  /** Compares bytes and checksum, once. Rejects with QS-FILE-03 when they differ. */
  verify(): Promise<void>;
}

export interface ZipArchive {
  readonly source: ByteSource;
  readonly members: ReadonlyMap<string, ZipMember>;
}

/** Opens an archive, reading its directory only. @throws as `readDirectory` */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  const entries = await readDirectory(source);
  const kept: Kept = { entry: null, bytes: Promise.resolve(new Uint8Array()) };
  const members = new Map<string, ZipMember>();
  for (const entry of entries) members.set(entry.name, memberOf(source, entry, kept));
  return { source, members };
}

/** A small member, whole and checked. @throws QS-FILE-10 above `limit` bytes; QS-FILE-03 when it is damaged */
export async function readMember(member: ZipMember, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (member.size > limit) {
    throw new StudioError(
      'QS-FILE-10',
      `${quoted(member.name)} of ${quoted(member.source.name)} has ${grouped(member.size)} bytes and the limit for it is ` +
        `${grouped(limit)}; save the model's weights alone, or in several files`,
      { present: member.size, limit },
    );
  }
  await member.verify();
  return readExactly(member.source, 0, member.size);
}

/** Checks every stored member of an archive that is small enough to do so at once. @throws QS-FILE-03 */
export async function verifySmall({ source, members }: ZipArchive): Promise<void> {
  if (source.size > CHECKED_AT_ONCE) return;
  for (const member of members.values()) if (!member.deflated) await member.verify();
}

/** The last inflated member of an archive. */
interface Kept {
  entry: ZipEntry | null;
  bytes: Promise<Uint8Array<ArrayBuffer>>;
}

function memberOf(file: ByteSource, entry: ZipEntry, kept: Kept): ZipMember {
  const { name, deflated, size } = entry;
  const dataBegin = once(() => locate(file, entry));
  const stored = async (begin: number, end: number) => {
    const at = await dataBegin();
    return readExactly(file, at + begin, at + end);
  };
  const inflated = () => {
    if (kept.entry !== entry) {
      kept.entry = entry;
      kept.bytes = dataBegin().then((at) => inflate(file, entry, at, size));
      kept.bytes.catch(() => (kept.entry = null));
    }
    return kept.bytes;
  };
  const unpacked = async (begin: number, end: number) => {
    checkInflatable(file.name, entry);
    if (end <= HEAD_BYTES && end < size && kept.entry !== entry) {
      return (await inflate(file, entry, await dataBegin(), end)).slice(begin, end);
    }
    return (await inflated()).slice(begin, end);
  };
  const read = deflated ? unpacked : stored;
  const source: ByteSource = {
    name: file.name,
    size,
    async read(begin, end) {
      if (begin < 0 || end > size || begin > end) {
        throw new RangeError(`bytes ${begin}..${end} leave ${name}, which has ${size} bytes`);
      }
      return read(begin, end);
    },
  };
  const verify = once(async () => {
    if (deflated) {
      checkInflatable(file.name, entry);
      await inflated(); // which compares the checksum
      return;
    }
    let crc = 0;
    for (let at = 0; at < size; at += PIECE_BYTES) crc = crc32(await stored(at, Math.min(at + PIECE_BYTES, size)), crc);
    if (crc !== entry.crc) throw wrongChecksum(file.name, name);
    if (size === 0) await dataBegin();
  });
  return { name, deflated, size, source, verify };
}

/** Where a member's bytes begin: behind its local header, whose name and lengths are its own. */
async function locate(file: ByteSource, entry: ZipEntry): Promise<number> {
  const { name, begin, limit, packed } = entry;
  const nameBytes = new TextEncoder().encode(name);
  const header = await readExactly(file, begin, Math.min(begin + LOCAL_BYTES + nameBytes.length, limit));
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const dataBegin = begin + LOCAL_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  const agrees =
    view.getUint32(0, true) === 0x04034b50 &&
    view.getUint16(8, true) === (entry.deflated ? 8 : 0) &&
    view.getUint16(26, true) === nameBytes.length &&
    nameBytes.every((byte, i) => header[LOCAL_BYTES + i] === byte);
  if (!agrees) throw damagedZip(file.name, `its member ${quoted(name)} is not where its table of contents says`);
  if (dataBegin + packed > limit) {
    throw damagedZip(file.name, `its member ${quoted(name)} reaches into what follows it`);
  }
  return dataBegin;
}

function checkInflatable(file: string, { name, packed, size }: ZipEntry): void {
  const steep = size > ANY_RATIO_BELOW && size > packed * STEEPEST_RATIO;
  if (size <= LARGEST_INFLATED && !steep) return;
  throw new StudioError(
    'QS-FILE-10',
    `${quoted(name)} of ${quoted(file)} would grow from ${grouped(packed)} to ${grouped(size)} bytes, and a compressed member may have ` +
      `at most ${grouped(LARGEST_INFLATED)}, ${STEEPEST_RATIO} times its packed size; save it without compression`,
    { packed, unpacked: size, limit: LARGEST_INFLATED },
  );
}

/** The first `wanted` bytes of a deflated member; when that is all of it, its size and checksum must be right. */
async function inflate(
  file: ByteSource,
  { name, packed, size, crc }: ZipEntry,
  begin: number,
  wanted: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(wanted);
  let produced = 0;
  const stream = new Inflate((chunk) => {
    if (produced < wanted) out.set(chunk.subarray(0, wanted - produced), produced);
    produced += chunk.length;
  });
  const wrong = (what: string) => damagedZip(file.name, `its member ${quoted(name)} ${what}`);
  for (let at = 0; at < packed && produced <= size && !(wanted < size && produced >= wanted); at += INFLATE_STEP) {
    const bytes = await readExactly(file, begin + at, begin + Math.min(at + INFLATE_STEP, packed));
    try {
      stream.push(bytes, at + INFLATE_STEP >= packed);
    } catch {
      throw wrong('is not valid deflated data');
    }
  }
  if (produced < wanted) throw wrong(`holds ${grouped(produced)} bytes, but its entry says ${grouped(size)}`);
  if (wanted === size) {
    if (produced > size) throw wrong(`holds more than the ${grouped(size)} bytes its entry says`);
    if (crc32(out) !== crc) throw wrongChecksum(file.name, name);
  }
  return out;
}

function wrongChecksum(file: string, member: string): StudioError {
  return damagedZip(
    file,
    `the bytes of its member ${quoted(member)} do not have the checksum that was stored with them`,
  );
}

/** Runs an action at the first call; a failure is told to that caller and tried again at the next call. */
function once<T>(action: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | null = null;
  return () => {
    outcome ??= action();
    outcome.catch(() => (outcome = null));
    return outcome;
  };
}
