/**
 * The engine on a second implementation of WebGPU: wgpu, as in Firefox, which npm's `deno` carries, on the same driver. Every kernel is
 * compiled there; launches that Dawn did are done again on the same bytes; recorded layers and whole runs are computed from the start. What
 * differs is printed, and bounded.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, describe, expect, it } from 'vitest';
import { plainCheckpoint } from '../../model/testing/plain-checkpoint';
import { Gpu } from '../../gpu/gpu';
import { shaderNames, shaderSource } from '../../gpu/shader-sources';
import { imagesNpz } from '../../run/testing/npz';
import { NEEDED, outcomes, type Outcome } from './cases';
import { entryPoints } from './entry-points';
import { fromText, toText } from './exchange';
import { compareLaunch, integerOutputs, recordLaunches } from './launches';
import type { Answer, Work } from './second';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A launch on the same bytes: floats may differ by this share of the largest one. */
const LAUNCH_BOUND = 1e-6;
/** Every figure of a layer or a run may differ by this share of itself. */
const FIGURE_BOUND = 1e-6;

/** The program of npm's deno for this machine, or null where npm has none. */
function denoProgram(): string | null {
  const folder = join(ROOT, 'node_modules', '@deno');
  const packages = existsSync(folder) ? readdirSync(folder) : [];
  return (
    packages.flatMap((name) => ['deno', 'deno.exe'].map((file) => join(folder, name, file))).find(existsSync) ?? null
  );
}

const deno = denoProgram();
if (deno === null) {
  const sentence = `npm's deno has no program for ${process.platform} ${process.arch}`;
  process.stderr.write(`\n*** ${sentence}: the engine is NOT tried on a second implementation of WebGPU ***\n`);
  describe('on a second implementation of WebGPU', () => it.skip(`SKIPPED: ${sentence}`));
} else {
  describe('on a second implementation of WebGPU', () => compare(deno));
}

async function compare(program: string) {
  const folder = mkdtempSync(join(tmpdir(), 'quantelier-portability-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const files = inputFiles();
  const own: Outcome[] = [];
  const gpu = await Gpu.open((globalThis as { dawn?: GPU }).dawn, { limits: 'default' });
  afterAll(() => gpu.destroy());
  const recorded = await recordLaunches(gpu, async () => {
    for await (const outcome of outcomes(gpu, new Map(files))) own.push(outcome);
  });
  const answer = await answerOf(program, folder, { files, launches: recorded });
  print(`\nportability: Dawn beside ${answer.agent} on "${answer.adapter}"`);

  const kernels = shaderNames().flatMap((shader) => entryPoints(shader).map((entry) => `${shader}:${entry}`));

  it('compiles every kernel', () => {
    expect(kernels.length).toBeGreaterThan(100);
    expect(Object.keys(answer.compiled).sort()).toEqual(kernels.sort());
    expect(Object.entries(answer.compiled).filter(([, fault]) => fault !== null)).toEqual([]);
  });

  it('writes the same from the same bytes, kernel by kernel', () => {
    const byKernel = new Map<string, { launches: number; equal: number; relative: number; integers: number }>();
    recorded.forEach((launch, i) => {
      const { kernel } = launch;
      const key = `${kernel.shader}:${kernel.entry}`;
      const found = compareLaunch(launch, answer.launches[i], integerOutputs(kernel, shaderSource(kernel.shader)));
      const row = byKernel.get(key) ?? { launches: 0, equal: 0, relative: 0, integers: 0 };
      row.launches++;
      if (found.bitEqual) row.equal++;
      row.relative = Math.max(row.relative, found.relative);
      row.integers += found.integers;
      byKernel.set(key, row);
    });
    const rows = [...byKernel].sort(([, a], [, b]) => b.relative - a.relative || b.integers - a.integers);
    const differing = rows.filter(([, { launches, equal }]) => equal < launches);
    print(`${rows.length} of ${kernels.length} kernels launched, ${recorded.length} launches repeated:`);
    print(`${rows.length - differing.length} kernels equal to the bit; those that differ, by the largest difference:`);
    for (const [name, { launches, equal, relative, integers }] of differing) {
      print(
        `  ${name.padEnd(44)} ${`${launches - equal}/${launches}`.padStart(7)} launches  ${relative.toExponential(1)}` +
          (integers > 0 ? `  ${integers} integers` : ''),
      );
    }
    const missing = kernels.filter((kernel) => !byKernel.has(kernel));
    print(`compiled but not launched by these cases: ${missing.join(', ') || 'none'}`);
    expect(rows.filter(([, { relative }]) => relative > LAUNCH_BOUND)).toEqual([]);
    expect(rows.filter(([, { integers }]) => integers > 0)).toEqual([]);
  });

  it.each(own.map((outcome, i) => [outcome.name, i] as const))('%s', (_, i) => {
    const [expected, actual] = [own[i], answer.outcomes[i]];
    expect(actual.name).toBe(expected.name);
    expect(Object.keys(actual.figures)).toEqual(Object.keys(expected.figures));
    const differences = Object.entries(expected.figures)
      .map(([name, value]) => ({ name, value, relative: relativeTo(value, actual.figures[name]) }))
      .sort((a, b) => b.relative - a.relative);
    const apart = differences[0]?.relative ?? 0;
    const values = compareValues(expected.values, actual.values);
    print(
      `  ${expected.name.padEnd(60)} ${String(differences.length).padStart(5)} figures ` +
        (apart === 0 ? 'equal to the bit' : `within ${apart.toExponential(1)}`) +
        (expected.values ? `, ${values.different} of ${expected.values.length} values differ` : '') +
        (values.different > 0 ? `, by ${values.relative.toExponential(1)}` : ''),
    );
    expect(differences.filter(({ relative }) => relative > FIGURE_BOUND)).toEqual([]);
    // A layer's codes may tip where a weight lies between two levels; then its error says whether that mattered.
    if (differences.length === 0) expect(values.relative).toBeLessThanOrEqual(LAUNCH_BOUND);
  });
}

/** |a − b| / |b|; figures that are no numbers on both sides are equal. */
function relativeTo(expected: number, actual: number): number {
  if (Object.is(expected, actual)) return 0;
  const relative = Math.abs(actual - expected) / Math.abs(expected);
  return Number.isNaN(relative) ? Infinity : relative;
}

/** How many values differ, and by which share of the largest one at most. */
function compareValues(expected: Float32Array | null, actual: Float32Array | null) {
  let [different, apart, largest] = [0, 0, 0];
  if (expected?.length !== actual?.length) return { different: Infinity, relative: Infinity };
  expected?.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    if (Object.is(value, actual?.[i])) return;
    different++;
    const distance = Math.abs(value - (actual?.[i] ?? NaN));
    apart = Number.isNaN(distance) ? Infinity : Math.max(apart, distance);
  });
  return { different, relative: apart === 0 ? 0 : apart / (largest || 1) };
}

