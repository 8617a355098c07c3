/**
 * Damage that knows what it damages: bytes, texts and JSON values changed in the ways that files are found changed, or that a person who
 * means harm would change them. Everything follows from a seeded generator, so a case is its seed.
 */
import type { Random } from '../../base/random';

/** Sizes and offsets that readers trip over. */
const NUMBERS = [
  ...[0, 1, 2, 7, 255, 256, 65535, 65536, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53],
  ...[-1, -(2 ** 31), 0.5, -0, 1e21, 1e300, 5e-324],
];

const WORDS = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'toString',
  'length',
  '../../etc/passwd',
  '\0',
  '\u2028',
  'é🙂',
  '￿',
  'NaN',
];

export function oneOf<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)];
}

/** One to `most` changes to bytes, within [from, until) where that is said. */
export function damagedBytes(random: Random, bytes: Uint8Array, most = 4, from = 0, until = bytes.length): Uint8Array {
  let all: Uint8Array = bytes.slice();
  let end = Math.min(until, all.length);
  // Mostly one: of much damage the first is found, and nothing behind it is reached.
  for (let left = random.integer(3) > 0 ? 1 : 1 + random.integer(most); left > 0; left--) {
    const before = all.length;
    all = oneOf(random, BYTE_CHANGES)(random, all, Math.min(from, end), end);
    end = Math.max(Math.min(from, all.length), Math.min(end + all.length - before, all.length));
  }
  return all;
}

type ByteChange = (random: Random, bytes: Uint8Array, from: number, until: number) => Uint8Array;

function place(random: Random, from: number, until: number): number {
  return from + random.integer(Math.max(1, until - from));
}

const BYTE_CHANGES: readonly ByteChange[] = [
  function flipBit(random, bytes, from, until) {
    const at = place(random, from, until);
    if (at < bytes.length) bytes[at] ^= 1 << random.integer(8);
    return bytes;
  },
  function setByte(random, bytes, from, until) {
    const at = place(random, from, until);
    if (at < bytes.length) bytes[at] = oneOf(random, [0, 1, 127, 128, 255, random.integer(256)]);
    return bytes;
  },
  function setNumber(random, bytes, from, until) {
    const width = oneOf(random, [2, 4, 8]);
    const value = BigInt(Math.trunc(Math.abs(oneOf(random, NUMBERS.slice(0, 15)))));
    const at = place(random, from, until);
    for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 255n);
    return bytes;
  },
  (random, bytes, from, until) => bytes.slice(0, place(random, from, until)),
  function remove(random, bytes, from, until) {
    const at = place(random, from, until);
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(12)));
  },
  function insert(random, bytes, from, until) {
    const at = place(random, from, until);
    const added = Uint8Array.from({ length: 1 + random.integer(12) }, () => random.integer(256));
    return joined(bytes.subarray(0, at), added, bytes.subarray(at));
  },
  function repeat(random, bytes, from, until) {
    const at = place(random, from, until);
    const piece = bytes.subarray(at, at + 1 + random.integer(32));
    return joined(
      bytes.subarray(0, at),
      ...Array.from({ length: 1 + random.integer(4) }, () => piece),
      bytes.subarray(at),
    );
  },
  function exchange(random, bytes, from, until) {
    const width = 1 + random.integer(16);
    const [a, b] = [place(random, from, until), place(random, from, until)];
    for (let i = 0; i < width && a + i < bytes.length && b + i < bytes.length; i++) {
      [bytes[a + i], bytes[b + i]] = [bytes[b + i], bytes[a + i]];
    }
    return bytes;
  },
];

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes that mean nothing. */
export function anyBytes(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: random.integer(most) }, () => random.integer(256));
}

/** A text with characters removed, repeated or put in. */
export function damagedText(random: Random, text: string): string {
  let all = text;
  for (let left = 1 + random.integer(3); left > 0; left--) {
    const at = random.integer(all.length + 1);
    const until = at + random.integer(8);
    const put = oneOf(random, [
      ...['', '"', '{', '}', '[', ']', ',', ':', '\\', '\n', '\\u0000', '\ud800', '-', '.', 'e', '1e999'],
      String(oneOf(random, NUMBERS)),
      all.slice(at, until + 8),
      oneOf(random, WORDS),
    ]);
    all = all.slice(0, at) + put + all.slice(until);
  }
  return all;
}

