import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { ledger } from '../../quantizer/quantized';
import { toHalf } from '../codebook-finish';
import { tensorOf, testLayer, testProblem, TestHost, TRAINERS, trainToEnd } from './testing';
import { universalCodebook } from './universal-codebook';

const gpu = await testGpu();
const { trainer, options } = TRAINERS.vq4all;
const layer = testLayer(24, 32, 1);

describe('a codebook that several networks share', () => {
  const words = universalCodebook([new Random(1).normals(4000)], { codewords: 50, dim: 4, seed: 2 });
  const given = { codewords: words, sharedBy: 24 * 32 * 4, networks: 2 };

  it('stays as it is, is counted in proportion, and every row has its scale', async () => {
    const { problem, release } = await testProblem(gpu, layer);
    const { layers } = await trainToEnd(trainer, { ...problem, universalCodebook: given }, options);
    const tensor = tensorOf(layers[0]);
    expect(tensor.codebooks).toEqual(words.map(toHalf));
    expect(tensor.sharedBy).toBe(24 * 32 * 4);
    expect(tensor.scales).toMatchObject({ block: 32, bits: 16 });
    expect(ledger(tensor).parts).toMatchObject({
      codebooks: (50 * 4 * 16) / 4,
      scales: 24 * 16,
      indices: 24 * 8 * 6,
      signs: 0,
    });
    expect(layers[0].note).toBeNull();
    await release();
  });

  it('must have whole codewords', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    const odd = { ...problem, universalCodebook: { ...given, codewords: words.slice(1) } };
    await expect(trainToEnd(trainer, odd, options)).rejects.toThrow('universal codebook');
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('without one', () => {
  it('draws it from the layer, counts it, and says so', async () => {
    const { problem, release } = await testProblem(gpu, layer);
    const { layers } = await trainToEnd(trainer, problem, options);
    const tensor = tensorOf(layers[0]);
    expect(tensor.sharedBy).toBeNull();
    expect(tensor.codewords).toBe(12);
    expect(ledger(tensor).parts.codebooks).toBe(12 * 4 * 16);
    expect(layers[0].note).toBe('simplified: codebook from this network alone');
    await release();
  });

  it('works on rows of zeros and inputs that d does not divide', async () => {
    const odd = testLayer(8, 10, 3);
    odd.w.data.fill(0, 0, 10);
    const { problem, release } = await testProblem(gpu, odd, false);
    const { values, layers } = await trainToEnd(trainer, problem, { ...options, codewords: 300, candidates: 8 });
    expect(values[0].every(Number.isFinite)).toBe(true);
    expect(tensorOf(layers[0]).codewords).toBe(300);
    expect(layers[0].note).toMatch(/^The 10 inputs are not a multiple of 4/);
    await release();
  });
});

it('fixes all, little by little, and never another way', async () => {
  const { problem, release } = await testProblem(gpu, layer);
  const host = new TestHost();
  const { progress } = await trainToEnd(trainer, problem, { ...options, fixFrom: 1, steps: 64 }, host);
  let before = new Uint32Array(24 * 8);
  for (const { arrays } of host.states) {
    const fixed = Uint32Array.from(arrays['0.frozen']);
    before.forEach((choice, at) => {
      if (choice > 0) expect(fixed[at]).toBe(choice);
    });
    before = fixed;
  }
  expect(before.every((choice) => choice > 0)).toBe(true);
  const shares = progress.map(({ settled }) => settled);
  expect(shares.filter((share) => share > 0 && share < 1).length).toBeGreaterThan(2);
  await release();
});
