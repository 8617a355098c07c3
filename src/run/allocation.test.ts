/** Rows whose layers get their own bits: measured before the march, chosen within a budget, stored, resumed and told. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { spearman } from '../numerics/fit';
import { expandRows, plannedLedgerOf } from '../recipe/rows';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import { RunControl } from './control';
import type { RowAllocation, RunEvent, RunResult } from './events';
import { MemoryRunStore } from './run-store';
import { tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';

const gpu = await testGpu();

interface Step {
  readonly step: string;
  readonly options?: object;
  readonly layers?: readonly object[];
}

function recipeOf(rows: readonly (readonly Step[])[], images: 'file' | 'generated' | null = null): Recipe {
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source: images ?? 'random', file: null, windows: 6, length: images ? 8 : 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...(images === 'generated' ? { sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 4 } } : {}),
  });
}

const allocate = (options: object = {}): Step => ({ step: 'allocate', options });
const rtn = (options: object = {}): Step => ({ step: 'rtn', options });

async function run(checkpoint: Checkpoint, recipe: Recipe, store = new MemoryRunStore()) {
  const prepared = await prepareTiny(gpu, checkpoint, recipe);
  const before = gpu.buffers.bytesInUse;
  const events: RunEvent[] = [];
  const result = await runToEnd(prepared, { gpu, store }, (event) => events.push(event));
  expect(gpu.buffers.bytesInUse).toBe(before);
  return { result, prepared, store, events };
}

/** Of the row at a place, with what it must be in any case. */
function allocationIn({ rows, layers, plan }: RunResult, row: number): RowAllocation {
  const { allocation, ledger } = rows[row];
  if (!allocation) throw new Error(`row ${row} has no allocation`);
  const stored = layers
    .filter((layer) => layer.row === row)
    .reduce((sum, layer) => sum + (layer.ledger?.total ?? NaN), 0);
  expect(allocation.bits).toBe(stored);
  expect(allocation.bits).toBe(ledger?.total);
  expect(allocation.bits).toBeLessThanOrEqual(allocation.budget);
  expect(plan.rows[row].bound).toBe(true);
  // The front is one, and the choice lies on it where it is the exact one.
  const { front } = allocation;
  for (let i = 1; i < front.length; i++) {
    expect(front[i][0]).toBeGreaterThan(front[i - 1][0]);
    expect(front[i][1]).toBeLessThan(front[i - 1][1]);
  }
  return allocation;
}

const stripped = ({ rows, layers, blocks, fullPrecision }: RunResult) => ({
  fullPrecision,
  blocks,
  rows: rows.map(({ milliseconds: _, ...row }) => row),
  layers: layers.map(({ milliseconds: _, ...layer }) => layer),
});

