/**
 * `node scripts/kill-test.mjs [kills] [seed]`: quantizes the sample on the command line, again and again, kills it (SIGKILL) at a random
 * moment, and lets the same command go on until it ends by itself. Each time weights and figures must be those of a run that nobody
 * killed, and nothing that looks like an export may stand there before. A command that goes on may be killed again.
 */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildCommandLine } from './build-cli.mjs';
import { dawnEnvironment } from './software-gpu.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [kills = 50, seed = Date.now() % 1e6] = process.argv.slice(2).map(Number);
const MODEL = process.env.QUANTELIER_KILL_MODEL ?? join(root, 'public', 'samples', 'stories-1m');
const WORDS = ['--method', 'gptaq', '--windows', '1', '--length', '16', '--held-out-windows', '1'];

/** Mulberry32: the moments must be the same for the same seed. */
function randomFrom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const cli = join(await buildCommandLine(), 'cli.js');
const environment = { ...process.env, ...(await dawnEnvironment()) };
const folder = mkdtempSync(join(tmpdir(), 'quantelier-kill-'));

/** Runs the command; with a moment in milliseconds it is killed then. Resolves with its status, null where it was killed. */
function quantize(out, moment = null) {
  const child = spawn(process.execPath, [cli, 'quantize', MODEL, ...WORDS, '--out', out, '--json'], {
    env: environment,
  });
  let said = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const timer = moment === null ? null : setTimeout(() => child.kill('SIGKILL'), moment);
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) console.error(said.trim());
      resolve(signal === null ? code : null);
    });
  });
}

/** What must be the same: every byte of the weights, and every figure but times. */
function printOf(out) {
  const { layers, blocks, rows, fullPrecision } = JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'));
  const timeless = (_, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { milliseconds: _time, ...rest } = value;
    return rest;
  };
  return createHash('sha256')
    .update(readFileSync(join(out, 'model.safetensors')))
    .update(JSON.stringify({ layers, blocks, rows, fullPrecision }, timeless))
    .digest('hex');
}

console.log(`seed ${seed}: ${kills} kills`);
const random = randomFrom(seed);
const whole = join(folder, 'whole');
const begun = performance.now();
if ((await quantize(whole)) !== 0) process.exit(1);
const length = performance.now() - begun;
const expected = printOf(whole);
console.log(`nobody kills it: ${(length / 1000).toFixed(1)} s, ${expected.slice(0, 16)}`);

let [killed, runs, faults] = [0, 0, 0];
const kept = [];
while (killed < kills) {
  const out = join(folder, `run-${runs++}`);
  for (;;) {
    const status = await quantize(out, killed < kills ? random() * length : null);
    if (status === null) {
      killed++;
      const layers = join(out, '.quantelier-run', 'layers');
      kept.push(existsSync(layers) ? readdirSync(layers).filter((name) => name.endsWith('.kept')).length : 0);
      // Killed after the last rename, a whole export may stand there; then it is the right one.
      if (existsSync(join(out, 'model.safetensors')) && printOf(out) !== expected) {
        console.error(`run ${runs}: after a kill an export that is not whole stands in ${out}`);
        faults++;
      }
      continue;
    }
    if (status !== 0 || printOf(out) !== expected) {
      console.error(`run ${runs}: ended with ${status}, and is not what a run that nobody kills makes`);
      faults++;
    }
    break;
  }
  rmSync(out, { recursive: true, force: true });
  console.log(`run ${runs}: ${killed} of ${kills} kills so far, ${faults} faults`);
  if (faults > 0) break;
}
rmSync(folder, { recursive: true, force: true });
console.log(`${killed} kills in ${runs} runs, with ${kept.join(' ')} layers kept at each: ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
