/**
 * What tells a model's files apart, one by one, so that of two runs that should be of the same model one can say which file differs. Up to
 * 32 MiB it is the file's SHA-256, as any tool gives it; of a larger file the SHA-256 of 64 slices of 4 KiB spread evenly over it, the first
 * at its begin and the last at its end, so that no large file is read whole: two that differ only between the slices are not told apart.
 */
import { readExactly, type ByteSource } from './bytes';

export interface FilePrint {
  /** Path below the folder that was dropped. */
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Of slices of it alone. */
  readonly sliced?: true;
}

/** More files than any model has that is opened here in a browser; the others are not told. */
export const MOST_PRINTS = 256;

const WHOLE = 32 * 2 ** 20;
const SLICES = 64;
const SLICE_BYTES = 4096;

/** In the order of their names. */
export async function filePrints(sources: readonly ByteSource[]): Promise<FilePrint[]> {
  const ordered = [...sources].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, MOST_PRINTS);
  const prints: FilePrint[] = [];
  // One after the other: of several large ones at once the memory would be the sum.
  for (const source of ordered) prints.push(await printOf(source));
  return prints;
}

async function printOf(source: ByteSource): Promise<FilePrint> {
  const { name, size } = source;
  const whole = size <= WHOLE;
  const bytes = whole ? await readExactly(source, 0, size) : await slicesOf(source);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { name, bytes: size, sha256, ...(whole ? {} : { sliced: true }) };
}

async function slicesOf(source: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Uint8Array(SLICES * SLICE_BYTES);
  for (let i = 0; i < SLICES; i++) {
    const begin = Math.floor((i * (source.size - SLICE_BYTES)) / (SLICES - 1));
    all.set(await readExactly(source, begin, begin + SLICE_BYTES), i * SLICE_BYTES);
  }
  return all;
}
