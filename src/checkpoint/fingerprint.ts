/**
 * Whether two checkpoints hold the same model, without reading gigabytes: SHA-256 over config.json, every tensor's name, dtype, shape and size,
 * and over 64 slices of 4 KiB spread evenly over the data. Tensors are taken in the order of their names, so the same model cut
 * into other shards has the same fingerprint. Two models that differ only between the slices are not told apart.
 */
import type { Checkpoint } from './checkpoint';
import { readExactly } from './bytes';
import type { TensorInfo } from './tensors';

const SLICES = 64;
const SLICE_BYTES = 4096;

/** 64 hexadecimal digits. */
export async function fingerprintOf(checkpoint: Pick<Checkpoint, 'tensors' | 'config'>): Promise<string> {
  const ordered = [...checkpoint.tensors.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const headers = ordered.map(({ name, dtype, shape, begin, end }) => [name, dtype, shape, end - begin]);
  const parts = [new TextEncoder().encode(JSON.stringify([checkpoint.config, headers]))];
  const total = ordered.reduce((sum, { begin, end }) => sum + end - begin, 0);
  for (const [begin, end] of slicesOf(total)) parts.push(...(await readAcross(ordered, begin, end)));
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Byte ranges of the tensors laid end to end: evenly spaced, the first at the begin and the last at the end. */
function slicesOf(total: number): [begin: number, end: number][] {
  if (total <= SLICES * SLICE_BYTES) return [[0, total]];
  return Array.from({ length: SLICES }, (_, i) => {
    const begin = Math.floor((i * (total - SLICE_BYTES)) / (SLICES - 1));
    return [begin, begin + SLICE_BYTES];
  });
}

/** Bytes begin … end−1 of the tensors laid end to end. */
async function readAcross(
  ordered: readonly TensorInfo[],
  begin: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let at = 0; // where the tensor begins among all of them
  for (const info of ordered) {
    const size = info.end - info.begin;
    const from = Math.max(begin - at, 0);
    const until = Math.min(end - at, size);
    if (from < until) parts.push(await readExactly(info.source, info.begin + from, info.begin + until));
    at += size;
  }
  return parts;
}
