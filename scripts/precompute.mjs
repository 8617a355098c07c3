/**
 * `node scripts/precompute.mjs`: runs the sample by the page's own default recipe on whatever adapter is in reach, and puts the result
 * where the first screen shows it, tagged as precomputed. To be repeated when the sample, the recipe or the engine's version changes.
 */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sample = join(root, 'public', 'samples', 'stories-1m');
const out = await mkdtemp(join(tmpdir(), 'quantelier-sample-'));
const words = ['cli.mjs', 'quantize', sample, '--recipe', join(sample, 'recipe.json'), '--row', '4', '--out', out];
const { status } = spawnSync(process.execPath, [join(root, 'scripts', words[0]), ...words.slice(1)], {
  stdio: 'inherit',
});
if (status === 0) await copyFile(join(out, 'results.json'), join(root, 'src', 'app', 'precomputed', 'sample-run.json'));
await rm(out, { recursive: true, force: true });
process.exit(status ?? 1);
