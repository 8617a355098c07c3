/**
 * Files out of the command line. Each is written beside its place, forced to the disk, and then renamed, so that a program that is killed
 * at any byte, or a machine that loses power, leaves either the old file or the whole new one.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export async function writeParts(path: string, parts: { chunks(): AsyncIterable<Uint8Array> }): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.part`;
  const file = await open(beside, 'w');
  try {
    for await (const chunk of parts.chunks()) await file.writeFile(chunk);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

export function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  return writeParts(path, {
    async *chunks() {
      yield await Promise.resolve(bytes);
    },
  });
}

/** Forces a folder's names to the disk: a rename is one of them. Not every system can; there the order of writes must do. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
