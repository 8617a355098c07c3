/**
 * Runs a command with the software GPU in its environment: `node scripts/with-gpu.mjs vitest run`.
 * `--browser` first gives it the npm Chromium as well.
 */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { browserEnvironment, dawnEnvironment } from './software-gpu.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const browser = words[0] === '--browser';
const [command, ...rest] = browser ? words.slice(1) : words;
if (!command) {
  console.error('usage: node scripts/with-gpu.mjs [--browser] COMMAND [ARGUMENT …]');
  process.exit(2);
}

const env = {
  ...process.env,
  ...(browser ? await browserEnvironment() : await dawnEnvironment()),
  PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
};
const child = spawn(command, rest, { stdio: 'inherit', env });
child.on('error', (error) => {
  console.error(`${command} did not start: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
