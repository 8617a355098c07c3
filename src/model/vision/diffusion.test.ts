/** Figures: training/vision/diffusion.py (`Diffusion(5)`, step k on x and the network's output below, clipped), in float64. */
import { describe, expect, it } from 'vitest';
import { ddimStep, ddpmStep, guide, respaced, type DiffusionSettings } from './diffusion';
import { fromPatches, toPatches } from './patches';
import { sampleImages, sampleSteps, type Predictor } from './sampler';

const SETTINGS: DiffusionSettings = { steps: 1000, betaStart: 1e-4, betaEnd: 0.02, clip: true };
const X = Float32Array.of(0.3, -1.2);
const OUTPUT = { noise: Float32Array.of(0.5, -0.7), variance: Float32Array.of(0.2, -0.4) };
const IMAGE = { channels: 2, size: 4, patch: 2, stride: 2, scaling: null };

function expectNear(actual: ArrayLike<number>, expected: readonly number[], digits = 6): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));
}

describe('the schedule', () => {
  it('is respaced evenly with both ends, halves to even', () => {
    expect(respaced(SETTINGS, 5).times).toEqual([0, 250, 500, 749, 999]);
    expect(respaced(SETTINGS, 7).times).toEqual([0, 166, 333, 500, 666, 832, 999]);
    expect(respaced(SETTINGS, 50).times.slice(0, 6)).toEqual([0, 20, 41, 61, 82, 102]);
    expect(respaced(SETTINGS, 1).times).toEqual([0]);
    expect(respaced(SETTINGS, 1000).times).toHaveLength(1000);
  });

  it('has the reference’s products and variances', () => {
    const schedule = respaced(SETTINGS, 5);
    const kept = [0.9999, 0.5214230306185275, 0.07779665836502389, 0.0033505504389367744, 4.035829765375676e-5];
    expectNear(schedule.kept, kept, 12);
    const smallest = [-9.210449341614302, -9.210449341614302, -0.817527656822398, -0.1216563581471348];
    expectNear(schedule.logSmallest.subarray(0, 4), smallest, 10);
    expectNear(schedule.logLargest.subarray(1, 3), [-0.7370471951113382, -0.16157896701823946], 10);
  });

  it.each([0, 1001, 2.5, Number.NaN])('refuses %s steps', (steps) => {
    expect(() => respaced(SETTINGS, steps)).toThrow('1 to 1000');
  });
});

describe('a step back', () => {
  const schedule = respaced(SETTINGS, 5);
  const none = new Float32Array(2);

  it.each([
    [0, [0.29501475110634423, -1.0]],
    [2, [-0.3701595453898493, -0.9067285309681662]],
    [4, [-0.024372724079257488, -0.18845420136134847]],
  ] as const)('of DDPM has the reference’s mean at step %i', (i, mean) => {
    expectNear(ddpmStep(schedule, i, X, OUTPUT, none), [...mean]);
  });

  it('of DDPM spreads the noise by the learned variance, and by none at the last step', () => {
    const [calm, noisy] = [none, Float32Array.of(1, 1)].map((noise) => ddpmStep(schedule, 2, X, OUTPUT, noise));
    const logVariances = [-0.4239584429399029, -0.6207430498811505];
    expectNear(
      noisy.map((value, at) => value - calm[at]),
      logVariances.map((log) => Math.exp(log / 2)),
    );
    expect(ddpmStep(schedule, 0, X, OUTPUT, Float32Array.of(9, 9))).toEqual(ddpmStep(schedule, 0, X, OUTPUT, null));
  });

  it.each([
    [0, [0.29501475110634423, -1.0]],
    [2, [-0.12051172384245762, -1.385624891009515]],
    [4, [0.24796139455847097, -1.2495538030552669]],
  ] as const)('of DDIM is the reference’s at step %i', (i, expected) => {
    expectNear(ddimStep(schedule, i, X, OUTPUT), [...expected]);
  });

  it('finds an image that the network knows', async () => {
    // ε of a network that has seen nothing but this image.
    const image = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i));
    const predictor: Predictor = {
      model: { image: IMAGE, classes: 3, diffusion: SETTINGS },
      predict: (x, { times }) => {
        const { kept } = respaced(SETTINGS, 1000);
        const noise = x.map((value, at) => {
          const alpha = kept[times[Math.floor(at / 32)]];
          return (value - Math.sqrt(alpha) * image[at % 32]) / Math.sqrt(1 - alpha);
        });
        return Promise.resolve({ noise, variance: null });
      },
    };
    for (const sampler of ['ddim', 'ddpm'] as const) {
      const settings = { labels: [0, 2], seed: 5, steps: 20, guidance: 2, sampler };
      const found = await sampleImages(predictor, settings);
      expectNear(found.subarray(0, 32), [...image], 2);
      expectNear(found.subarray(32), [...image], 2);
    }
  });

  it('starts an image from the same noise whatever is beside it', async () => {
    const predictor: Predictor = {
      model: { image: IMAGE, classes: 3, diffusion: SETTINGS },
      predict: (x) => Promise.resolve({ noise: x.map((value) => value / 2), variance: null }),
    };
    const run = async (labels: number[]) => {
      const steps = [];
      const settings = { labels, seed: 9, steps: 3, guidance: 1, sampler: 'ddpm' } as const;
      for await (const step of sampleSteps(predictor, settings)) steps.push(step);
      return steps;
    };
    const [alone, together] = [await run([1]), await run([1, 0])];
    expect(together.map(({ before }) => before.slice(0, 32))).toEqual(alone.map(({ before }) => before));
    expect(together[2].after.subarray(32)).not.toEqual(together[2].after.subarray(0, 32));
    await expect(run([3])).rejects.toThrow('There is no class 3: this model has classes 0 to 2');
  });

  it('guides past the unconditional answer', () => {
    const [yes, no] = [0.5, 0.1].map((value) => ({ noise: Float32Array.of(value), variance: Float32Array.of(value) }));
    expectNear(guide(yes, no, 4).noise, [1.7]);
    expectNear(guide(yes, no, 4).variance ?? [], [0.5]);
  });
});

describe('patches', () => {
  it('are rows of the image’s grid, and come back in DiT’s order', () => {
    const image = Float32Array.from({ length: 2 * 32 }, (_, i) => i);
    const patches = toPatches(image, IMAGE);
    expect([...patches.subarray(0, 8)]).toEqual([0, 1, 4, 5, 16, 17, 20, 21]);
    expect([...patches.subarray(8, 16)]).toEqual([2, 3, 6, 7, 18, 19, 22, 23]);
    // Channels first within a patch going in, last coming out.
    const turned = new Float32Array(patches.length);
    for (let row = 0; row < 8; row++) {
      for (let c = 0; c < 2; c++) {
        for (let at = 0; at < 4; at++) turned[row * 8 + at * 2 + c] = patches[row * 8 + c * 4 + at];
      }
    }
    expect(fromPatches(turned, IMAGE)).toEqual(image);
  });

  it('leave a row free for a class token', () => {
    const patches = toPatches(new Float32Array(64).fill(1), IMAGE, 5, (patch) => (patch < 2 ? patch : patch + 1));
    const sums = Array.from({ length: 10 }, (_, row) =>
      patches.subarray(row * 8, (row + 1) * 8).reduce((a, b) => a + b),
    );
    expect(sums).toEqual([8, 8, 0, 8, 8, 8, 8, 0, 8, 8]);
  });
});