describe('a row that allocates', () => {
  it.each(['hessian', 'output', 'weight', 'kl', 'upgrade', 'gradient', 'trace'])(
    'by %s gives each layer its bits within the budget, and what is stored takes what was said',
    async (measure) => {
      const recipe = recipeOf([[allocate({ measure, budget: 3.5 }), rtn()]]);
      const { result, prepared } = await run(await tinyCheckpoint('qwen2'), recipe);
      const row = prepared.rows.findIndex(({ from }) => from === 0);
      const { layers, front, bits, error, exact, candidates } = allocationIn(result, row);
      expect(candidates).toEqual(['2-bit', '3-bit', '4-bit', '8-bit']);
      expect(layers).toHaveLength(prepared.linears.length);
      expect(exact).toBe(true);
      expect(front).toContainEqual([bits, error]);
      for (const { errors } of layers) {
        expect(errors.every((loss) => loss >= 0 && Number.isFinite(loss))).toBe(true);
        // Among layers that are rounded too, one may do worse for more bits.
        if (measure !== 'upgrade') expect(errors[3]).toBeLessThan(errors[0]);
      }
      // Beside it the uniform rows just below and above its budget, which are as good as any row.
      expect(result.plan.rows.map(({ label }) => label)).toEqual([
        'RTN 3-bit',
        `Allocate ${measure} → RTN 3.5-bit`,
        'RTN 4-bit',
      ]);
      const planned = result.plan.rows.map(({ bitsPerWeight }) => bitsPerWeight);
      expect(planned[1]).toBeCloseTo((planned[0] + planned[2]) / 2, 12);
      expect(result.rows.every(({ kl }) => Number.isFinite(kl))).toBe(true);
    },
  );

  it('has no smaller predicted loss than uniform rows of the same bytes, and less with a larger budget', async () => {
    const budgets = [2, 2.5, 3, 4, 8];
    const recipe = recipeOf(budgets.map((budget) => [allocate({ budget }), rtn()]));
    const { result, prepared, events } = await run(await tinyCheckpoint('gpt2'), recipe);
    const found = prepared.rows.flatMap(({ from, row }) =>
      from === null || !result.rows[row].allocation ? [] : [row],
    );
    const all = found.map((row) => allocationIn(result, row));
    for (const [i, { error, layers }] of all.entries()) {
      if (i > 0) expect(error).toBeLessThanOrEqual(all[i - 1].error);
      const at = [2, 3, 4, 8].indexOf(budgets[i]);
      if (at >= 0) expect(error).toBeLessThanOrEqual(layers.reduce((sum, { errors }) => sum + errors[at], 0));
    }
    // One table for all.
    const measured = events.filter((event) => event.type === 'stage' && event.stage === 'allocate');
    expect(measured).toHaveLength(prepared.linears.length + 1);
    expect(new Set(all.map(({ layers }) => JSON.stringify(layers.map(({ errors }) => errors)))).size).toBe(1);
  });

  it('that may keep layers loses nothing by those, in the network’s outputs too', async () => {
    for (const measure of ['kl', 'output', 'gradient']) {
      const recipe = recipeOf([[allocate({ measure, keep: true, candidates: '2,8', budget: 8 }), rtn()]]);
      const { result } = await run(await tinyCheckpoint('qwen2'), recipe);
      const row = result.rows.findIndex(({ allocation }) => allocation);
      const { layers, candidates } = allocationIn(result, row);
      expect(candidates).toEqual(['2-bit', '8-bit', 'kept']);
      expect(layers.every(({ errors }) => errors[2] === 0)).toBe(true);
      const kept = layers.filter(({ pick }) => pick === 2).map(({ layer }) => layer);
      const own = result.layers.filter((layer) => layer.row === row);
      expect(own.filter(({ errors }) => errors.weight === 0).map(({ layer }) => layer)).toEqual(kept);
    }
  });

  it('measures an upgrade of the only layer there is as its KL, above the least one', async () => {
    const layers = ['*.q_proj', '*.k_proj', '*.v_proj', '*.o_proj', '*.gate_proj', '*.up_proj', '*layers.1*'];
    const rules = layers.map((match) => ({ match, keep: true }));
    const rows = ['kl', 'upgrade'].map((measure) => [
      allocate({ measure, candidates: '2,4', budget: 3, keep: true }),
      { ...rtn(), layers: rules },
    ]);
    const { result, prepared } = await run(await tinyCheckpoint('qwen2'), recipeOf(rows));
    const [kl, upgrade] = [0, 1].map((from) => {
      const found = allocationIn(
        result,
        prepared.rows.findIndex((row) => row.from === from),
      );
      expect(found.layers).toHaveLength(1);
      return found.layers[0].errors;
    });
    for (const [i, error] of kl.entries()) {
      expect(Math.abs(upgrade[i] - (error - Math.min(...kl)))).toBeLessThan(1e-5 * Math.max(...kl));
    }
  });

  it('leaves layers alone that rules give their bits, and counts them', async () => {
    const layers = [
      { match: '*.down_proj', options: { bits: 8 } },
      { match: 'model.layers.0.self_attn.*', keep: true },
      { match: 'model.layers.1.mlp.up_proj', options: { groupSize: 8 } },
    ];
    const { result } = await run(await tinyCheckpoint('qwen2'), recipeOf([[allocate(), { ...rtn(), layers }]]));
    const row = result.rows.findIndex(({ allocation }) => allocation);
    const allocation = allocationIn(result, row);
    const named = allocation.layers.map(({ layer }) => result.plan.layers[layer].name);
    expect(named.some((name) => name.endsWith('down_proj'))).toBe(false);
    expect(named.some((name) => name.startsWith('model.layers.0.self_attn'))).toBe(false);
    expect(named).toContain('model.layers.1.mlp.up_proj');
  });

  it('gives siblings the same bits where they are tied', async () => {
    const recipe = recipeOf([[allocate({ tie: true, budget: 2.7 }), rtn()]]);
    const { result, prepared } = await run(await tinyCheckpoint('qwen2'), recipe);
    const row = result.rows.findIndex(({ allocation }) => allocation);
    const picks = new Map(
      allocationIn(result, row).layers.map(({ layer, pick }) => [prepared.linears[layer].name, pick]),
    );
    for (const block of prepared.subject?.network.blocks ?? []) {
      for (const { linears } of block.stages) expect(new Set(linears.map(({ name }) => picks.get(name))).size).toBe(1);
    }
  });

  it.each(['minimax', 'greedy'])('may be chosen for by %s, within the budget too', async (solver) => {
    const recipe = recipeOf([[allocate({ solver, measure: 'weight', budget: 3.2 }), rtn()]]);
    const { result } = await run(await tinyCheckpoint('qwen2'), recipe);
    const { error, bits, front } = allocationIn(
      result,
      result.rows.findIndex(({ allocation }) => allocation),
    );
    const best = front.filter(([size]) => size <= bits).pop() as readonly [number, number];
    expect(error).toBeGreaterThanOrEqual(best[1] * (1 - 1e-12));
  });

  it.each([
    ['vit', 'hessian'],
    ['vit', 'kl'],
    ['vim', 'hessian'],
    ['vim', 'kl'],
    ['dit', 'hessian'],
    ['dit', 'kl'],
    ['vit', 'gradient'],
    ['vim', 'gradient'],
    ['dit', 'gradient'],
  ] as const)('works on a %s by %s', async (name, measure) => {
    const steps = [allocate({ measure, budget: 3 }), rtn()];
    const recipe = recipeOf([steps], name === 'dit' ? 'generated' : 'file');
    const { result } = await run(await tinyNetwork(name), recipe);
    const { layers } = allocationIn(
      result,
      result.rows.findIndex(({ allocation }) => allocation),
    );
    expect(layers.some(({ errors }) => errors[0] > 0)).toBe(true);
  });

  it('works on a transformed view, with activations quantized and a method that compensates', async () => {
    const steps = [
      { step: 'rotate', options: { matrix: 'orthogonal', online: 'all' } },
      allocate({ budget: 3 }),
      { step: 'activations', options: { bits: 8 } },
      { step: 'gptq' },
    ];
    const { result } = await run(await tinyCheckpoint('llama3-scaled'), recipeOf([steps]));
    const row = result.rows.findIndex(({ allocation }) => allocation);
    allocationIn(result, row);
    expect(Number.isFinite(result.rows[row].kl)).toBe(true);
  });
});

