/**
 * `npm test`: types, lint with the import rule between rooms, format, unit and kernel tests on the software GPU, a production build and
 * the size of its first load, browser tests in Chromium. Runs every step even after a failure, and closes with one line of counts.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const reports = await mkdtemp(join(tmpdir(), 'quantelier-test-'));
const unitReport = join(reports, 'unit.json');
const e2eReport = join(reports, 'e2e.json');

const steps = [
  ['types', 'npm', ['run', '-s', 'types']],
  ['lint and import rule', 'npm', ['run', '-s', 'lint']],
  ['format', 'npm', ['run', '-s', 'format:check']],
  [
    'unit and kernels',
    'node',
    ['scripts/with-gpu.mjs', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile=${unitReport}`],
  ],
  ['build', 'npm', ['run', '-s', 'build']],
  ['first load', 'node', ['scripts/first-load.mjs']],
  ['browser', 'node', ['scripts/with-gpu.mjs', '--browser', 'playwright', 'test', '--reporter=list,json']],
];

function run(command, args) {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport,
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter),
    };
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env });
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

const failedSteps = [];
for (const [name, command, args] of steps) {
  const begin = performance.now();
  console.log(`\n— ${name}`);
  const code = await run(command, args);
  console.log(`— ${name}: ${code === 0 ? 'ok' : 'FAILED'} in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  if (code !== 0) failedSteps.push(name);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const unit = await readJson(unitReport);
if (unit) {
  counts.passed += unit.numPassedTests;
  counts.failed += unit.numFailedTests;
  counts.skipped += unit.numPendingTests + unit.numTodoTests;
}
const e2e = await readJson(e2eReport);
if (e2e) {
  counts.passed += e2e.stats.expected + e2e.stats.flaky;
  counts.failed += e2e.stats.unexpected;
  counts.skipped += e2e.stats.skipped;
}
await rm(reports, { recursive: true, force: true });
if (failedSteps.length > 0) console.log(`\nfailed: ${failedSteps.join(', ')}`);
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(failedSteps.length > 0 || counts.passed === 0 ? 1 : 0);

async function readJson(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null; // the step that should have written it failed and is counted as such
  }
}
