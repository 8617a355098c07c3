/**
 * The table of contents of a ZIP archive, read from its end: which members there are, and where (PKWARE APPNOTE 6.3, 4.3.12 to
 * 4.3.16; ZIP64 for what passes 32 bits). Nothing is unpacked. Stricter than unpackers are, because what is not strange is all that
 * PyTorch and NumPy write: one disk, no encryption, no name twice, no name that leaves the archive, no two members that overlap.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { grouped, quoted } from './wording';

/** More members than any checkpoint has; NumPy archives and PyTorch files hold one a tensor. */
const MOST_MEMBERS = 200_000;
const LARGEST_DIRECTORY = 64 * 2 ** 20;

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;

/** Bytes of a local header before its name. */
export const LOCAL_BYTES = 30;

export interface ZipEntry {
  readonly name: string;
  /** Stored as it is, or deflated. */
  readonly deflated: boolean;
  /** Bytes in the archive, and bytes of the member. */
  readonly packed: number;
  readonly size: number;
  readonly crc: number;
  /** Where its local header begins, and where the next member or the directory does. */
  readonly begin: number;
  readonly limit: number;
}

/** An archive that contradicts itself or ends early. */
export function damagedZip(file: string, what: string, code: 'QS-FILE-03' | 'QS-FILE-04' = 'QS-FILE-03'): StudioError {
  return new StudioError(
    code,
    `${quoted(file)} cannot be opened as a ZIP archive, which PyTorch and NumPy files are: ${what}; download or save it again`,
  );
}

/**
 * The members in the order of their place in the file; folders are left out.
 * @throws QS-FILE-03 when the archive is cut off or contradicts itself, QS-FILE-04 when it is of a kind no checkpoint is, QS-FILE-10
 *   for more members than the limit
 */
export async function readDirectory(source: ByteSource): Promise<ZipEntry[]> {
  const { begin, end, members } = await findDirectory(source);
  if (members > MOST_MEMBERS || end - begin > LARGEST_DIRECTORY) {
    throw new StudioError(
      'QS-FILE-10',
      `${quoted(source.name)} has ${grouped(members)} members in a directory of ${grouped(end - begin)} bytes, and the limits are ` +
        `${grouped(MOST_MEMBERS)} and ${grouped(LARGEST_DIRECTORY)}; save the model in several files`,
      { members, limit: MOST_MEMBERS },
    );
  }
  const entries = parseEntries(await readExactly(source, begin, end), members, source.name);
  return placed(entries, begin, source.name);
}

/** Byte range of the directory and its number of entries. */
async function findDirectory(source: ByteSource): Promise<{ begin: number; end: number; members: number }> {
  const fail = (what: string) => damagedZip(source.name, what);
  const tailBegin = Math.max(0, source.size - END_BYTES - LONGEST_COMMENT - LOCATOR_BYTES);
  const tail = viewOf(await readExactly(source, tailBegin, source.size));
  const at = endRecord(tail);
  if (at === null) throw fail('the table of contents at its end is missing, so the download was probably interrupted');
  const small = {
    disk: tail.getUint16(at + 4, true) | tail.getUint16(at + 6, true),
    here: tail.getUint16(at + 8, true),
    members: tail.getUint16(at + 10, true),
    bytes: tail.getUint32(at + 12, true),
    begin: tail.getUint32(at + 16, true),
  };
  const locator = at - LOCATOR_BYTES;
  let found = small;
  let end = tailBegin + at;
  if (locator >= 0 && tail.getUint32(locator, true) === LOCATOR_SIGNATURE) {
    const begin64 = uint64(tail, locator + 8);
    if (!(begin64 + END64_BYTES <= tailBegin + locator)) throw fail('its ZIP64 record lies outside of it');
    const record = viewOf(await readExactly(source, begin64, begin64 + END64_BYTES));
    if (record.getUint32(0, true) !== END64_SIGNATURE) throw fail('its ZIP64 record is missing');
    if (begin64 + 12 + uint64(record, 4) !== tailBegin + locator) throw fail('its ZIP64 record has another length');
    const large = {
      disk: record.getUint32(16, true) | record.getUint32(20, true) | tail.getUint32(locator + 4, true),
      here: uint64(record, 24),
      members: uint64(record, 32),
      bytes: uint64(record, 40),
      begin: uint64(record, 48),
    };
    const same = (a: number, b: number, full: number) => a === full || a === b;
    if (
      !same(small.members, large.members, 0xffff) ||
      !same(small.bytes, large.bytes, 0xffffffff) ||
      !same(small.begin, large.begin, 0xffffffff)
    ) {
      throw fail('its two tables of contents disagree');
    }
    found = large;
    end = begin64;
  }
  const { disk, here, members, bytes, begin } = found;
  if (disk !== 0 || here !== members) throw fail('it is one part of several');
  if (begin + bytes !== end) {
    throw fail(
      `its table of contents should lie from byte ${grouped(begin)} to ${grouped(begin + bytes)}, but ends at ${grouped(end)}`,
    );
  }
  return { begin, end, members };
}

