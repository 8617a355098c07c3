/** Runs on networks of images: tiny random ones of src/model/testing, on noise and on their own trajectories. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { Cancelled } from './control';
import { prepareRun } from './prepare';
import { MemoryRunStore } from './run-store';
import { runToEnd } from './testing/runs';
import { imageRecipe, tinyNetwork } from './testing/networks';

const gpu = await testGpu();

const ROWS = [
  { method: 'gptq', options: { bits: 4 } },
  { method: 'rescomp', options: { bits: 8 } },
  { method: 'kmeans', options: { codewords: 16, dim: 2 } },
];

describe.each(['vit', 'vim'] as const)('a run on a tiny %s', async (name) => {
  const checkpoint = await tinyNetwork(name);
  const prepared = await prepareRun(checkpoint, imageRecipe(ROWS, 'file'), { gpu, rate: 1e9 });

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
      expect(row.windows?.of).toBe('hit');
      expect(row.windows?.values).toHaveLength(6);
      const hits = (row.windows?.values ?? []).reduce<number>((sum, hit) => sum + (hit ?? NaN), 0);
      expect(hits / 6).toBe(accuracy?.share);
    }
    // Eight bits leave next to nothing to see.
    expect(result.rows[2].kl).toBeLessThan(result.rows[1].kl ?? 0);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('goes on to the same bits after a cut', async () => {
    const whole = await runToEnd(prepared, { gpu });
    const store = new MemoryRunStore();
    await runToEnd(prepared, { gpu, store });
    const again = await runToEnd(prepared, { gpu, store });
    const errors = (of: typeof whole) => of.layers.map((layer) => layer.errors);
    expect(errors(again)).toEqual(errors(whole));
    expect(again.rows.map(({ images, kl }) => [images, kl])).toEqual(whole.rows.map(({ images, kl }) => [images, kl]));
  });

  it('says what it needs', async () => {
    const recipe = imageRecipe(ROWS, 'generated');
    await expect(prepareRun(checkpoint, recipe, { gpu, rate: 1e9 })).rejects.toThrow('generates no images');
    const bare = { ...checkpoint, images: new Map<string, never>() };
    await expect(prepareRun(bare, imageRecipe(ROWS, 'file'), { gpu, rate: 1e9 })).rejects.toMatchObject({
      code: 'QS-FILE-09',
    });
  });
});

describe('a run on a tiny DiT', async () => {
  const checkpoint = await tinyNetwork('dit');
  const sampling = { steps: 4, guidance: 2, sampler: 'ddim', images: 6 };

  it('calibrates on its own trajectories and compares images from the same noise', async () => {
    const recipe = imageRecipe(ROWS, 'generated', { sampling });
    const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    expect(prepared.plan.calibrationLabel).toBe('8 noisy images along 2 trajectories of 4 steps');
    const before = gpu.buffers.bytesInUse;
    const result = await runToEnd(prepared, { gpu });
    expect(gpu.buffers.bytesInUse).toBe(before);
    const [rtn, gptq, rescomp] = result.rows.map(({ images }) => images);
    expect(rescomp?.prediction).toBeLessThan(gptq?.prediction ?? 0);
    expect(rescomp?.trajectory).toBeLessThan(rtn?.trajectory ?? 0);
    for (const { windows, images } of result.rows) {
      expect(windows).toMatchObject({ of: 'trajectory', values: { length: 6 } });
      const mean = (windows?.values ?? []).reduce<number>((sum, error) => sum + (error ?? NaN), 0) / 6;
      expect(mean / (images?.trajectory ?? NaN)).toBeCloseTo(1, 9);
    }
    expect(rtn?.samples?.pixels).toHaveLength(6 * 6 * 6 * 3);
    expect(rtn?.frechet).toBeNull();
    const again = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    expect(again.fingerprint).toEqual(prepared.fingerprint);
  });

  it('works on what another run sampled, to the same bits', async () => {
    const recipe = imageRecipe(ROWS.slice(0, 1), 'generated', { sampling });
    const alone = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    const { subject } = await prepareRun(checkpoint, imageRecipe(ROWS, 'generated', { sampling }), { gpu, rate: 1e9 });
    const taken = await prepareRun(checkpoint, recipe, {
      ...{ gpu, rate: 1e9 },
      subject: (make) => (subject ? Promise.resolve(subject) : make()),
    });
    expect(taken.subject).toBe(subject);
    expect(taken.fingerprint).toEqual(alone.fingerprint);
    const figures = async (run: typeof alone) => {
      const { layers, rows } = await runToEnd(run, { gpu });
      return [layers.map(({ errors }) => errors), rows.map(({ images }) => images)];
    };
    expect(await figures(taken)).toEqual(await figures(alone));
  });

  it('says after each step how far its trajectories are, and can be left in the middle of them', async () => {
    const recipe = imageRecipe(ROWS, 'generated', { sampling });
    const before = gpu.buffers.bytesInUse;
    const steps: (readonly number[])[] = [];
    const watched = (leaveAt: number) =>
      prepareRun(checkpoint, recipe, {
        gpu,
        rate: 1e9,
        subject: (make) =>
          make({
            step(done, total) {
              steps.push([done, total]);
              if (done === leaveAt) throw new Cancelled();
            },
          }),
      });
    await expect(watched(6)).rejects.toBeInstanceOf(Cancelled);
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(steps.splice(0)).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 8]));
    const alone = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    expect((await watched(-1)).fingerprint).toEqual(alone.fingerprint);
    expect(steps.at(-1)).toEqual([8, 8]);
  });

  it('counts the sampling at the end into its estimate', async () => {
    const plan = async (images: number) => {
      const recipe = imageRecipe(ROWS, 'generated', { sampling: { ...sampling, images } });
      return (await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 })).plan;
    };
    const [few, many] = [await plan(6), await plan(12)];
    expect(many.flop).toBeGreaterThan(few.flop);
    expect(few.task).toBe('diffusion');
  });

  it('refuses a calibration it cannot have', async () => {
    await expect(prepareRun(checkpoint, imageRecipe(ROWS, 'random', { sampling }), { gpu, rate: 1e9 })).rejects.toThrow(
      '"generated"',
    );
    const steps = { ...sampling, steps: 1001 };
    expect(() => imageRecipe(ROWS, 'generated', { sampling: steps })).toThrow('sampling.steps is 1001');
  });
});
