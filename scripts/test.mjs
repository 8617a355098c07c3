/**
 * `npm test`: types, lint with the import rule between rooms, format, unit and kernel tests on the software GPU, a production build and
 * the size of its first load, browser tests in Chromium. Runs every step even after a failure, and closes with one line of counts.
 *
 * `npm run test:shared` (`--shared`) runs only the tests that need the folder `../shared`, which no clone has: their titles name it.
 * With `--brief` it leaves out the recorded runs, which take longer than all the others: an engine that changed wants them.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const reports = await mkdtemp(join(tmpdir(), 'quantelier-test-'));
const unitReport = join(reports, 'unit.json');
const taggedReport = join(reports, 'tagged.json');
const e2eReport = join(reports, 'e2e.json');

/** In the titles of the tests that need `../shared` (src/testing/shared-path.ts), as a regular expression. */
const SHARED_TITLE = '\\.\\./shared/';

const vitest = (report, ...words) => [
  'node',
  'scripts/with-gpu.mjs',
  'vitest',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile=${report}`,
  ...words,
];
const playwright = (...words) => [
  'node',
  'scripts/with-gpu.mjs',
  '--browser',
  'playwright',
  'test',
  '--reporter=list,json',
  ...words,
];

/** Whole runs of a real checkpoint. */
const RECORDED_RUNS = ['src/run/stories.test.ts'];

const onlyShared = process.argv.includes('--shared');
const brief = onlyShared && process.argv.includes('--brief');
if (brief) console.log(`Left out, since this is the brief pass: ${RECORDED_RUNS.join(', ')}.`);
const sharedTests = await unitTestsOfShared();

/** The steps of each run, in order, those of a group side by side: a name and a command. */
const STEPS = {
  all: [
    // Each of these is the work of one thread; the software GPU of the others takes all there are.
    [
      ['types and lint', 'oxlint'],
      ['import rule', 'npm', 'run', '-s', 'lint:imports'],
      ['format', 'npm', 'run', '-s', 'format:check'],
      ['build', 'npm', 'run', '-s', 'build'],
      // Several test files start it, and would each build it.
      ['build of the command line', 'node', 'scripts/cli.mjs', 'help'],
    ],
    [['first load', 'node', 'scripts/first-load.mjs']],
    [['unit, kernels and portability', ...vitest(unitReport)]],
    [['browser', ...playwright()]],
  ],
  shared: [
    [['unit, suites of ../shared', ...vitest(taggedReport, '-t', SHARED_TITLE, ...sharedTests.tagged)]],
    // Without a file vitest would run all.
    ...(sharedTests.whole.length > 0
      ? [[['unit, files with tests of ../shared', ...vitest(unitReport, ...sharedTests.whole)]]]
      : []),
    [['browser, with ../shared', ...playwright('--grep', SHARED_TITLE)]],
  ],
};

/** The counts that each report adds, by the report's file. */
const COUNTS = {
  [unitReport]: ({ testResults }) => unitCounts(testResults, () => true),
  // Tests that `-t` left out are in the report as well, as skipped; they were not asked for.
  [taggedReport]: ({ testResults }) => unitCounts(testResults, ({ fullName }) => fullName.includes('../shared/')),
  [e2eReport]: ({ stats, errors }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected + errors.length,
    skipped: stats.skipped,
  }),
};

let built = false;
const failedSteps = [];
for (const group of STEPS[onlyShared ? 'shared' : 'all']) {
  await Promise.all(group.map((step) => take(step, group.length > 1)));
}

const counts = { passed: 0, failed: 0, skipped: 0 };
for (const [file, countsOf] of Object.entries(COUNTS)) {
  const report = await readJson(file);
  if (report === null) continue; // the step that should have written it failed and is counted as such
  for (const [kind, count] of Object.entries(countsOf(report))) counts[kind] += count;
}
await rm(reports, { recursive: true, force: true });
if (failedSteps.length > 0) console.log(`\nfailed: ${failedSteps.join(', ')}`);
// A step that failed without a failed test (types, lint, a build, a crash) must not close with "0 failed".
if (counts.failed === 0) counts.failed = failedSteps.length;
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0;

/** One step; what steps side by side print is kept until they end, so that it stands together. */
async function take([name, command, ...args], together) {
  const begin = performance.now();
  if (!together) console.log(`\n— ${name}`);
  const { code, output } = await run(command, args, together);
  if (together) process.stdout.write(`\n— ${name}\n${output}`);
  console.log(`— ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  if (code !== 0) failedSteps.push(name);
  else if (name === 'build') built = true;
}

function run(command, args, together) {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport,
      // Serve what the step `build` made; where it failed, or there is no such step, the browser tests build themselves.
      QUANTELIER_BUILT: built ? '1' : '0',
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    };
    const child = spawn(command, args, { cwd: root, env, stdio: together ? ['ignore', 'pipe', 'pipe'] : 'inherit' });
    const told = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => told.push(chunk));
    const end = (code) => resolve({ code, output: Buffer.concat(told).toString('utf8') });
    child.on('error', () => end(1));
    // Not `exit`: its output may still be on the way then.
    child.on('close', (code) => end(code ?? 1));
  });
}

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

function unitCounts(testResults, asked) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults).filter(asked);
  const count = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;
  // A file that does not even load has no tests; it is one failure.
  const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return {
    passed: count('passed'),
    failed: count('failed') + unloaded.length,
    skipped: count('pending', 'skipped', 'todo', 'disabled'),
  };
}

/** Unit test files that look at `../shared`: `tagged` in suites whose titles say so, `whole` in other ways. */
async function unitTestsOfShared() {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => /\.test\.tsx?$/.test(file));
  const found = { tagged: [], whole: [] };
  for (const file of files) {
    if (brief && RECORDED_RUNS.includes(`src/${file}`)) continue;
    const text = await readFile(join(root, 'src', file), 'utf8');
    if (text.includes('describeShared(')) found.tagged.push(`src/${file}`);
    else if (/['"`](\.\.\/)+shared\/\w|shared(Path|Folder)\('/.test(text)) found.whole.push(`src/${file}`);
  }
  return found;
}
