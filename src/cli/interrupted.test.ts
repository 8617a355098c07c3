/**
 * `quantize` cut off: killed at several places, asked to stop, refused to mix two runs. What comes out in the end has the bytes of a run
 * that nobody touched. The places are layers that were told as done, not moments, so that a slow machine changes nothing.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFloat32 } from '../checkpoint/dtype';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { loadFixture } from '../model/testing/fixtures';
import { joined } from '../run/testing/runs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'quantelier-cut-'));
const model = join(folder, 'tiny');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of few kernels, which every program compiles anew. What methods keep of a layer is the driver's matter, and tested there. */
const WORDS = [
  '--method',
  'rtn',
  '--calibration',
  'random',
  '--windows',
  '2',
  '--length',
  '8',
  '--held-out-windows',
  '1',
];

/** Milliseconds: each test starts a few programs, and only one that hangs takes so long. */
const HANG = 600_000;
const HANG_GUARD = { timeout: HANG };

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the bundle itself, without the script around it; `signal` comes after so many layers have been told. */
function quantize(
  out: string,
  words: readonly string[] = [],
  stop?: { signal: NodeJS.Signals; layers: number },
): Promise<Ended> {
  const cli = join(ROOT, 'dist-cli', 'cli.js');
  const child = spawn(process.execPath, [cli, 'quantize', model, ...WORDS, '--out', join(folder, out), ...words]);
  const text = { out: '', err: '' };
  let stopped = false;
  child.stdout.on('data', (chunk) => (text.out += String(chunk)));
  child.stderr.on('data', (chunk) => {
    text.err += String(chunk);
    const layers = text.err.split('\n').filter((line) => /e[+-]\d+/.test(line)).length;
    if (stop && !stopped && layers >= stop.layers) {
      stopped = true;
      child.kill(stop.signal);
    }
  });
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...text })));
}

const keptLayers = (out: string) =>
  existsSync(join(folder, out, '.quantelier-run', 'layers'))
    ? readdirSync(join(folder, out, '.quantelier-run', 'layers'))
    : [];

/** Weights byte for byte, and all figures but times. */
function outcome(out: string): { weights: Buffer; figures: string } {
  const results = JSON.parse(readFileSync(join(folder, out, 'results.json'), 'utf8')) as Record<string, unknown>;
  const { layers, blocks, rows, fullPrecision } = results;
  const figures = JSON.stringify({ layers, blocks, rows, fullPrecision }, (key, value: unknown) =>
    key === 'milliseconds' ? undefined : value,
  );
  return { weights: readFileSync(join(folder, out, 'model.safetensors')), figures };
}

beforeAll(async () => {
  const { source } = await loadFixture('llama-linear-biased');
  const tensors = [...source.tensors].map(([name, { shape, values }]) => {
    return { name, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', new Float32Array(values)) };
  });
  mkdirSync(model);
  writeFileSync(join(model, 'model.safetensors'), await joined(safetensorsBlobParts(tensors).chunks()));
  writeFileSync(join(model, 'config.json'), JSON.stringify(source.config));
  // Builds the bundle where a source is newer.
  execFileSync(process.execPath, [join(ROOT, 'scripts/cli.mjs'), 'help']);
  expect(await quantize('whole', ['--keep'])).toMatchObject({ code: 0 });
}, HANG);

describe('a run that is killed', () => {
  it('goes on to the same bytes, again and again', HANG_GUARD, async () => {
    for (const layers of [1, 9]) {
      const killed = await quantize('killed', [], { signal: 'SIGKILL', layers });
      expect(killed.signal).toBe('SIGKILL');
      expect(keptLayers('killed').length).toBeGreaterThan(0);
      expect(existsSync(join(folder, 'killed', 'model.safetensors'))).toBe(false);
    }
    const ended = await quantize('killed', ['--resume']);
    expect(ended.err).toContain('Going on from the layers that are kept.');
    expect(ended.code).toBe(0);
    expect(outcome('killed')).toEqual(outcome('whole'));
    const files = readdirSync(join(folder, 'whole')).filter((name) => name !== '.quantelier-run');
    expect(readdirSync(join(folder, 'killed')).sort()).toEqual(files.sort());
  });
});

describe('a run that is asked to stop', () => {
  it('says how to go on, refuses to mix two runs, and goes on to the same bytes', HANG_GUARD, async () => {
    const stopped = await quantize('stopped', [], { signal: 'SIGINT', layers: 3 });
    expect(stopped).toMatchObject({ code: 130, out: '' });
    expect(stopped.err).toMatch(
      /\nStopped with \d+ of \d+ layers finished, .*: the same command goes on from there\.\n$/,
    );
    const kept = keptLayers('stopped').length;
    expect(kept).toBeGreaterThan(0);

    const other = await quantize('stopped', ['--bits', '4']);
    expect(other).toMatchObject({ code: 6, out: '' });
    expect(other.err).toContain('because the recipe changed since');
    expect(keptLayers('stopped')).toHaveLength(kept);

    const dry = await quantize('nowhere', ['--dry-run']);
    expect(dry.code).toBe(0);
    expect(dry.out).toContain('Nothing was computed and nothing was written.');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);

    expect(await quantize('stopped')).toMatchObject({ code: 0 });
    expect(outcome('stopped')).toEqual(outcome('whole'));
  });
});

describe('a run that keeps its layers after success', () => {
  it('goes on for another export without the work', HANG_GUARD, async () => {
    const before = outcome('whole');
    expect(keptLayers('whole').length).toBeGreaterThan(0);
    const again = await quantize('whole', ['--resume', '--json']);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(again.out)).toHaveProperty('largestDifference');
    expect(outcome('whole')).toEqual(before);
    expect(keptLayers('whole')).toEqual([]);
  });
});
