/** What is kept beside an export: whose it is, what damage does to it, who may work in it. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TrainingState } from '../../method/training';
import '../../step/faces';
import { parseRecipe } from '../../recipe/recipe';
import type { Fingerprint } from '../../run/fingerprint';
import type { StoredLayer } from '../../run/run-store';
import { KeptRun, type Start } from './kept-run';
import { lockFile } from './lock';

let out: string;
const held: KeptRun[] = [];
beforeEach(() => (out = mkdtempSync(join(tmpdir(), 'quantelier-kept-'))));
afterEach(async () => {
  for (const run of held.splice(0)) await run.release();
  rmSync(out, { recursive: true, force: true });
});

const fingerprint: Fingerprint = { model: 'm', recipe: 'r', calibration: 'c', version: 'v' };

function layer(row: number, place: number): StoredLayer {
  const errors = { weight: 0.1, hessian: null, output: 0.2, heldOutOutput: null };
  return {
    result: {
      ...{ row, layer: place, name: `layer.${place}`, errors, bitsPerWeight: 3, milliseconds: 1 },
      ...{ status: 'done', note: null, damping: null },
      ledger: undefined,
    },
    tensor: {
      ...{ kind: 'affine', rows: 1, cols: 2, bits: 3, symmetric: false, groups: 1 },
      codes: Uint8Array.of(1, place),
      scales: Float32Array.of(0.5),
      zeros: Uint8Array.of(1),
      groupOf: Uint32Array.of(0, 0),
    },
  };
}

const recipe = (alpha: number) =>
  parseRecipe({
    version: 2,
    rows: [{ steps: [{ step: 'smooth', options: { alpha } }, { step: 'rtn' }] }],
    calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
  });

async function begun(start: Start = 'auto', more: Partial<Fingerprint> = {}, said: string[] = [], asked = recipe(0.5)) {
  const run = await KeptRun.hold(out, start, (sentence) => said.push(sentence));
  held.push(run);
  const told = { adapter: 'one', model: 'net', rows: ['RTN'], layers: 2, recipe: asked };
  const wanted = { fingerprint: { ...fingerprint, ...more }, ...told };
  const count = await run.begin(wanted, start).catch(async (error: unknown) => {
    await run.release();
    throw error;
  });
  return { run, count };
}

async function withTwoLayers(): Promise<void> {
  const { run } = await begun();
  await run.store.saveLayer(0, 0, layer(0, 0));
  await run.store.saveLayer(0, 1, layer(0, 1));
  await run.release();
}

const kept = (name: string) => join(out, '.quantelier-run', name);

describe('a kept run', () => {
  it('goes on with its layers', async () => {
    await withTwoLayers();
    const { run, count } = await begun('resume');
    expect(count).toBe(2);
    expect((await run.store.loadLayer(0, 1))?.tensor).toEqual(layer(0, 1).tensor);
    expect(await run.store.loadLayer(0, 2)).toBeNull();
    await run.finish(false);
    expect(existsSync(kept(''))).toBe(false);
    expect(existsSync(out)).toBe(true);
  });

  it.each(['model', 'recipe', 'calibration', 'version'] as const)('refuses another %s, by name', async (part) => {
    await withTwoLayers();
    const names = { model: 'files', recipe: 'recipe', calibration: 'calibration', version: 'engine' };
    await expect(begun('auto', { [part]: 'other' })).rejects.toThrow(
      new RegExp(`because .*${names[part]}.* changed since.*--fresh`),
    );
    expect((await begun()).count).toBe(2);
  });

  it('says which step of another recipe changed, where the record can be read', async () => {
    await withTwoLayers();
    const other = () => begun('auto', { recipe: 'other' }, [], recipe(0.75));
    await expect(other()).rejects.toThrow(
      /recipe changed since \(row 1, Smooth: alpha was 0.5 and is 0.75\): resuming/,
    );
    const record = JSON.parse(readFileSync(kept('run.json'), 'utf8')) as object;
    for (const damaged of [undefined, 7, { rows: [{ steps: [{ step: 'gone' }] }] }]) {
      writeFileSync(kept('run.json'), JSON.stringify({ ...record, recipe: damaged }));
      await expect(other()).rejects.toThrow(/because the recipe changed since: resuming/);
    }
  });

  it('is forgotten when asked, and kept after success when asked', async () => {
    await withTwoLayers();
    const { run, count } = await begun('fresh', { recipe: 'other' });
    expect(count).toBe(0);
    await run.store.saveLayer(0, 0, layer(0, 0));
    await run.finish(true);
    expect((await begun('resume', { recipe: 'other' })).count).toBe(1);
  });

  it('with nothing finished leaves nothing, and hinders no other run', async () => {
    const { run } = await begun();
    await run.release();
    expect(readdirSync(out)).toEqual([]);
    await expect(begun('resume')).rejects.toThrow('There is no run to resume');
    expect(readdirSync(out)).toEqual([]);
    // Killed before its first layer.
    mkdirSync(kept(''));
    writeFileSync(kept('run.json'), JSON.stringify({ version: 1, fingerprint: { ...fingerprint, recipe: 'other' } }));
    expect((await begun()).count).toBe(0);
  });

  it.each(['', '{', 'null', '{"version":99}', '[]'])(
    'without a record that can be read (%j) begins anew',
    async (text) => {
      await withTwoLayers();
      writeFileSync(kept('run.json'), text);
      const { run, count } = await begun();
      expect(count).toBe(0);
      expect(await run.store.loadLayer(0, 0)).toBeNull();
    },
  );

  it('says when another adapter goes on', async () => {
    await withTwoLayers();
    const record = JSON.parse(readFileSync(kept('run.json'), 'utf8')) as object;
    writeFileSync(kept('run.json'), JSON.stringify({ ...record, adapter: 'another' }));
    const said: string[] = [];
    await begun('auto', {}, said);
    expect(said).toEqual([expect.stringContaining('begun on another and continues on one')]);
  });
});

describe('a kept layer', () => {
  it('that was cut off or damaged anywhere is done again, and said', async () => {
    await withTwoLayers();
    const path = kept('layers/0-1.kept');
    const whole = readFileSync(path);
    for (let size = 0; size < whole.length; size += 7) {
      writeFileSync(path, whole.subarray(0, size));
      const said: string[] = [];
      const { run } = await begun('auto', {}, said);
      expect(await run.store.loadLayer(0, 1), `${size} bytes`).toBeNull();
      expect(said).toEqual([expect.stringContaining('0-1.kept is damaged or was cut off')]);
      expect(await run.store.loadLayer(0, 0)).not.toBeNull();
      await run.release();
    }
  });

  it('under the name of another is not taken for it', async () => {
    await withTwoLayers();
    writeFileSync(kept('layers/1-0.kept'), readFileSync(kept('layers/0-0.kept')));
    const { run } = await begun();
    expect(await run.store.loadLayer(1, 0)).toBeNull();
  });

  it('that is half written does not count', async () => {
    await withTwoLayers();
    writeFileSync(kept('layers/0-2.kept.part'), readFileSync(kept('layers/0-1.kept')).subarray(0, 100));
    expect((await begun()).count).toBe(2);
  });
});

it('a training goes on where it stood, for its own row and block', async () => {
  const { run } = await begun();
  const state: TrainingState = { step: 3, arrays: { m: Float32Array.of(1, NaN) }, numbers: { best: Infinity } };
  await run.store.saveTraining(1, 2, state);
  await run.release();
  const again = (await begun('resume')).run;
  expect(await again.store.loadTraining(1, 2)).toEqual(state);
  expect(await again.store.loadTraining(1, 1)).toBeNull();
  await again.store.saveTraining(1, 2, null);
  expect(await again.store.loadTraining(1, 2)).toBeNull();
});

describe('the lock', () => {
  it('is held against another process that is alive, and taken over from a dead one', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    const gone = new Promise((resolve) => child.on('exit', resolve));
    const path = join(out, 'lock');
    writeFileSync(path, `${child.pid} \n`);
    await expect(lockFile(path)).rejects.toMatchObject({ code: 'QS-RUN-03' });
    child.kill('SIGKILL');
    await gone;
    const lock = await lockFile(path);
    await lock.release();
    expect(existsSync(path)).toBe(false);
  });

  // The number of a living process that began at another time: only Linux tells when one did.
  const reused = process.platform === 'linux' ? [`${process.ppid} 1`] : [];

  it.each(['', 'nonsense', '-1 5', ...reused])('that says %j is nobody’s', async (text) => {
    writeFileSync(join(out, 'lock'), text);
    await (await lockFile(join(out, 'lock'))).release();
  });
});
