/** VidKV: where it is exact, its bits by hand, and rows through whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { openNetwork } from '../../model/architecture';
import { matrix } from '../../tensor/reference/matrix';
import { randomMatrix, relativeDifference } from '../../tensor/testing';
import { factsOf } from '../facts-of';
import { attended, checkpointOf, distances, IMAGES, optionsOf, TEXT, type Heads } from './testing';
import { vidkv } from './vidkv';
import { vidkvFace } from './vidkv.face';

const gpu = await testGpu();

const [LENGTH, DIM] = [13, 8];
const ONE: Heads = {
  geometry: { windows: 2, length: LENGTH },
  options: { heads: 4, keyHeads: 2, mask: 'causal' },
  q: randomMatrix(2 * LENGTH, 4 * DIM, 1),
  k: randomMatrix(2 * LENGTH, 2 * DIM, 2),
  v: randomMatrix(2 * LENGTH, 2 * DIM, 3),
};

describe('what VidKV keeps', () => {
  it('is all of keys that are alike but in four wide channels of two bits, and of values of three levels', async () => {
    // Channels 0 … 3 of a head go through 0, 3, 6, 9 and the others stay: a spectrum of constant magnitude in every group.
    const keys = matrix(2 * LENGTH, 2 * DIM);
    keys.data.forEach((_, i) => {
      const [row, c] = [Math.floor(i / (2 * DIM)), i % DIM];
      keys.data[i] = c < 4 ? 3 * ((row + c) % 4) : [0.5, 0.25, -0.5, 0.75][c - 4];
    });
    // One level a channel of values: ±m alone is exact.
    const values = matrix(
      2 * LENGTH,
      2 * DIM,
      ONE.v.data.map((value, i) => Math.sign(value) * (1 + (i % DIM))),
    );
    const one = { ...ONE, k: keys, v: values };
    const given = { groupSize: LENGTH };
    const plain = await attended(gpu, null, {}, one).read();
    expect(relativeDifference(await attended(gpu, 'vidkv', given, one).read(), plain)).toBeLessThan(1e-5);
    // With one bit in all, the four wide channels are lost.
    const signs = await attended(gpu, 'vidkv', { ...given, keyBits: 1 }, one).read();
    expect(relativeDifference(signs, plain)).toBeGreaterThan(0.01);
  });

  it('is everything while nothing has left the residual', async () => {
    const given = { groupSize: 16, residual: 16 };
    expect(await attended(gpu, 'vidkv', given, ONE).read()).toEqual(await attended(gpu, null, {}, ONE).read());
  });
});

describe('rows with VidKV', () => {
  const rows = [{ groupSize: 4 }, { keyBits: 2 }, { keyBits: 1 }];

  it.each(TEXT)('run on %s', async (name) => {
    const kl = await distances(gpu, name, 'vidkv', [...rows, { groupSize: 4, residual: 4 }, { residual: 32 }]);
    expect(kl[3]).toBeLessThan(kl[0]);
    expect(kl[4]).toBeLessThan(1e-9);
  });

  it.each(IMAGES)('run on %s', async (name) => {
    for (const distance of await distances(gpu, name, 'vidkv', rows)) expect(distance).toBeGreaterThan(0);
  });

  it('are refused where they cannot be, and count their bits by hand', async () => {
    const refusal = async (name: 'vim' | 'dit' | 'gpt2', given: object) =>
      vidkvFace.refuses?.(factsOf(openNetwork(await checkpointOf(name))), optionsOf('vidkv', given));
    expect(await refusal('vim', {})).toMatch(/no attention/);
    expect(await refusal('dit', { residual: 32 })).toMatch(/decoder/);
    expect(await refusal('gpt2', { residual: 48 })).toMatch(/Groups of 32 tokens/);
    expect(await refusal('gpt2', {})).toBeNull();
    const network = { hidden: 64, blocks: [{ plan: { kind: 'transformer', attention: { dim: 32, causal: true } } }] };
    const bits = vidkv.cacheBits(network as never, optionsOf('vidkv', {}), 64);
    // 16 channels of 2 + 32/32 bits, 18 numbers of a spectrum of 1 + 16/32, and a bit for each of 32 channels of 64 tokens.
    expect(bits?.key).toBeCloseTo((16 * 3 + 18 * 1.5) / 32 + 1 / 64, 12);
    expect(bits?.value).toBeCloseTo(1.6 + 0.5, 12);
  });
});