/** Where the end record is in the tail: the last place with its signature whose comment fills the rest of the file. */
function endRecord(tail: DataView): number | null {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END_SIGNATURE) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return null;
}

type Unplaced = Omit<ZipEntry, 'limit'>;

function parseEntries(bytes: Uint8Array, members: number, file: string): Unplaced[] {
  const view = viewOf(bytes);
  const names = new Set<string>();
  const entries: Unplaced[] = [];
  let at = 0;
  for (let index = 0; index < members; index++) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw damagedZip(file, `entry ${grouped(index + 1)} of its table of contents is missing`);
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) throw damagedZip(file, `entry ${grouped(index + 1)} of its table of contents is cut off`);
    const name = memberName(bytes.subarray(at + ENTRY_BYTES, nameEnd), file);
    if (names.has(name)) throw damagedZip(file, `it has two members named ${quoted(name)}`, 'QS-FILE-04');
    names.add(name);
    const flags = view.getUint16(at + 8, true);
    if (flags & 1) throw damagedZip(file, `its member ${quoted(name)} is encrypted`, 'QS-FILE-04');
    const method = view.getUint16(at + 10, true);
    if (method !== 0 && method !== 8) {
      const how = `is compressed by method ${method}, and only stored and deflated ones are read`;
      throw damagedZip(file, `its member ${quoted(name)} ${how}`, 'QS-FILE-04');
    }
    const sizes = sizesOf(view, at, nameEnd, extraEnd);
    if (sizes === null) throw damagedZip(file, `its member ${quoted(name)} has no size`);
    if (method === 0 && sizes.packed !== sizes.size) {
      throw damagedZip(file, `its stored member ${quoted(name)} has two sizes`);
    }
    entries.push({ name, deflated: method === 8, crc: view.getUint32(at + 16, true), ...sizes });
    at = end;
  }
  if (at !== bytes.length) throw damagedZip(file, 'its table of contents is longer than its entries');
  return entries.filter(({ name }) => !name.endsWith('/'));
}

/** Sizes and offset, from the ZIP64 field (id 1) where the 32-bit ones are full; null when one is then missing. */
function sizesOf(view: DataView, entry: number, extraBegin: number, extraEnd: number) {
  let size = view.getUint32(entry + 24, true);
  let packed = view.getUint32(entry + 20, true);
  let begin = view.getUint32(entry + 42, true);
  const missing = [size, packed, begin].filter((value) => value === 0xffffffff).length;
  if (missing === 0) return { size, packed, begin };
  for (let at = extraBegin; at + 4 <= extraEnd; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const end = at + 4 + view.getUint16(at + 2, true);
    if (end > extraEnd || at + 4 + missing * 8 > end) return null;
    let field = at + 4;
    const next = () => uint64(view, (field += 8) - 8);
    if (size === 0xffffffff) size = next();
    if (packed === 0xffffffff) packed = next();
    if (begin === 0xffffffff) begin = next();
    return Number.isSafeInteger(size + packed + begin) ? { size, packed, begin } : null;
  }
  return null;
}

/** A name that stays inside the archive, whoever unpacks it. */
function memberName(bytes: Uint8Array, file: string): string {
  let name: string;
  try {
    name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw damagedZip(file, 'the name of a member is not valid UTF-8', 'QS-FILE-04');
  }
  const parts = name.replace(/\/$/, '').split('/');
  const leaves = parts.some((part) => part === '' || part === '.' || part === '..') || /^[a-z]:|\\|\0/i.test(name);
  if (leaves) throw damagedZip(file, `its member ${quoted(name)} would be unpacked outside of it`, 'QS-FILE-04');
  return name;
}

/** Sorts the members by their place and checks that none reaches into the next or into the directory. */
function placed(entries: readonly Unplaced[], directoryBegin: number, file: string): ZipEntry[] {
  const sorted = entries.toSorted((a, b) => a.begin - b.begin);
  return sorted.map((entry, i) => {
    const limit = sorted[i + 1]?.begin ?? directoryBegin;
    if (entry.begin + LOCAL_BYTES + entry.packed > limit) {
      throw damagedZip(file, `its member ${quoted(entry.name)} reaches into what follows it`);
    }
    return { ...entry, limit };
  });
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Exact up to 2⁵³; beyond that only its being too large matters. */
function uint64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
