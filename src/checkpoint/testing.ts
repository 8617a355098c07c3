/**
 * For this room's tests only: files built in memory, and sources that keep count of what is read.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'fflate';
import { isStudioError, type StudioError } from '../base/errors';
import { memorySource, type ByteSource } from './bytes';
import { crc32 } from './crc32';

/** A safetensors file from a header (text or JSON value) and data (bytes, or how many zero bytes). */
export function safetensorsFile(
  header: unknown,
  data: Uint8Array | number = 0,
  name = 'model.safetensors',
): ByteSource & { readonly bytes: Uint8Array } {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const body = typeof data === 'number' ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return { ...memorySource(bytes, name), bytes };
}

/** A text file. */
export function textSource(text: string, name: string): ByteSource {
  return memorySource(new TextEncoder().encode(text), name);
}

/** Little-endian F32 bytes. */
export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A member of a ZIP archive; the later fields say things of it that need not be true. */
export interface MemberToZip {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly deflate?: boolean;
  readonly crc?: number;
  readonly method?: number;
  readonly flags?: number;
  /** The declared sizes. */
  readonly size?: number;
  readonly packed?: number;
  /** Its name in its own header. */
  readonly localName?: string;
  readonly begin?: number;
}

export interface ZipChoices {
  /** Sizes and places in 64 bits. */
  readonly large?: boolean;
  readonly comment?: string;
  /** Of the directory: another begin, another number of members. */
  readonly begin?: number;
  readonly members?: number;
}

/** A ZIP archive. */
export function zipFile(
  members: readonly MemberToZip[],
  name = 'archive.zip',
  { large = false, comment = '', ...lies }: ZipChoices = {},
): ByteSource & { readonly bytes: Uint8Array } {
  const parts: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 0;
  const put = (part: Uint8Array) => {
    parts.push(part);
    at += part.length;
  };
  for (const member of members) {
    const { bytes, deflate = false, crc = crc32(bytes), method = deflate ? 8 : 0, flags = 0 } = member;
    const { size = bytes.length, localName = member.name, begin = at } = member;
    const data = deflate ? deflateSync(bytes) : bytes;
    const { packed = data.length } = member;
    const [ownName, local] = [new TextEncoder().encode(member.name), new TextEncoder().encode(localName)];
    const extra = large
      ? packing(['u16', 1], ['u16', 24], ['u64', size], ['u64', packed], ['u64', begin])
      : new Uint8Array();
    const small = (value: number) => (large ? 0xffffffff : value);
    put(packing(['u32', 0x04034b50], ['u16', 20], ['u16', flags], ['u16', method], ['u32', 0], ['u32', crc]));
    put(packing(['u32', small(packed)], ['u32', small(size)], ['u16', local.length], ['u16', 0]));
    put(local);
    put(data);
    entries.push(
      packing(['u32', 0x02014b50], ['u32', 0x00140014], ['u16', flags], ['u16', method], ['u32', 0], ['u32', crc]),
      packing(['u32', small(packed)], ['u32', small(size)], ['u16', ownName.length], ['u16', extra.length], ['u16', 0]),
      packing(['u32', 0], ['u32', 0], ['u32', small(begin)]),
      ownName,
      extra,
    );
  }
  const begin = lies.begin ?? at;
  const count = lies.members ?? members.length;
  entries.forEach(put);
  const length = entries.reduce((sum, entry) => sum + entry.length, 0);
  if (large) {
    const record = at;
    put(
      packing(
        ['u32', 0x06064b50],
        ['u64', 44],
        ['u32', 0],
        ['u64', 0],
        ['u64', count],
        ['u64', count],
        ['u64', length],
      ),
    );
    put(packing(['u64', begin], ['u32', 0x07064b50], ['u32', 0], ['u64', record], ['u32', 1]));
  }
  put(packing(['u32', 0x06054b50], ['u32', 0], ['u16', large ? 0xffff : count], ['u16', large ? 0xffff : count]));
  put(packing(['u32', large ? 0xffffffff : length], ['u32', large ? 0xffffffff : begin], ['u16', comment.length]));
  put(new TextEncoder().encode(comment));
  const bytes = joined(parts);
  return { ...memorySource(bytes, name), bytes };
}

/** Little-endian numbers one after another. */
export function packing(...fields: readonly (readonly ['u16' | 'u32' | 'u64', number])[]): Uint8Array {
  const widths = { u16: 2, u32: 4, u64: 8 };
  return joined(
    fields.map(([kind, value]) => {
      const bytes = new Uint8Array(8);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, value % 2 ** 32, true);
      view.setUint32(4, Math.floor(value / 2 ** 32), true);
      return bytes.subarray(0, widths[kind]);
    }),
  );
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export type PicklePart = number | string | Uint8Array;

/** A pickle: numbers are bytes (opcodes), strings their text. */
export function pickled(...parts: readonly PicklePart[]): Uint8Array {
  return joined(
    parts.map((part) => {
      if (typeof part === 'number') return Uint8Array.of(part);
      return typeof part === 'string' ? new TextEncoder().encode(part) : part;
    }),
  );
}

/** A file of ./fixtures. */
export function fixture(name: string): ByteSource & { readonly bytes: Uint8Array } {
  const bytes = new Uint8Array(readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))));
  return { ...memorySource(bytes, name), bytes };
}

/** What torch and numpy themselves find in the files of ./fixtures (fixtures/make.py). */
export interface ExpectedTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** "inf" and "nan" as strings. */
  readonly values: readonly (number | string)[];
}

export function expectedTensors(file: string): ReadonlyMap<string, ExpectedTensor> {
  const lines = new TextDecoder().decode(fixture('expected.jsonl').bytes).trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { file: string; tensors: Record<string, ExpectedTensor> });
  const found = records.find((record) => record.file === file);
  if (found === undefined) throw new Error(`expected.jsonl has no ${file}`);
  return new Map(Object.entries(found.tensors));
}

/** A source of any size that is zero but for some pieces. */
export function sparseSource(
  name: string,
  size: number,
  pieces: readonly { at: number; bytes: Uint8Array }[],
): ByteSource {
  return {
    name,
    size,
    read(begin, end) {
      const bytes = new Uint8Array(end - begin);
      for (const piece of pieces) {
        const from = Math.max(begin, piece.at);
        const until = Math.min(end, piece.at + piece.bytes.length);
        if (from < until) bytes.set(piece.bytes.subarray(from - piece.at, until - piece.at), from - begin);
      }
      return Promise.resolve(bytes);
    },
  };
}

/** A source that notes how much is read of it. */
export function counted(source: ByteSource): ByteSource & { readonly largest: number; readonly total: number } {
  let largest = 0;
  let total = 0;
  return {
    name: source.name,
    size: source.size,
    read(begin, end) {
      largest = Math.max(largest, end - begin);
      total += end - begin;
      return source.read(begin, end);
    },
    get largest() {
      return largest;
    },
    get total() {
      return total;
    },
  };
}

/** The StudioError a promise rejects with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<StudioError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (isStudioError(outcome)) return outcome;
  throw new Error(
    `a StudioError was expected, but the promise ${outcome === null ? 'resolved' : 'rejected with another error'}`,
    {
      cause: outcome,
    },
  );
}
