/** Methods that train, in a run: on a tiny diffusion network along its own trajectories, and on a tiny language model. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { RunControl } from './control';
import type { RunEvent, RunResult } from './events';
import { parseRecipe } from '../recipe/recipe';
import { prepareRun } from './prepare';
import { MemoryRunStore } from './run-store';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';
import { imageRecipe, tinyNetwork } from './testing/networks';

const gpu = await testGpu();

const FORMAT = { codewords: 8, dim: 2 };
const TRAINED = ['vq4dit', 'vimvq', 'ssvq', 'vq4all'].map((method) => {
  return { method, options: { ...FORMAT, steps: 12, batch: 4 } };
});
const KMEANS = { method: 'kmeans', options: { ...FORMAT, codebookBits: '16' } };
const SAMPLING = { steps: 4, guidance: 2, sampler: 'ddim', images: 4 };

function figures({ layers, blocks, rows }: RunResult) {
  return {
    layers: layers.map(({ errors, bitsPerWeight }) => [errors, bitsPerWeight]),
    blocks,
    images: rows.map(({ images }) => images),
  };
}

describe('layers that are trained together', () => {
  const train = { step: 'ssvq', options: { ...FORMAT, steps: 2, batch: 4 } };
  const rest = { version: 2, calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 1 } };
  it.each([
    ['rules for layers', [{ ...train, layers: [{ match: '*.mlp.*', keep: true }] }]],
    [
      'allocated bits',
      [
        { step: 'allocate', options: { budget: 3 } },
        { step: 'lsq', options: { bits: 3, steps: 2 } },
      ],
    ],
  ])('have no %s', async (words, steps) => {
    const recipe = parseRecipe({ ...rest, rows: [{ steps }], heldOut: { file: null, windows: 3 } });
    await expect(tinyCheckpoint('qwen2').then((one) => prepareTiny(gpu, one, recipe))).rejects.toThrow(words);
  });
});

describe('training in a run on a tiny DiT', async () => {
  const checkpoint = await tinyNetwork('dit');
  const recipe = imageRecipe([KMEANS, ...TRAINED], 'generated', { sampling: SAMPLING });
  const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
  const events: RunEvent[] = [];
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu }, (event) => events.push(event));
  const rowOf = (method: string) => prepared.rows.findIndex((row) => row.method === method);

  it('ends with every layer quantized and every buffer given back', () => {
    expect(result.layers).toHaveLength(prepared.linears.length * prepared.rows.length);
    expect(result.layers.filter(({ status }) => status === 'rounded')).toEqual([]);
    expect(result.layers.every(({ errors }) => Number.isFinite(errors.output))).toBe(true);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it.each(TRAINED.map(({ method }) => method))('tells how %s comes along, block by block', (method) => {
    const told = events.flatMap((event) => (event.type === 'training' && event.row === rowOf(method) ? [event] : []));
    expect(new Set(told.map(({ block }) => block))).toEqual(new Set([0, 1]));
    for (const { progress } of told) {
      expect(Number.isFinite(progress.loss)).toBe(true);
      expect(progress.settled).toBeGreaterThanOrEqual(0);
      expect(progress.usageEntropy).toBeLessThanOrEqual(1 + 1e-6);
    }
    expect(told.at(-1)?.progress.step).toBe(told.at(-1)?.progress.steps);
  });

  it('goes on in the middle of a block to the same bits', async () => {
    const store = new MemoryRunStore();
    const control = new RunControl();
    let told = 0;
    await runToEnd(prepared, { gpu, store, control, keepTrainingEvery: 0 }, ({ type }) => {
      if (type === 'training' && ++told === 3) control.cancel();
    });
    expect(told).toBe(3);
    const resumed = await runToEnd(prepared, { gpu, store });
    expect(figures(resumed)).toEqual(figures(result));
  });

  it('loses nothing when it is cancelled', async () => {
    const store = new MemoryRunStore();
    const control = new RunControl();
    const before: number[] = [];
    await runToEnd(prepared, { gpu, store, control, keepTrainingEvery: Infinity }, (event) => {
      // As from a button: while a step is at work.
      if (event.type === 'training' && before.push(event.progress.step) === 2) setTimeout(() => control.cancel());
    });
    const after: number[] = [];
    const seen = new RunControl();
    await runToEnd(prepared, { gpu, store, control: seen }, (event) => {
      if (event.type !== 'training') return;
      after.push(event.progress.step);
      seen.cancel();
    });
    expect(before.at(-1)).toBeGreaterThan(0);
    expect(after[0]).toBeGreaterThan(before.at(-1) ?? NaN);
  });
});

it('trains through a block of a language model', async () => {
  const checkpoint = await tinyCheckpoint('qwen3');
  const trained = { method: 'vq4dit', options: { ...FORMAT, steps: 60, batch: 6 } };
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe([KMEANS, trained]));
  const result = await runToEnd(prepared, { gpu });
  const mse = (method: string) => {
    const row = prepared.rows.findIndex((candidate) => candidate.method === method);
    return result.blocks.find((block) => block.row === row && block.block === 0)?.mse ?? NaN;
  };
  expect(mse('vq4dit')).toBeLessThan(mse('kmeans'));
  expect(result.rows.every(({ perplexity }) => Number.isFinite(perplexity))).toBe(true);
});

describe('where GPU memory does not reach', () => {
  const TRAINED_ALONE = { method: 'vq4dit', options: { ...FORMAT, steps: 12, batch: 4 } };
  afterEach(() => vi.restoreAllMocks());

  it('takes fewer windows a step and says so, and as many again when it goes on', async () => {
    const recipe = imageRecipe([TRAINED_ALONE], 'generated', { sampling: SAMPLING });
    const prepared = await prepareRun(await tinyNetwork('dit'), recipe, { gpu, rate: 1e9 });
    const row = prepared.rows.findIndex(({ method }) => method === 'vq4dit');
    const store = new MemoryRunStore();
    const control = new RunControl();
    const memories: unknown[] = [];
    // Of the first block 4 windows fail, and after the training was cut off everything fits.
    vi.spyOn(gpu, 'attempt').mockResolvedValueOnce(null);
    await runToEnd(prepared, { gpu, store, control, keepTrainingEvery: 0 }, (event) => {
      if (event.type !== 'training') return;
      if (event.progress.memory) memories.push(event.progress.memory);
      if (event.progress.step >= 8) control.cancel();
    });
    const result = await runToEnd(prepared, { gpu, store }, (event) => {
      if (event.type === 'training' && event.progress.memory) memories.push(event.progress.memory);
    });
    const tapeBytes = expect.any(Number) as number;
    expect(memories).toEqual([2, 2, 4].map((windows) => ({ windows, tapeBytes })));
    const notes = result.layers.filter((layer) => layer.row === row).map(({ note }) => note ?? '');
    const firstBlock = prepared.plan.layers.filter(({ block }) => block === 0).length;
    notes.forEach((note, i) => {
      const sentence = 'GPU memory did not reach for 4 windows a step: 2 were taken.';
      expect(note.includes(sentence)).toBe(i < firstBlock);
    });
  });

  it('ends with a sentence where not even one fits', async () => {
    const recipe = imageRecipe([TRAINED_ALONE], 'generated', { sampling: SAMPLING });
    const prepared = await prepareRun(await tinyNetwork('dit'), recipe, { gpu, rate: 1e9 });
    vi.spyOn(gpu, 'attempt').mockResolvedValue(null);
    await expect(runToEnd(prepared, { gpu })).rejects.toMatchObject({
      code: 'QS-GPU-05',
      message: expect.stringContaining('does not fit with one window a step') as string,
    });
  });
});
