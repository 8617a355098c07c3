/** Rows whose transforms can find nothing: said before the work where it can be, and by the layer where it cannot. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { pipelineRecipe, runPipelines } from '../../run/testing/pipelines';
import { MemoryRunStore } from '../../run/run-store';
import { prepareTiny, runToEnd, tinyCheckpoint } from '../../run/testing/runs';

const gpu = await testGpu();
const RTN = { step: 'rtn', options: { bits: 4 } };

describe('inputs that are no numbers', () => {
  it.each([
    { step: 'smooth', options: { down: true } },
    { step: 'scale_search' },
    { step: 'affine', options: { epochs: 0 } },
  ])('are said, with the layer that reads them: %j', async (step) => {
    const checkpoint = await tinyCheckpoint('qwen2', (name, values) => {
      if (/layers\.0\.mlp\.(up|gate)_proj\.weight/.test(name)) values.forEach((value, i) => (values[i] = value * 1e20));
    });
    const ran = runPipelines(gpu, 'qwen2', [[step, RTN]], checkpoint);
    await expect(ran).rejects.toMatchObject({ code: 'QS-NUM-02' });
    await expect(ran).rejects.toThrow(/^Input \d+ of model\.layers\.0\.mlp\.down_proj reaches (Infinity|NaN) in full/);
  });
});

it('a quantizer that looks at inputs beforehand is no lesson: refused before the work', async () => {
  const prepared = async (epochs: number, step: string) => {
    const steps = [{ step: 'affine', options: { epochs } }, { step }, RTN];
    return prepareTiny(gpu, await tinyCheckpoint('qwen2'), pipelineRecipe([steps], 'qwen2'));
  };
  await expect(prepared(1, 'cross_quant')).rejects.toThrow(
    /CrossQuant looks at what stages read beforehand.*choose Act/,
  );
  await expect(prepared(0, 'cross_quant')).resolves.toBeDefined();
  await expect(prepared(1, 'activations')).resolves.toBeDefined();
});

it('inputs that are all zero have ranges all the same', async () => {
  const checkpoint = await tinyCheckpoint('qwen2', (name, values) => {
    if (/layers\.0\.input_layernorm/.test(name)) values.fill(0);
  });
  const still = ['minmax', 'percentile', 'mse', 'ema'].map((observer) => {
    return { step: 'activations', options: { ranges: 'static', observer, symmetric: observer === 'mse' } };
  });
  const rows = [...still, { step: 'noisy_quant', options: { strengths: 2 } }, { step: 'cross_quant' }];
  const { result } = await runPipelines(
    gpu,
    'qwen2',
    rows.map((step) => [step, RTN]),
    checkpoint,
  );
  expect(result.rows).toHaveLength(rows.length + 1);
  for (const { kl } of result.rows) expect(kl).toSatisfy(Number.isFinite);
});

it('a loss that only rises leaves the start, and that is said', async () => {
  const own = { start: 'identity', diagonal: false, epochs: 1, rate: 0.1, condition: 1e4 };
  const steps = [
    { step: 'affine', options: own },
    { step: 'activations', options: { bits: 12 } },
  ];
  const weights = { step: 'rtn', options: { bits: 8 } };
  const recipe = pipelineRecipe([[...steps, weights]], 'qwen2');
  const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipe);
  const store = new MemoryRunStore();
  const said: string[] = [];
  await runToEnd(prepared, { gpu, store }, (event) => {
    if (event.type === 'stage' && event.stage === 'fit') said.push(event.detail);
  });
  const state = await store.loadState('view 1, step 0, block 0');
  expect(state?.numbers).toMatchObject({ epoch: 0, epochs: 1, condition: 1 });
  expect(state?.numbers.best).toBe(state?.numbers.start);
  expect(state?.numbers.last).toBeGreaterThan(state?.numbers.start ?? NaN);
  const a = state?.arrays['A 0'] ?? new Float32Array();
  const order = Math.sqrt(a.length);
  expect([...a]).toEqual(Array.from(a, (_, i) => (i % (order + 1) === 0 ? 1 : 0)));
  expect(said.filter((detail) => /at the end: the best is kept$/.test(detail)).length).toBeGreaterThan(0);
});

describe('channels that hardly vary', () => {
  it.each([1e-45, 1e-30])('keep scales that float32 holds: columns of %f', async (tiny) => {
    const checkpoint = await tinyCheckpoint('qwen2', (name, values) => {
      if (!/layers\.0\.self_attn\.[qkv]_proj\.weight/.test(name)) return;
      values.forEach((_, i) => i % 16 === 3 && (values[i] = tiny));
    });
    const steps = ['equalize', 'smooth'].map((step) => [{ step, options: { norms: true } }, RTN]);
    const { result } = await runPipelines(gpu, 'qwen2', steps, checkpoint);
    for (const view of result.views ?? []) expect(view.kl).toBeLessThan(1e-9);
  });
});

describe('steps behind what acts while the network runs', () => {
  const affine = { step: 'affine', options: { epochs: 0 } };
  const online = { step: 'rotate', options: { matrix: 'orthogonal', online: 'down' } };
  const prepared = async (...steps: object[]) =>
    prepareTiny(gpu, await tinyCheckpoint('qwen2'), pipelineRecipe([[...steps, RTN] as never], 'qwen2'));

  it.each([
    [affine, { step: 'smooth' }, /Smooth stands behind Affine, which acts .* put it before Affine, or leave it out/],
    [affine, { step: 'equalize' }, /Equalize stands behind Affine/],
    [online, { step: 'smooth', options: { norms: false, down: true } }, /Smooth stands behind Rotate/],
  ])('are refused where nothing is left to scale: %j, %j', async (first, second, sentence) => {
    await expect(prepared(first, second)).rejects.toThrow(sentence);
  });

  it('are taken where something is', async () => {
    await expect(prepared({ step: 'smooth' }, affine)).resolves.toBeDefined();
    await expect(prepared(online, { step: 'smooth', options: { down: true } })).resolves.toBeDefined();
  });
});
