/** Rotated networks: what they are made of, and what cannot be rotated, each in its sentence. */
import { describe, expect, it } from 'vitest';
import { openModel, openNetwork } from '../architecture';
import { loadFixture } from '../testing/fixtures';
import { loadVisionFixture } from '../testing/vision-fixtures';
import { LanguageModel } from '../forward';
import { testGpu } from '../../gpu/testing/gpus';
import { rotated, type RotationOptions } from './rotation';
import { plainView } from './view';

const gpu = await testGpu();
const HADAMARD: RotationOptions = { matrix: 'hadamard', seed: 1, heads: true };

async function viewOf(name: Parameters<typeof loadFixture>[0]) {
  const { source, ids, geometry } = await loadFixture(name);
  return { view: plainView(openModel(source), source), ids, geometry };
}

describe('a rotated network', () => {
  it.each([
    ['qwen2', HADAMARD],
    ['qwen2', { ...HADAMARD, matrix: 'blocks' }],
    ['qwen3', { ...HADAMARD, heads: false }],
    ['qwen3', { ...HADAMARD, matrix: 'blocks' }],
    ['gpt2', { ...HADAMARD, heads: false }],
    ['gpt2', { ...HADAMARD, matrix: 'orthogonal' }],
  ] as const)('%s by %o has the logits that it had', async (name, options) => {
    const { view, ids, geometry } = await viewOf(name);
    const own = await rotated(view, options);
    const logits = await Promise.all(
      [view, own].map(async ({ network, source }) => {
        const model = await LanguageModel.load(gpu, source, network as ReturnType<typeof openModel>);
        const tensor = await model.logits(ids, geometry);
        const values = await tensor.read();
        tensor.release();
        model.release();
        return values;
      }),
    );
    const size = Math.max(...logits[0].map(Math.abs));
    logits[1].forEach((value, i) => expect(Math.abs(value - logits[0][i]) / size).toBeLessThan(1e-5));
    expect(own.key).toContain(`stream ${options.matrix} 1`);
  });

  it('is the same for the same seed, and another for another', async () => {
    const { view } = await viewOf('gpt2');
    const name = view.network.ends.embedding;
    const [a, b, c] = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const own = await rotated(view, { matrix: 'orthogonal', seed, heads: false });
        return { key: own.key, values: await own.source.read(name) };
      }),
    );
    expect(b).toEqual(a);
    expect(c.key).not.toBe(a.key);
    expect(c.values).not.toEqual(a.values);
  });

  it('is refused where a width has no Hadamard matrix, with what is near', async () => {
    const { view } = await viewOf('qwen3');
    await expect(rotated(view, HADAMARD)).rejects.toThrow(
      'The 6 channels of a head have no Hadamard matrix; the nearest order is 8 = 2^3 (Sylvester): choose blocks (3 of 2^1 (Sylvester)) or orthogonal.',
    );
  });

  it('is refused where adaLN steers it', async () => {
    const { source } = await loadVisionFixture('dit');
    await expect(rotated(plainView(openNetwork(source), source), HADAMARD)).rejects.toThrow(/adaLN/);
  });

  it('is refused by blocks where LayerNorms take the mean', async () => {
    const { view } = await viewOf('gpt2');
    await expect(rotated(view, { ...HADAMARD, matrix: 'blocks' })).rejects.toThrow(/choose orthogonal/);
  });
});
