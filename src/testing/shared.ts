/**
 * For tests: the folder `../shared` beside the checkout, with checkpoints and recordings that are not part of the repository. Tests
 * look there through this file: where a folder is absent it is said once, aloud, and the tests that need it are counted as skipped.
 * `npm run test:shared` finds those tests by the folder's name, which stands in their titles.
 */
import { readdirSync, readFileSync } from 'node:fs';
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