describe('gradients at outputs', () => {
  it.each([
    ['qwen2', null],
    ['gpt2', null],
    ['vit', 'file'],
    ['vim', 'file'],
    ['dit', 'generated'],
  ] as const)('predict for %s what layers cost by themselves', async (name, images) => {
    const tables: Record<string, number[]> = {};
    const measures = ['kl', 'gradient', 'trace'];
    const rows = measures.map((measure) => [allocate({ measure, budget: 8, candidates: '5,8' }), rtn()]);
    const { result, prepared } = await run(
      images ? await tinyNetwork(name) : await tinyCheckpoint(name),
      recipeOf(rows, images),
    );
    for (const [from, measure] of measures.entries()) {
      const row = prepared.rows.findIndex((one) => one.from === from);
      tables[measure] = allocationIn(result, row).layers.flatMap(({ errors }) => errors);
    }
    const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
    const five = (values: readonly number[]) => values.filter((_, i) => i % 2 === 0);
    expect(spearman(tables.kl, tables.gradient)).toBeGreaterThan(0.8);
    expect(spearman(tables.kl, tables.trace)).toBeGreaterThan(0.6);
    // Of few drawn labels, and without what errors of different tokens do together (of a classifier, much): the order of magnitude.
    for (const own of [tables.gradient, tables.trace]) {
      const share = sum(five(own)) / sum(five(tables.kl));
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(3);
    }
  });
});

