/**
 * `node scripts/fuzz.mjs [--cases 1000000] [--seed N] [--kind NAME [--first N]]`: damaged inputs of every kind that the studio reads
 * (src/testing/fuzz), each of which must get a result or one sentence with a code, within a second, in bounded memory. Prints counts by
 * kind. A case is its seed, kind and number: `--kind NAME --seed N --first NUMBER --cases 1` does it again.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildCommandLine } from './build-cli.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const text = { type: 'string' };
const { values } = parseArgs({ options: { cases: text, seed: text, kind: text, first: text, jobs: text } });
const cases = Number(values.cases ?? 1_000_000);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const jobs = Number(values.jobs ?? Math.max(1, Math.min(4, availableParallelism())));

/** Milliseconds of processor time for an answer; and by the clock without any word from a process, before it is taken to hang. */
const SLOW = 1000;
const HANGS = 120_000;
/** Cases a process: a kind is cut into these, so that jobs are even and memory begins anew. */
const PIECE = 20_000;
/** Bytes that a process may take, Node itself included. */
const MOST_MEMORY = 1.5 * 2 ** 30;

const program = join(await buildCommandLine(), 'fuzz.js');

/** Runs the program; resolves with its last word, or with how it ended and the case it was at. */
function piece(...words) {
  const child = fork(program, words.map(String), {
    env: { ...process.env, QUANTELIER_ROOT: root },
    execArgv: ['--max-old-space-size=1024'],
  });
  let at = null;
  let last = null;
  let timer = null;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), HANGS);
  };
  watch();
  child.on('message', (message) => {
    watch();
    if ('at' in message) at = message.at;
    else last = message;
  });
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(last ?? { died: `ended with ${signal ?? code} at or after case ${at}` });
    });
  });
}

console.log(`seed ${seed}`);
const { kinds } = await piece('list', cases);
const wanted = kinds.filter(({ name }) => values.kind === undefined || name === values.kind);
if (wanted.length === 0) {
  console.error(`There is no kind "${values.kind}": choose ${kinds.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const queue = wanted.flatMap(({ name, cases: own }) => {
  const all = values.kind === undefined ? own : cases;
  const first = Number(values.first ?? 0);
  const pieces = Math.ceil(all / PIECE);
  return Array.from({ length: pieces }, (_, i) => ({
    name,
    first: first + i * PIECE,
    cases: Math.min(PIECE, all - i * PIECE),
  }));
});
const sums = new Map(wanted.map(({ name }) => [name, { taken: 0, refused: 0, slowest: 0, codes: {} }]));
const faults = [];
let memory = 0;
const begun = performance.now();

/** What has come of a kind so far. */
function lineOf(name) {
  const { taken, refused, slowest, codes } = sums.get(name);
  const said = Object.entries(codes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, n]) => `${code} ${n}`);
  return (
    `${name.padEnd(30)} ${String(taken + refused).padStart(8)} cases: ${String(taken).padStart(7)} taken, ` +
    `${String(refused).padStart(7)} refused, slowest ${slowest.toFixed(0)} ms  (${said.join(', ')})`
  );
}

// Ctrl-C ends it after the pieces in work, with the counts so far.
process.on('SIGINT', () => queue.splice(0));

const left = new Map(wanted.map(({ name }) => [name, queue.filter((next) => next.name === name).length]));

async function work() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { count, rss = 0, died } = await piece(next.name, seed, next.first, next.cases, SLOW);
    memory = Math.max(memory, rss);
    if (died) faults.push(`${next.name}: the process ${died}`);
    if (rss > MOST_MEMORY)
      faults.push(`${next.name}, from case ${next.first}: ${(rss / 2 ** 20).toFixed(0)} MB were used`);
    if (!count) continue;
    for (const { index, what } of count.faults) faults.push(`${next.name}, case ${index}: ${what}`);
    const sum = sums.get(next.name);
    sum.taken += count.taken;
    sum.refused += count.refused;
    sum.slowest = Math.max(sum.slowest, count.slowest);
    for (const [code, n] of Object.entries(count.codes)) sum.codes[code] = (sum.codes[code] ?? 0) + n;
    left.set(next.name, left.get(next.name) - 1);
    if (left.get(next.name) === 0) console.log(lineOf(next.name));
  }
}
await Promise.all(Array.from({ length: jobs }, work));

const seconds = (performance.now() - begun) / 1000;
const total = [...sums.values()].reduce((sum, { taken, refused }) => sum + taken + refused, 0);
for (const name of left.keys()) if (left.get(name) > 0) console.log(`${lineOf(name)} (not all)`);
for (const fault of faults.slice(0, 40)) console.error(`FAULT ${fault}`);
console.log(
  `${total} cases in ${seconds.toFixed(0)} s (${(total / seconds).toFixed(0)}/s), at most ${(memory / 2 ** 20).toFixed(0)} MB a process, ` +
    `${faults.length} faults, seed ${seed}`,
);
process.exit(faults.length === 0 ? 0 : 1);
