/** SmoothAttention: scales that queries and keys share, the function kept, to the bit where they are powers of two, and whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { tiedScales, type KeyHeads } from '../../model/view/key-scales';
import { expectSteady, runPipelines, type TinyName } from '../../run/testing/pipelines';

const gpu = await testGpu();

const heads: KeyHeads = { stage: 0, heads: 4, keyHeads: 2, dim: 6, turned: 4, shared: false };

it('ties channels that rotary positions turn into each other, and heads that share a norm', () => {
  const scales = [1, 2, 3, 4, 5, 6, 7, 1, 2, 9, 3, 4];
  expect([...tiedScales(heads, scales)]).toEqual([3, 4, 3, 4, 5, 6, 7, 9, 7, 9, 3, 4]);
  expect([...tiedScales({ ...heads, turned: 0 }, scales)]).toEqual(scales);
  expect([...tiedScales({ ...heads, shared: true }, scales)]).toEqual([7, 9, 7, 9, 5, 6, 7, 9, 7, 9, 5, 6]);
});

describe.each<TinyName>(['qwen2', 'qwen3', 'gpt2', 'vit', 'dit'])('the function of %s', (name) => {
  it('is kept, and to the bit by powers of two', async () => {
    const rows = [false, true].map((powers) => [{ step: 'smooth_keys', options: { powers } }]);
    const { result, store } = await runPipelines(gpu, name, rows);
    const [free, powers] = (result.views ?? []).map(({ kl, prediction }) => kl ?? prediction);
    expect(free).toBeLessThan(1e-9);
    expect(powers).toBe(0);
    const state = await store.loadState('view 2, step 0, block 0');
    expect([...(state?.arrays.scales ?? [])].every((scale) => Number.isInteger(Math.log2(scale)))).toBe(true);
    const chosen = await store.loadState('view 1, step 0, block 0');
    expect(new Set(chosen?.arrays.scales).size).toBeGreaterThan(1);
  });
});

it('makes what a cache of keys loses another figure, runs again and goes on to equal bits', async () => {
  const cache = { step: 'cache', options: { keyPer: 'token', groupSize: null } };
  const { result } = await expectSteady(gpu, 'qwen2', [[cache], [{ step: 'smooth_keys' }, cache]]);
  const [plain, smoothed] = result.rows.slice(-2).map(({ kl }) => kl);
  expect(smoothed).not.toBe(plain);
});
