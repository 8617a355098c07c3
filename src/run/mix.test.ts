/** Mixes of finished rows: nothing is quantized anew, the choice keeps its budget, and a mix is measured as a row. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { RunControl } from './control';
import type { RunEvent } from './events';
import { assertMixable, measuredMix, mixedRecipe, mixedStore, type MixWanted } from './mix';
import type { ActivationRun } from './prepared-run';
import { MemoryRunStore } from './run-store';
import { pipelineRecipe, openTiny } from './testing/pipelines';
import { prepareTiny, runToEnd } from './testing/runs';

const gpu = await testGpu();

const rtn = (bits: number) => [{ step: 'rtn', options: { bits } }];
const ROWS = [rtn(2), rtn(4), [{ step: 'gptq', options: { bits: 3, groupSize: 8 } }]];

/** Finished rows of a recipe, beside the baseline where it adds one. */
async function finished(name: 'qwen2' | 'vit', rows = ROWS) {
  const checkpoint = await openTiny(name);
  const recipe = pipelineRecipe(rows, name);
  const run = (await prepareTiny(gpu, checkpoint, recipe)) as ActivationRun;
  const store = new MemoryRunStore();
  const result = await runToEnd(run, { gpu, store });
  const numbers = recipe.rows.map((_, i) => run.rows.findIndex(({ from }) => from === i));
  return { checkpoint, recipe, run, store, result, numbers };
}

type Finished = Awaited<ReturnType<typeof finished>>;

async function mixOf({ run, store }: Finished, wanted: MixWanted) {
  const steps = measuredMix(run, { gpu, store, control: new RunControl() }, wanted);
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}

/** The mix as a run of its own. */
async function mixed({ checkpoint, recipe, store }: Finished, mix: Awaited<ReturnType<typeof mixOf>>) {
  const run = await prepareTiny(gpu, checkpoint, mixedRecipe(recipe, mix));
  const row = run.rows.findIndex(({ from }) => from === 0);
  const kept = mixedStore(new MemoryRunStore(), store, row, mix);
  const events: RunEvent[] = [];
  const result = await runToEnd(run, { gpu, store: kept }, (event) => events.push(event));
  return { run, row, result, kept, events };
}

const bitsOf = ({ result }: Finished, row: number) =>
  result.layers.filter((layer) => layer.row === row).reduce((sum, { ledger }) => sum + (ledger?.total ?? NaN), 0);

describe.each(['qwen2', 'vit'] as const)('finished rows of %s', (name) => {
  it('are mixed within a budget, layer by layer as they are, and measured in the mix’s own stream', async () => {
    const rows = await finished(name);
    const before = gpu.buffers.bytesInUse;
    const [small, large] = [bitsOf(rows, rows.numbers[0]), bitsOf(rows, rows.numbers[1])];
    const wanted = { rows: rows.numbers, budget: Math.floor((small + large) / 2), windows: 3 };
    const mix = await mixOf(rows, wanted);
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(mix.base.row).toBe(rows.numbers[0]);
    expect(mix.picks.size).toBe(rows.run.linears.length);
    expect(mix.allocation.bits).toBeLessThanOrEqual(wanted.budget);
    expect(new Set(mix.picks.values()).size).toBeGreaterThan(1);
    const { row, result, kept, events } = await mixed(rows, mix);
    const own = result.layers.filter((layer) => layer.row === row);
    expect(own.reduce((sum, { ledger }) => sum + (ledger?.total ?? NaN), 0)).toBe(mix.allocation.bits);
    expect(Number.isFinite(result.rows[row].kl)).toBe(true);
    expect(events.some((event) => event.type === 'layer-started' && event.row === row)).toBe(false);
    for (const { index } of rows.run.linears) {
      const from = mix.rows[mix.picks.get(index) ?? -1];
      const [whole, taken] = [await rows.store.loadLayer(from.row, index), await kept.loadLayer(row, index)];
      expect(taken?.tensor).toEqual(whole?.tensor);
      expect(taken?.measured).toBeUndefined();
    }
    const again = await mixOf(rows, wanted);
    expect(again.allocation).toEqual(mix.allocation);
    expect((await mixed(rows, again)).result.rows[row].kl).toBe(result.rows[row].kl);
  });

  it('are the smallest one, to the bit, where the budget allows no more', async () => {
    const rows = await finished(name);
    const [base] = rows.numbers;
    const mix = await mixOf(rows, { rows: rows.numbers, budget: bitsOf(rows, base), windows: 2 });
    expect([...new Set(mix.picks.values())]).toEqual([0]);
    const { row, result } = await mixed(rows, mix);
    expect(result.rows[row].kl).toBe(rows.result.rows[base].kl);
    expect(result.rows[row].bitsPerWeight).toBe(rows.result.rows[base].bitsPerWeight);
    const errors = ({ layers }: typeof result, of: number) =>
      layers.filter((layer) => layer.row === of).map((layer) => layer.errors);
    expect(errors(result, row)).toEqual(errors(rows.result, base));
  });
});

describe('what cannot be mixed', () => {
  const rowsOf = async (rows: Parameters<typeof pipelineRecipe>[0]) => {
    const run = await prepareTiny(gpu, await openTiny('qwen2'), pipelineRecipe(rows, 'qwen2'));
    return run.rows.filter(({ from }) => from !== null);
  };

  it('is one row, or rows that differ in more than their weights', async () => {
    const plain = await rowsOf(ROWS);
    expect(() => assertMixable(plain.slice(0, 1))).toThrow('A mix is of two rows or more, and 1 is given');
    expect(() => assertMixable(plain)).not.toThrow();
    const turned = await rowsOf([rtn(3), [{ step: 'rotate', options: { matrix: 'orthogonal' } }, ...rtn(3)]]);
    expect(() => assertMixable(turned)).toThrow(/differ in more than their weights/);
    const rounded = await rowsOf([rtn(3), [{ step: 'activations' }, ...rtn(4)]]);
    expect(() => assertMixable(rounded)).toThrow(/differ in more than their weights/);
    const mended = await rowsOf([[...rtn(3), { step: 'eora', options: { rank: 2 } }], rtn(4)]);
    expect(() => assertMixable(mended)).toThrow(/mends layers behind their codes/);
  });

  it('is a row that is not finished, and a budget below the least', async () => {
    const rows = await finished('qwen2');
    const wanted = { rows: rows.numbers, budget: 1e9, windows: 2 };
    await expect(mixOf({ ...rows, store: new MemoryRunStore() }, wanted)).rejects.toThrow(
      /^Layer .* is not finished: resume the run first\.$/,
    );
    await expect(mixOf(rows, { ...wanted, budget: 100 })).rejects.toThrow(
      /bits a weight is asked for, and these rows take/,
    );
  });
});