describe('a layer whose outputs do not meet before the end', () => {
  /** The second block's down_proj is 0 but for the first output: on three-bit levels, and beside them by a share of what that allows. */
  const beside = (share: number) =>
    tinyCheckpoint('qwen2', (name, values) => {
      if (name !== 'model.layers.1.mlp.down_proj.weight') return;
      const random = new Random(4);
      const inputs = 20;
      values.forEach((_, i) => {
        const level = [0, 7][i] ?? Math.floor(8 * random.uniform());
        const off = i < 2 ? 0 : random.uniform() - 0.5;
        values[i] = i < inputs ? (level + 0.9 * share * off) / 8 : 0;
      });
    });
  const others = ['*.q_proj', '*.k_proj', '*.v_proj', '*.o_proj', '*.gate_proj', '*.up_proj', '*layers.0*'];
  const alone = others.map((match) => ({ match, keep: true }));
  /** Of 24 tokens: what is drawn of their labels is to come near its mean. */
  const WINDOWS = 160;

  async function lossesOf(share: number) {
    const measures = ['kl', 'gradient'];
    const own = { budget: 3, candidates: '2,3', windows: WINDOWS };
    const rows = measures.map((measure) => [allocate({ measure, ...own }), { ...rtn(), layers: alone }]);
    const recipe = recipeOf(rows);
    const many = { ...recipe, calibration: { ...recipe.calibration, windows: WINDOWS, length: 24 } };
    const prepared = await prepareTiny(gpu, await beside(share), many);
    const losses = new Map<number, number>();
    const control = new RunControl();
    // The march behind it is of no interest.
    await runToEnd(prepared, { gpu, control }, (event) => {
      if (event.type !== 'allocated') return;
      losses.set(event.row, event.allocation.layers[0].errors[1]);
      if (losses.size === measures.length) control.cancel();
    });
    return measures.map((_, from) => losses.get(prepared.rows.findIndex((one) => one.from === from)) ?? NaN);
  }

  it('loses in KL what its gradients say within 5 %, and a quarter with half the error', async () => {
    const [[kl, gradient], [half]] = [await lossesOf(0.5), await lossesOf(0.25)];
    expect(kl).toBeGreaterThan(1e-5);
    expect(Math.abs(gradient / kl - 1)).toBeLessThan(0.05);
    expect(Math.abs(kl / half / 4 - 1)).toBeLessThan(0.05);
  });
});

