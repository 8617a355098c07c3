/**
 * What a first visit fetches before there is something to read: index.html, and every script and style sheet it names, which is also
 * what those import (Vite names them as preloads). Prints the size of each, gzip -9, and fails above the budget. Sizes, not times.
 * `node scripts/first-load.mjs [folder]` looks at dist/ unless told otherwise; run it after a build.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** Bytes, gzipped: a second on a slow line. The precomputed figures are inside. */
const BUDGET = 160_000;

const folder = resolve(process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'dist'));
const page = readFileSync(join(folder, 'index.html'), 'utf8');
const named = [...page.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+\.(?:js|css))"/g)].map(
  ([, path]) => path,
);
if (!named.some((path) => path.endsWith('.js'))) {
  console.error(`${join(folder, 'index.html')} names no script: is this a build of the page?`);
  process.exit(1);
}

const sizes = ['index.html', ...new Set(named)].map((path) => ({
  path: path.replace(/^\.?\//, ''),
  bytes: gzipSync(readFileSync(join(folder, path)), { level: 9 }).length,
}));
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
const kilo = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
for (const { path, bytes } of sizes) console.log(`${kilo(bytes).padStart(9)}  ${path}`);
console.log(`${kilo(total).padStart(9)}  first load, gzip -9; the budget is ${kilo(BUDGET)}`);
if (total > BUDGET) {
  console.error(
    `The first load is ${kilo(total - BUDGET)} over its budget: load what the first screen does not show later.`,
  );
  process.exit(1);
}
