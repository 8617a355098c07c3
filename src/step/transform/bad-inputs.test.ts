/** Rows whose transforms can find nothing: said before the work where it can be, and by the layer where it cannot. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { pipelineRecipe, runPipelines } from '../../run/testing/pipelines';
import { prepareTiny, tinyCheckpoint } from '../../run/testing/runs';

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
