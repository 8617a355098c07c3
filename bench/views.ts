/**
 * `npm run bench -- views`: what views of a network cost. The same five rows in one view and in three, on a language model and on a diffusion
 * network: time and bytes, and what each view more takes of a run in one. The two are run in turns, so that a machine that slows down slows
 * down both. Of the three views one is rotated, where the network can be, or equalized, and one is smoothed, which rehearses every block.
 */
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '../src/checkpoint/checkpoint';
import { sourcesOf } from '../src/cli/folder-source';
import type { Gpu } from '../src/gpu/gpu';
import { parseRecipe } from '../src/recipe/recipe';
import { RunControl } from '../src/run/control';
import { runRecipe } from '../src/run/driver';
import { prepareRun } from '../src/run/prepare';
import type { PreparedRun } from '../src/run/prepared-run';
import { MemoryRunStore } from '../src/run/run-store';
import { measureRates, type Rates } from '../src/tensor/rate';
import { againstPlan, median } from './measure';

const ROWS = [
  { step: 'rtn', options: { bits: 4 } },
  { step: 'gptq', options: { bits: 4 } },
  { step: 'rtn', options: { bits: 3 } },
  { step: 'gptq', options: { bits: 3 } },
  { step: 'gptaq', options: { bits: 4 } },
];

interface Case {
  readonly sample: string;
  /** Of rows 3 and 4, and of row 5. */
  readonly transforms: readonly [string, string];
  readonly data: object;
}

const CASES: readonly Case[] = [
  {
    sample: 'stories-1m',
    transforms: ['rotate', 'smooth'],
    data: {
      calibration: { source: 'file', file: 'calibration.jsonl', windows: 4, length: 128, seed: 1 },
      heldOut: { file: 'heldout.jsonl', windows: 2 },
    },
  },
  {
    sample: 'shapes-dit',
    transforms: ['equalize', 'smooth'],
    data: {
      calibration: { source: 'generated', file: null, windows: 16, length: 128, seed: 1 },
      heldOut: { file: null, windows: 8 },
      sampling: { steps: 2, guidance: 2, sampler: 'ddim', images: 2 },
    },
  },
];

/** A view may take so much of a run in one view. */
const ACCEPTED = 0.25;
const TURNS = 2;

export async function views(gpu: Gpu): Promise<void> {
  const rates = await measureRates(gpu);
  for (const one of CASES) await compare(gpu, rates, one);
}

async function compare(gpu: Gpu, rates: Rates, { sample, transforms: [second, third], data }: Case): Promise<void> {
  // From dist-cli/ and from bench/ alike.
  const folder = fileURLToPath(new URL(`../public/samples/${sample}`, import.meta.url));
  const checkpoint = await openCheckpoint(await sourcesOf(folder));
  const before = [[], [], [{ step: second }], [{ step: second }], [{ step: third }]];
  const prepared = (rows: readonly object[]) =>
    prepareRun(checkpoint, parseRecipe({ version: 2, rows, ...data }), { gpu, rate: rates });
  const runs = {
    'one view': await prepared(ROWS.map((row) => ({ steps: [row] }))),
    'three views': await prepared(ROWS.map((row, r) => ({ steps: [...before[r], row] }))),
  };
  const found = Object.entries(runs).map(([name, run]) => ({ name, run, seconds: [] as number[], bytes: 0 }));
  // The first turn compiles kernels.
  for (let turn = 0; turn <= TURNS; turn++) {
    for (const one of found) {
      gpu.buffers.resetPeak();
      const seconds = await timed(gpu, one.run);
      one.bytes = gpu.buffers.peakBytes;
      if (turn > 0) one.seconds.push(seconds);
    }
  }
  for (const { name, run, seconds, bytes } of found) {
    const { plan, views: own, rows } = run;
    console.log(
      `${sample}, ${rows.length} rows in ${name} (${own.length}): ${againstPlan(plan.seconds, median(seconds))}`,
    );
    console.log(
      `  pool peak ${mib(bytes)}, planned ${mib(plan.gpuBytes)}; runs of ${seconds.map((s) => s.toFixed(1)).join(', ')} s`,
    );
  }
  const [one, three] = found;
  const more = three.run.views.length - one.run.views.length;
  const share = (of: (run: (typeof found)[number]) => number) => (of(three) / of(one) - 1) / more;
  const time = share(({ seconds }) => median(seconds));
  const verdict = time <= ACCEPTED ? 'within' : 'NOT within';
  console.log(
    `  a view takes ${percent(time)} more time (${verdict} ${percent(ACCEPTED)}) and ${percent(share(({ bytes }) => bytes))} more memory`,
  );
}

async function timed(gpu: Gpu, run: PreparedRun): Promise<number> {
  const begin = performance.now();
  const events = runRecipe(run, { gpu, store: new MemoryRunStore(), control: new RunControl() });
  for (;;) {
    const { done } = await events.next();
    if (done) return (performance.now() - begin) / 1000;
  }
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
