/**
 * `node scripts/lesson-data.mjs`: cuts the lessons' pieces of layers out of the sample network (src/lesson/testing/make-layer.ts) and writes
 * them to src/lesson/data. Float64 on the host, half a minute, the same bytes every time. To be repeated when the sample changes.
 */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runnerImport } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { module } = await runnerImport(join(root, 'src/lesson/testing/make-layer.ts'), {
  root,
  configFile: false,
  logLevel: 'error',
});
const samples = join(root, 'public', 'samples');
const write = (name, file) =>
  writeFile(join(root, 'src/lesson/data', `${name}.json`), `${JSON.stringify(file, null, 2)}\n`);
for (const [name, piece] of Object.entries(module.PIECES)) {
  await write(name, await module.makeLayer(join(samples, 'stories-1m'), piece));
}
await write('other-networks', await module.makeOthers(samples));
