/**
 * For tests: the folder `../shared` beside the checkout, with checkpoints and recordings that are not part of the repository. Every test
 * that looks there does so through this file: where a folder is absent it is said once, aloud, and the tests that need it are counted
 * as skipped. `npm run test:shared` finds those tests by the folder's name, which stands in their titles.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'vitest';
import { memorySource, type ByteSource } from '../checkpoint/bytes';
import { SHARED_TAG, sharedPath } from './shared-path';

/** A suite over a folder of `../shared`, given by its path with a slash at the end; one skipped test where there is none. */
export function describeShared(folder: string, title: string, body: (path: string) => void | Promise<void>): void {
  const path = sharedPath(folder);
  const name = `${title} (${SHARED_TAG}/${folder})`;
  if (path === null) describe(name, () => it.skip(`SKIPPED: ${SHARED_TAG}/${folder} is absent`));
  else describe(name, () => body(path));
}

/** The files of a folder by name. */
export function sourcesIn(path: string): Map<string, ByteSource> {
  return new Map(readdirSync(path).map((name) => [name, memorySource(readFileSync(path + name), name)]));
}

/** Test files that look at `../shared` in another way than through this folder's helpers. */
export function strayUses(): string[] {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const files = ['src', 'e2e', 'scripts', 'bench'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  return files.filter((file) => {
    if (!/\.(ts|tsx|mjs)$/.test(file) || file.startsWith('src/testing/') || !existsSync(root + file)) return false;
    return /['"`](\.\.\/)+shared\/\w/.test(readFileSync(root + file, 'utf8'));
  });
}
