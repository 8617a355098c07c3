/**
 * Files on disk as byte sources for the readers (src/checkpoint): one file, or a folder with what lies directly in it. Ranges are
 * read by position, so a shard of gigabytes is never in memory.
 */
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ByteSource } from '../engine';
import { StudioError } from '../base/errors';

/** The sources of a path. Throws one sentence when it does not exist. */
export async function sourcesOf(path: string): Promise<ByteSource[]> {
  const entry = await stat(path).catch(() => null);
  if (!entry) throw new StudioError('QS-FILE-03', `The path ${path} does not exist: check it.`);
  if (entry.isFile()) return [fileSource(path, basename(path), entry.size)];
  const folder = basename(path.replace(/\/+$/, '')) || path;
  const names = (await readdir(path, { withFileTypes: true })).filter((file) => file.isFile()).map((file) => file.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const file = join(path, name);
      return fileSource(file, `${folder}/${name}`, (await stat(file)).size);
    }),
  );
}

/** One file as a source called `name`. */
export function fileSource(path: string, name: string, size: number): ByteSource {
  return {
    name,
    size,
    async read(begin, end) {
      if (begin < 0 || end > size || begin > end) {
        throw new RangeError(`bytes ${begin}..${end} leave ${name}, which has ${size} bytes`);
      }
      const file = await open(path, 'r');
      try {
        const bytes = new Uint8Array(end - begin);
        let at = 0;
        while (at < bytes.length) {
          const { bytesRead } = await file.read(bytes, at, bytes.length - at, begin + at);
          if (bytesRead === 0)
            throw new StudioError('QS-FILE-03', `The file ${path} ended after ${begin + at} bytes while it was read.`);
          at += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    },
  };
}
