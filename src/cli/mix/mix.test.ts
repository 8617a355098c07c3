/** `mix`: what it is asked for, and a mix from a recipe to a folder that opens, by rows that another command has finished. */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { encodeFloat32 } from '../../checkpoint/dtype';
import { safetensorsBlobParts } from '../../checkpoint/safetensors-write';
import { testGpu } from '../../gpu/testing/gpus';
import type { Linear } from '../../model/architecture';
import { loadFixture } from '../../model/testing/fixtures';
import { parseRecipe } from '../../recipe/recipe';
import { expandRows } from '../../recipe/rows';
import type { RunResult } from '../../run/events';
import { joined } from '../../run/testing/runs';
import { Arguments, type Call } from '../command';
import { mix } from '../commands/mix';
import { sourcesOf } from '../folder-source';
import { Interruption } from '../interrupt';
import { Screen } from '../terminal/screen';
import type { MixReport } from './report';
import { budgetIn, mixRows } from './wanted';

const gpu = await testGpu();

const RECIPE = {
  version: 2,
  rows: [2, 4, 8].map((bits) => ({ steps: [{ step: 'rtn', options: { bits } }] })),
  calibration: { source: 'random', file: null, windows: 2, length: 8, seed: 1 },
  heldOut: { file: null, windows: 1 },
};

describe('what is asked for', () => {
  const linears = [
    { rows: 8, cols: 32 },
    { rows: 4, cols: 16 },
  ] as Linear[];
  const recipe = parseRecipe(RECIPE);
  const run = { recipe, rows: expandRows(recipe) };
  const rows = (text?: string) => mixRows(new Arguments({ rows: text }), run);

  it('is bits a weight of all layers, or bytes', () => {
    expect(budgetIn('3.5', linears)).toBe(1120);
    expect(budgetIn('140B', linears)).toBe(1120);
    expect(budgetIn('0.5 kB', linears)).toBe(4000);
    for (const wrong of ['', '0', '-1', '3bit', '1 GiB'])
      expect(() => budgetIn(wrong, linears)).toThrow(/--budget is "/);
  });

  it('is all rows of the recipe, or those that are named', () => {
    expect(rows()).toEqual([0, 1, 2].map((i) => run.rows.findIndex(({ from }) => from === i)));
    expect(rows('3,1')).toHaveLength(2);
    for (const wrong of ['0,1', '1,4', '1,1', 'a,b', '1.5,2'])
      expect(() => rows(wrong)).toThrow(/from 1 to 3, like 1,2/);
    expect(() => rows('2')).toThrow(/of two rows or more/);
  });
});

describe('a mix', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantelier-mix-'));
  const model = join(folder, 'tiny');
  const recipe = join(folder, 'recipe.json');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    const { source } = await loadFixture('qwen2');
    const tensors = [...source.tensors].map(([name, { shape, values }]) => {
      return { name, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', new Float32Array(values)) };
    });
    mkdirSync(model);
    writeFileSync(join(model, 'model.safetensors'), await joined(safetensorsBlobParts(tensors).chunks()));
    writeFileSync(join(model, 'config.json'), JSON.stringify(source.config));
    writeFileSync(recipe, JSON.stringify(RECIPE));
  });

  const call = (flags: Record<string, string | boolean>): Call => ({
    words: [model],
    flags: new Arguments({ recipe, out: join(folder, 'out'), ...flags }),
    gpu: () => Promise.resolve(gpu),
    screen: new Screen({ write: () => true }, true),
    interruption: new Interruption(() => undefined),
  });

  it('is written with its choice, and opens', async () => {
    const found = (await mix.run(call({ budget: '5', 'kl-windows': '1' }))) as MixReport;
    expect(found.bitsPerWeight).toBeLessThanOrEqual(5);
    expect(found.rows.map(({ layers }) => layers).reduce((sum, layers) => sum + layers)).toBe(found.layers.length);
    expect(found.largestDifference).toBe(0);
    expect(mix.describe(found as never)).toContain(`${found.rows[0].label}: ${found.rows[0].layers} layers of it`);
    const result = JSON.parse(readFileSync(join(folder, 'out', 'results.json'), 'utf8')) as RunResult;
    const row = result.rows.find(({ allocation }) => allocation !== undefined);
    expect(row?.allocation?.candidates).toEqual(found.rows.map(({ label }) => label));
    expect(row?.bitsPerWeight).toBe(found.bitsPerWeight);
    const again = await openCheckpoint(await sourcesOf(join(folder, 'out')));
    expect(again.tensors.size).toBeGreaterThan(0);
  });

  it('is refused without a recipe, or in a format that says bits once', async () => {
    await expect(mix.run({ ...call({ budget: '5' }), flags: new Arguments({ budget: '5' }) })).rejects.toThrow(
      /--recipe is missing/,
    );
    await expect(mix.run(call({ budget: '5', format: 'gptq' }))).rejects.toThrow(/safetensors/);
  });
});
