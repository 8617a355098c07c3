/** Quantized probabilities: by hand, by the twin, and in rows through whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { openNetwork } from '../../model/architecture';
import { matrix } from '../../tensor/reference/matrix';
import { factsOf } from '../facts-of';
import { probabilitiesFace } from './probabilities.face';
import { attended, checkpointOf, distances, IMAGES, optionsOf, TEXT, type Heads } from './testing';

const gpu = await testGpu();

/** Two keys of which every query gives the first the probability p; values 1 and 0, so that attention reads p̂ of the first. */
async function levelOf(p: number, given: object): Promise<[number, number]> {
  const one: Heads = {
    geometry: { windows: 1, length: 2 },
    options: { heads: 1, keyHeads: 1, mask: 'full', scale: 1 },
    q: matrix(2, 2, Float64Array.of(1, 0, 1, 0)),
    k: matrix(2, 2, Float64Array.of(Math.log(p / (1 - p)), 0, 0, 0)),
    v: matrix(2, 2, Float64Array.of(1, 0, 0, 1)),
  };
  const y = await attended(gpu, 'probabilities', given, one).read();
  return [y[0], y[1]];
}

describe('levels', () => {
  it('of powers of √2 and of two, by hand', async () => {
    // 1/√2 and 1 − 1/√2 = 2^−1.77: n = 1 and round(3.54) = 4.
    const [a, b] = await levelOf(Math.SQRT1_2, { code: 'logsqrt2' });
    expect(a).toBeCloseTo(Math.SQRT1_2, 6);
    expect(b).toBeCloseTo(0.25, 6);
    const [c, d] = await levelOf(0.7, { code: 'log2' });
    // 0.7 = 2^−0.51 and 0.3 = 2^−1.74.
    expect([c, d]).toEqual([0.5, 0.25]);
    expect(await levelOf(0.5, { code: 'logsqrt2' })).toEqual([0.5, 0.5]);
    // Two bits of powers of two end at 2^−3: 0.05 is nothing.
    expect(await levelOf(0.95, { code: 'log2', bits: 2 })).toEqual([1, 0]);
  });

  it('of even steps and of two regions, by hand', async () => {
    const [a, b] = await levelOf(0.7, { code: 'uniform', bits: 2 });
    expect(a).toBeCloseTo(2 / 3, 6);
    expect(b).toBeCloseTo(1 / 3, 6);
    // Three bits: thirds above 1/4, twelfths below.
    const [c, d] = await levelOf(0.9, { code: 'twin', bits: 3, split: 0.25 });
    expect(c).toBeCloseTo(1, 6);
    expect(d).toBeCloseTo(1 / 12, 6);
    // By query: the largest is exact.
    expect((await levelOf(0.7, { code: 'uniform', bits: 2, ranges: 'query' }))[0]).toBeCloseTo(0.7, 6);
  });
});

describe('rows with quantized probabilities', () => {
  const rows = [
    { code: 'uniform', bits: 16, ranges: 'query', operands: 16 },
    { code: 'logsqrt2', bits: 4 },
    { code: 'log2', bits: 3, ranges: 'query' },
    { code: 'twin', bits: 4, operands: 4 },
  ];

  it.each([...TEXT, ...IMAGES])('run on %s', async (name) => {
    const distance = await distances(gpu, name, 'probabilities', rows);
    expect(distance[0]).toBeLessThan(1e-6);
    expect(distance[1]).toBeGreaterThan(0);
  });

  it('are refused without attention', async () => {
    const facts = factsOf(openNetwork(await checkpointOf('vim')));
    expect(probabilitiesFace.refuses?.(facts, optionsOf('probabilities', {}))).toMatch(/no attention/);
  });
});
