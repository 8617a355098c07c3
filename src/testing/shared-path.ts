/** For tests of every runner: where `../shared` is, without vitest, so that the browser tests can ask as well. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What the titles of tests that need the folder hold; `npm run test:shared` chooses by it. */
export const SHARED_TAG = '../shared';

const told = new Set<string>();

/** The path of a folder of `../shared` with a slash at its end, or null, said aloud once a process, where there is none. */
export function sharedPath(folder: string): string | null {
  const path = fileURLToPath(new URL(`../../../shared/${folder}/`, import.meta.url));
  if (existsSync(path)) return path;
  if (!told.has(folder))
    process.stderr.write(`\n*** ${path} is absent: the tests that need its files are SKIPPED ***\n`);
  told.add(folder);
  return null;
}
