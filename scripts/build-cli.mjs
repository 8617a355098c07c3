/**
 * Bundles the command line, the benchmarks and the fuzz for Node: dist-cli/cli.js, bench.js, bench-page.js and fuzz.js. Skipped when no source is newer.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Packages that are not bundled: one is native, the others drive the browser in the page's benchmark. */
const FOUND_AT_RUN_TIME = ['webgpu', '@playwright/test', '@axe-core/playwright'];

/** Builds when needed and returns the folder. */
export async function buildCommandLine() {
  const out = join(root, 'dist-cli');
  const built = join(out, 'cli.js');
  const newest = Math.max(...(await Promise.all(['src', 'shaders', 'bench', 'e2e', 'scripts'].map(newestIn))));
  if (existsSync(built) && (await stat(built)).mtimeMs > newest) return out;
  // Beside and then renamed: two commands at once must not see half a build.
  const beside = `${out}.${process.pid}`;
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: beside,
      emptyOutDir: true,
      target: 'node20',
      copyPublicDir: false,
      rollupOptions: {
        input: {
          cli: join(root, 'src/cli/main.ts'),
          bench: join(root, 'bench/main.ts'),
          'bench-page': join(root, 'bench/page.ts'),
          fuzz: join(root, 'src/testing/fuzz/main.ts'),
        },
        external: FOUND_AT_RUN_TIME,
      },
    },
    ssr: { noExternal: true, external: FOUND_AT_RUN_TIME },
  });
  await rm(out, { recursive: true, force: true });
  await rename(beside, out).catch(async (error) => {
    await rm(beside, { recursive: true, force: true });
    if (!existsSync(built)) throw error; // another command was faster, and its build is as good
  });
  return out;
}

async function newestIn(folder) {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  const times = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath ?? entry.path, entry.name))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}
