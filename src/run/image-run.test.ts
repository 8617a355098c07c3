/** Runs on networks of images: tiny random ones of src/model/testing, on noise and on their own trajectories. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint';
import { encodeFloat32 } from '../checkpoint/dtype';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { testGpu } from '../gpu/testing/gpus';
import { loadVisionFixture, type VISION_FIXTURES } from '../model/testing/vision-fixtures';
import type { RunEvent } from './events';
import { prepareRun } from './prepare';
import { parseRecipe } from './recipe';
import { MemoryRunStore } from './run-store';
import { joined, runToEnd } from './testing';
import { imagesNpz } from './testing/npz';

const gpu = await testGpu();

async function tinyNetwork(name: (typeof VISION_FIXTURES)[number]): Promise<Checkpoint> {
  const { source } = await loadVisionFixture(name);
  const tensors = [...source.tensors].map(([tensor, { shape, values }]) => {
    return { name: tensor, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', new Float32Array(values)) };
  });
  const weights = memorySource(await joined(safetensorsBlobParts(tensors).chunks()), `${name}/model.safetensors`);
  const image = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
  const config = new TextEncoder().encode(JSON.stringify({ ...source.config, image }));
  const size = Number(source.config.input_size);
  const sets =
    name === 'dit'
      ? []
      : ['calibration', 'heldout'].map((set, i) => memorySource(imagesNpz(10 + i, size, 5, i), `${name}/${set}.npz`));
  return openCheckpoint([weights, memorySource(config, `${name}/config.json`), ...sets]);
}

const recipeOf = (rows: readonly object[], source: string, more: object = {}) =>
  parseRecipe({
    version: 1,
    rows,
    calibration: { source, file: null, windows: 8, length: 8, seed: 3 },
    heldOut: { file: null, windows: 6 },
    ...more,
  });

const ROWS = [
  { method: 'gptq', options: { bits: 4 } },
  { method: 'rescomp', options: { bits: 8 } },
  { method: 'kmeans', options: { codewords: 16, dim: 2 } },
];

describe.each(['vit', 'vim'] as const)('a run on a tiny %s', async (name) => {
  const checkpoint = await tinyNetwork(name);
  const prepared = await prepareRun(checkpoint, recipeOf(ROWS, 'file'), { gpu, rate: 1e9 });

  it('quantizes every layer and counts what is right, with its interval', async () => {
    const before = gpu.buffers.bytesInUse;
    const result = await runToEnd(prepared, { gpu });
    expect(result.layers).toHaveLength(prepared.linears.length * prepared.rows.length);
    expect(result.layers.every(({ status, errors }) => status !== 'rounded' && Number.isFinite(errors.output))).toBe(
      true,
    );
    expect(result.fullPrecision?.images?.accuracy?.images).toBe(6);
    for (const row of result.rows) {
      const { accuracy } = row.images ?? {};
      expect(accuracy?.share).toBeGreaterThanOrEqual(0);
      expect(accuracy?.interval[1]).toBeGreaterThan(accuracy?.interval[0] ?? 1);
      expect(row.kl).toBeGreaterThanOrEqual(0);
      expect(row.perplexity).toBeNull();
    }
    // Eight bits leave next to nothing to see.
    expect(result.rows[2].kl).toBeLessThan(result.rows[1].kl ?? 0);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('goes on to the same bits after a cut', async () => {
    const whole = await runToEnd(prepared, { gpu });
    const store = new MemoryRunStore();
    const events: RunEvent[] = [];
    await runToEnd(prepared, { gpu, store }, (event) => events.push(event));
    const again = await runToEnd(prepared, { gpu, store });
    const errors = (of: typeof whole) => of.layers.map((layer) => layer.errors);
    expect(errors(again)).toEqual(errors(whole));
    expect(again.rows.map(({ images, kl }) => [images, kl])).toEqual(whole.rows.map(({ images, kl }) => [images, kl]));
  });

  it('says what it needs', async () => {
    const recipe = recipeOf(ROWS, 'generated');
    await expect(prepareRun(checkpoint, recipe, { gpu, rate: 1e9 })).rejects.toThrow('generates no images');
    const bare = { ...checkpoint, images: new Map<string, never>() };
    await expect(prepareRun(bare, recipeOf(ROWS, 'file'), { gpu, rate: 1e9 })).rejects.toMatchObject({
      code: 'QS-FILE-09',
    });
  });
});

describe('a run on a tiny DiT', async () => {
  const checkpoint = await tinyNetwork('dit');
  const sampling = { steps: 4, guidance: 2, sampler: 'ddim', images: 6 };

  it('calibrates on its own trajectories and compares images from the same noise', async () => {
    const recipe = recipeOf(ROWS, 'generated', { sampling });
    const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    expect(prepared.plan.calibrationLabel).toBe('8 noisy images along 1 trajectory of 4 steps');
    const before = gpu.buffers.bytesInUse;
    const result = await runToEnd(prepared, { gpu });
    expect(gpu.buffers.bytesInUse).toBe(before);
    const [rtn, gptq, rescomp] = result.rows.map(({ images }) => images);
    expect(rescomp?.prediction).toBeLessThan(gptq?.prediction ?? 0);
    expect(rescomp?.trajectory).toBeLessThan(rtn?.trajectory ?? 0);
    expect(rtn?.samples?.pixels).toHaveLength(6 * 6 * 6 * 3);
    expect(rtn?.frechet).toBeNull();
    const again = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    expect(again.fingerprint).toEqual(prepared.fingerprint);
  });

  it('refuses a calibration it cannot have', async () => {
    await expect(prepareRun(checkpoint, recipeOf(ROWS, 'random', { sampling }), { gpu, rate: 1e9 })).rejects.toThrow(
      '"generated"',
    );
    const steps = { ...sampling, steps: 1001 };
    expect(() => recipeOf(ROWS, 'generated', { sampling: steps })).toThrow('sampling.steps is 1001');
  });
});