/** The text of a JSON value with one to three changes to what it says; now and then also to how it is written. */
export function damagedJson(random: Random, value: unknown): string {
  let changed = value;
  for (let left = random.integer(3) > 0 ? 1 : 1 + random.integer(3); left > 0; left--)
    changed = changedValue(random, changed);
  const text = JSON.stringify(changed) ?? 'null';
  switch (random.integer(12)) {
    case 0:
      return damagedText(random, text);
    case 1:
      return withKeyTwice(random, text);
    case 2: {
      const deep = 1 << random.integer(random.integer(20) === 0 ? 18 : 11);
      const [open, close] = oneOf(random, [
        ['[', ']'],
        ['{"a":', '}'],
        ['[[{"b":', '}]]'],
      ]);
      // Not always closed, and not always around all of it.
      const nest = open.repeat(deep) + text + (random.integer(4) === 0 ? '' : close.repeat(deep));
      return random.integer(2) === 0 ? nest : withKeyTwice(random, text, nest);
    }
    default:
      return text;
  }
}

/** A value with one of its parts, wherever it is, changed. */
export function changedValue(random: Random, value: unknown): unknown {
  const inside = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!inside || random.integer(6) === 0) return hostileValue(random, value);
  if (Array.isArray(value)) return changedList(random, value as unknown[]);
  return changedObject(random, value as Record<string, unknown>);
}

function changedList(random: Random, list: readonly unknown[]): unknown[] {
  const at = random.integer(list.length);
  switch (random.integer(6)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, list[random.integer(list.length)]);
    case 2:
      return list.with(at, list[random.integer(list.length)]);
    default:
      return list.with(at, changedValue(random, list[at]));
  }
}

function changedObject(random: Random, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(object);
  const at = random.integer(entries.length);
  const [key, inner] = entries[at];
  const [, other] = entries[random.integer(entries.length)];
  const put = (name: string, value: unknown) => fromEntries(entries.with(at, [name, value]));
  switch (random.integer(9)) {
    case 0:
      return fromEntries(entries.toSpliced(at, 1));
    case 1:
      return put(oneOf(random, WORDS), inner);
    case 2:
      return put(key, other);
    case 3:
      return put(damagedText(random, key), inner);
    case 4:
      return fromEntries([...entries, [oneOf(random, [...WORDS, 'x'.repeat(1 << random.integer(12))]), other]]);
    default:
      return put(key, changedValue(random, inner));
  }
}

/** Object.fromEntries, but a key may be "__proto__". */
function fromEntries(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return made;
}

function hostileValue(random: Random, value: unknown): unknown {
  switch (random.integer(10)) {
    case 0:
      return null;
    case 1:
      return [];
    case 2:
      return {};
    case 3:
      return random.integer(2) === 0;
    case 4:
      return oneOf(random, [...WORDS, 'x'.repeat(1 << random.integer(14)), '/'.repeat(300), '('.repeat(40)]);
    case 5:
      return [value];
    case 6:
      return { a: value };
    case 7:
      return Array.from({ length: random.integer(40) }, () => value);
    case 8:
      return typeof value === 'number'
        ? value + oneOf(random, [-1, 1, 0.5, 8])
        : damagedText(random, typeof value === 'string' ? value : JSON.stringify(value));
    default:
      return oneOf(random, NUMBERS);
  }
}

/** One of a text's members written twice, the second time with another value. */
function withKeyTwice(random: Random, text: string, value?: string): string {
  const keys = [...text.matchAll(/"(?:[^"\\]|\\.){0,60}":/g)];
  if (keys.length === 0) return text;
  const { 0: key, index } = oneOf(random, keys);
  return `${text.slice(0, index)}${key}${value ?? oneOf(random, ['0', 'null', '{}', '[]', '"x"'])},${text.slice(index)}`;
}