/** The files of the cases: recorded layers, and tiny networks with images of noise where they read images. */
function inputFiles(): [string, Uint8Array<ArrayBuffer>][] {
  const read = (path: string) => Uint8Array.from(readFileSync(ROOT + path));
  const layers = NEEDED.layers.map((name): [string, Uint8Array<ArrayBuffer>] => [
    name,
    read(`src/method/fixtures/${name}`),
  ]);
  const networks = NEEDED.networks.flatMap((name) => {
    const folders = ['fixtures', 'fixtures-vision'].map((folder) => `src/model/testing/${folder}/${name}.safetensors`);
    const bytes = read(folders.find((path) => existsSync(ROOT + path)) ?? folders[0]);
    const plain = plainCheckpoint(bytes);
    const config = JSON.parse(new TextDecoder().decode(plain.config)) as Record<string, unknown>;
    const size = Number(config.input_size);
    const image = size > 0 ? { image: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } } : {};
    const sets = size > 0 && name !== 'dit' ? ['calibration', 'heldout'] : [];
    return [
      [`${name}/model.safetensors`, plain.model],
      [`${name}/config.json`, new TextEncoder().encode(JSON.stringify({ ...config, ...image }))],
      ...sets.map((set, i) => [`${name}/${set}.npz`, imagesNpz(10 + i, size, 5, i)]),
    ] as [string, Uint8Array<ArrayBuffer>][];
  });
  return [...layers, ...networks];
}

/** Bundles the program for the second implementation, runs it there, and reads its answer. */
async function answerOf(program: string, folder: string, work: Work): Promise<Answer> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: folder,
      emptyOutDir: false,
      target: 'esnext',
      copyPublicDir: false,
      rollupOptions: { input: { second: fileURLToPath(new URL('second.ts', import.meta.url)) }, external: /^node:/ },
    },
    // Packages in their form for the web, which asks for no Node module.
    ssr: { target: 'webworker', noExternal: true },
  });
  const [from, to] = [join(folder, 'work.json'), join(folder, 'answer.json')];
  writeFileSync(from, toText(work));
  // Nothing but this folder may be read or written, and there is no network.
  const words = ['run', '--unstable-webgpu', '--no-prompt', '--no-config', '--no-lock', '--no-remote', '--no-npm'];
  const allowed = [`--allow-read=${folder}`, `--allow-write=${folder}`];
  const child = spawn(program, [...words, ...allowed, join(folder, 'second.js'), from, to], {
    cwd: folder,
    env: { ...process.env, DENO_DIR: join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => told.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  if (code !== 0) throw new Error(`deno ended with ${code}: ${Buffer.concat(told).toString('utf8').slice(-4000)}`);
  return fromText<Answer>(readFileSync(to, 'utf8'));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
