/**
 * For this room's tests only: files built in memory, sources that keep count of what is read, and the ../shared folder where a
 * developer has it.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isStudioError, type StudioError } from '../base/errors';
import { memorySource, type ByteSource } from './bytes';

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

/** The files of a folder below ../shared, or null, with a loud warning, where the folder is not there. */
export function sharedFolder(path: string): Map<string, ByteSource> | null {
  const folder = fileURLToPath(new URL(`../../../shared/${path}/`, import.meta.url));
  if (!existsSync(folder)) {
    process.stderr.write(`\n*** ${folder} is absent: the tests that need its files are SKIPPED ***\n`);
    return null;
  }
  const names = readdirSync(folder);
  return new Map(names.map((name) => [name, memorySource(readFileSync(`${folder}${name}`), name)]));
}
