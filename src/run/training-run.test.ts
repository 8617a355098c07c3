/** Methods that train, in a run: on a tiny diffusion network along its own trajectories, and on a tiny language model. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { RunControl } from './control';
import type { RunEvent, RunResult } from './events';
import { prepareRun } from './prepare';
import { MemoryRunStore } from './run-store';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing';
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
