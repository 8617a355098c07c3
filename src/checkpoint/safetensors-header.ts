/**
 * The JSON header of a safetensors file: which tensors there are, and where.
 * Stricter than the reference implementation where that is lax: no duplicate keys, no leading space. As strict elsewhere: whole
 * non-negative numbers, checked products, byte ranges that tile the data from its first byte to its last.
 * Knows nothing of reading: text and sizes in, ranges out.
 */
import { StudioError } from '../base/errors';
import { byteCount, elementCount, isDtype, type Dtype } from './dtype';
import { JsonScanner } from './json';
import { grouped, quoted, shapeText } from './wording';

/** More dimensions than any framework makes. */
const MOST_DIMENSIONS = 64;

/** One tensor; begin and end count from the first data byte. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** The `__metadata__` strings. */
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of the data. */
  readonly entries: readonly HeaderEntry[];
}

/** A file that is a safetensors file in no reader's eyes. */
export function malformed(file: string, what: string): StudioError {
  return new StudioError(
    'QS-FILE-04',
    `${quoted(file)} is not a valid safetensors file: ${what}; download or export it again`,
  );
}

/**
 * @param text the header, decoded
 * @param dataBytes bytes that follow it in the file
 * @param file the file's name, for the sentences
 * @throws QS-FILE-04 for a header no writer should make, QS-FILE-03 when it disagrees with the bytes present
 */
export function parseHeader(text: string, dataBytes: number, file: string): SafetensorsHeader {
  const scanner = new JsonScanner(text, (what, at) => {
    throw malformed(file, `its header breaks at character ${grouped(at)}: ${what}`);
  });
  const seen = new Set<string>();
  const metadata = new Map<string, string>();
  const entries: HeaderEntry[] = [];
  scanner.object((key) => {
    if (seen.has(key)) throw malformed(file, `its header names ${quoted(key)} twice`);
    seen.add(key);
    if (key === '__metadata__') readMetadata(scanner, metadata);
    else entries.push(readEntry(scanner, key, file));
  });
  scanner.end();
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkTiling(entries, dataBytes, file);
  return { metadata, entries };
}

function readMetadata(scanner: JsonScanner, metadata: Map<string, string>): void {
  scanner.object((key) => {
    if (metadata.has(key)) scanner.refuse(`__metadata__ names ${quoted(key)} twice`);
    if (scanner.kind() !== 'string') {
      scanner.refuse(`__metadata__ may hold only strings, but ${quoted(key)} is of kind ${scanner.kind()}`);
    }
    metadata.set(key, scanner.string());
  });
}

/** Reads {dtype, shape, data_offsets}; other members are allowed and ignored, as in the reference implementation. */
function readEntry(scanner: JsonScanner, name: string, file: string): HeaderEntry {
  const raw: { dtype?: string; shape?: number[]; data_offsets?: number[] } = {};
  scanner.object((key) => {
    if (Object.hasOwn(raw, key)) scanner.refuse(`tensor ${quoted(name)} has two values of ${quoted(key)}`);
    if (key === 'dtype') raw.dtype = scanner.string();
    else if (key === 'shape') raw.shape = readSizes(scanner, MOST_DIMENSIONS, key, name);
    else if (key === 'data_offsets') raw.data_offsets = readSizes(scanner, 2, key, name);
    else scanner.skip();
  });
  const { dtype, shape, data_offsets: range } = raw;
  if (dtype === undefined || shape === undefined || range?.length !== 2) {
    throw malformed(file, `tensor ${quoted(name)} lacks its dtype, shape or pair of data_offsets`);
  }
  if (!isDtype(dtype)) throw malformed(file, `tensor ${quoted(name)} has the unknown dtype ${quoted(dtype)}`);
  const [begin, end] = range;
  if (end < begin) {
    throw malformed(file, `tensor ${quoted(name)} ends at byte ${grouped(end)}, before its begin at ${grouped(begin)}`);
  }
  const elements = elementCount(shape);
  const bytes = elements === null ? null : byteCount(dtype, elements);
  if (bytes !== end - begin) {
    const needs =
      bytes === null
        ? `has no whole number of bytes below ${grouped(Number.MAX_SAFE_INTEGER)}`
        : `needs ${grouped(bytes)} bytes, but its range has ${grouped(end - begin)}`;
    throw malformed(file, `tensor ${quoted(name)} (${dtype}, shape ${shapeText(shape)}) ${needs}`);
  }
  return { name, dtype, shape, begin, end };
}

/** An array of at most `most` whole numbers in 0 … 2⁵³−1, each written as plain digits; `key` of tensor `name`. */
function readSizes(scanner: JsonScanner, most: number, key: string, name: string): number[] {
  const sizes: number[] = [];
  scanner.array(() => {
    if (sizes.length === most) scanner.refuse(`${key} of tensor ${quoted(name)} has more than ${most} numbers`);
    const token = scanner.numberToken();
    const size = Number(token);
    if (!/^\d+$/.test(token) || !Number.isSafeInteger(size)) {
      scanner.refuse(
        `${key} of tensor ${quoted(name)} holds ${quoted(token)}, which is not a whole number from 0 to ` +
          grouped(Number.MAX_SAFE_INTEGER),
      );
    }
    sizes.push(size);
  });
  return sizes;
}

/** The ranges must follow each other from byte 0 to the last without hole, overlap or tail. */
function checkTiling(ordered: readonly HeaderEntry[], dataBytes: number, file: string): void {
  const described = ordered.reduce((furthest, { end }) => Math.max(furthest, end), 0);
  if (described > dataBytes) {
    throw new StudioError(
      'QS-FILE-03',
      `${quoted(file)} ends early: its header describes ${grouped(described)} bytes of data but ${grouped(dataBytes)} are ` +
        'present, so the download was probably interrupted; download it again',
      { described, present: dataBytes },
    );
  }
  let expected = 0;
  for (const { name, begin, end } of ordered) {
    if (begin !== expected) {
      throw inconsistent(
        file,
        `tensor ${quoted(name)} begins at data byte ${grouped(begin)}, ` +
          `${begin < expected ? 'inside' : 'past the end of'} what comes before it, which ends at ${grouped(expected)}`,
        { begin, expected },
      );
    }
    expected = end;
  }
  if (expected < dataBytes) {
    throw inconsistent(file, `${grouped(dataBytes - expected)} bytes follow the last tensor`, {
      described: expected,
      present: dataBytes,
    });
  }
}

function inconsistent(file: string, what: string, facts: Record<string, number>): StudioError {
  return new StudioError('QS-FILE-03', `${quoted(file)} is damaged: ${what}; download or export it again`, facts);
}