describe('an interrupted allocation', () => {
  it.each(['hessian', 'kl', 'upgrade', 'gradient'])(
    'by %s goes on from every event of it to the same bytes',
    async (measure) => {
      const checkpoint = await tinyCheckpoint('qwen2');
      // Two layers of either block are enough to be cut off between.
      const layers = ['*.v_proj', '*.o_proj', '*.gate_proj', '*.0.self_attn.*', '*.1.mlp.*'].map((match) => {
        return { match, keep: true };
      });
      const recipe = recipeOf([[allocate({ measure, budget: 3 }), { ...rtn(), layers }]]);
      const whole = await run(checkpoint, recipe);
      const allotted = allocationIn(
        whole.result,
        whole.result.rows.findIndex(({ allocation }) => allocation),
      ).layers.length;
      expect(allotted).toBe(4);
      const prepared = await prepareTiny(gpu, checkpoint, recipe);
      const store = new MemoryRunStore();
      let sessions = 0;
      for (let ended = false; !ended;) {
        const control = new RunControl();
        let told = 0;
        const before = gpu.buffers.bytesInUse;
        await runToEnd(prepared, { gpu, store, control }, (event) => {
          if (event.type !== 'stage') return;
          if (event.stage !== 'allocate') ended = true;
          // The first of a session is told before anything is measured.
          if (event.stage !== 'allocate' || ++told === 2) control.cancel();
        });
        expect(gpu.buffers.bytesInUse).toBe(before);
        sessions++;
      }
      expect(sessions).toBe(allotted + 1);
      const resumed = await run(checkpoint, recipe, store);
      expect(resumed.events.some((event) => event.type === 'stage' && event.stage === 'allocate')).toBe(false);
      expect(stripped(resumed.result)).toEqual(stripped(whole.result));
      for (const { row } of whole.prepared.rows) {
        for (const { index } of whole.prepared.linears) {
          expect((await store.loadLayer(row, index))?.tensor).toEqual(
            (await whole.store.loadLayer(row, index))?.tensor,
          );
        }
      }
    },
  );

  it('gives the same again from the beginning', async () => {
    const checkpoint = await tinyCheckpoint('gpt2');
    const recipe = recipeOf([[allocate({ measure: 'kl', candidates: '2,4' }), rtn()]]);
    expect(stripped((await run(checkpoint, recipe)).result)).toEqual(stripped((await run(checkpoint, recipe)).result));
  });
});

describe('what cannot be allocated', () => {
  it.each([
    [[allocate({ budget: 2, candidates: '3,4' }), rtn()], /A budget of 2 bits .* 3 to 4 bits/],
    [[allocate({ budget: 8, candidates: '3,4' }), rtn()], /A budget of 8 bits .* 3 to 4 bits/],
    [
      [allocate(), { ...rtn(), layers: [{ match: '*', options: { bits: 4 } }] }],
      /rules give all \d+ layers their bits/,
    ],
  ])('is refused before any work', async (steps, sentence) => {
    await expect(prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipeOf([steps]))).rejects.toThrow(sentence);
  });

  it.each([
    [[allocate({ candidates: '4,3' }), rtn()], /candidates is "4,3": it must be rising whole numbers in 2 … 8/],
    [[allocate({ candidates: '2,16' }), rtn()], /rising whole numbers/],
    [[allocate({ candidates: [2, 3] }), rtn()], /rising whole numbers/],
    [[allocate({ budget: 1.5 }), rtn()], /budget is 1.5: it must lie in 2 … 8/],
    [[allocate()], /no step quantizes weights/],
    [[allocate(), { step: 'kmeans' }], /k-means VQ has none/],
  ])('is refused where the recipe is read: %#', (steps, sentence) => {
    expect(() => recipeOf([steps])).toThrow(sentence);
  });
});

describe('plans of rows that allocate', () => {
  it('say at most what the budget allows, rules counted', () => {
    const [, row] = expandRows(
      recipeOf([[allocate({ budget: 2.5 }), { ...rtn(), layers: [{ match: 'b', keep: true }] }]]),
    );
    const layers = [
      { name: 'a', rows: 8, cols: 16 },
      { name: 'b', rows: 8, cols: 16 },
    ];
    const of = (bits: number) => 8 * 16 * bits + 8 * (16 + bits);
    expect(plannedLedgerOf(row, layers).total).toBe((of(2) + of(3)) / 2 + 32 * 8 * 16);
  });
});
