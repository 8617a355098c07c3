/** k-means as a whole: the objective, when it stops, empty codewords, what it may never do. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { Tensor } from '../tensor/tensor';
import { relativeDifference } from '../tensor/testing';
import { startCodebooks, type Init } from './init';
import { kmeans, releaseKMeans, type KMeansOptions } from './kmeans';
import { rtnLevels } from './order';
import { assignReference, distanceReference, updateReference } from './reference';
import { columnWeights, example, recomputeObjective, type Shape } from './testing';
import { membersOf, readPoints, subVectors, type SubVectors } from './tiles';

const gpu = await testGpu();
const SHAPE: Shape = { rows: 48, cols: 50, dim: 4, codewords: 20, bookRows: 24, bookCols: 28 };

async function run(points: SubVectors, options: KMeansOptions) {
  const held = gpu.buffers.bytesInUse;
  const told: number[] = [];
  const result = await kmeans(points, { ...options, onIteration: (_, objective) => told.push(objective) });
  const [codebooks, codes] = await Promise.all([result.codebooks.read(), result.codes.read()]);
  const weights = options.weights ? await options.weights.weights.read() : null;
  const recomputed = await recomputeObjective(points, await readPoints(points), result, weights);
  releaseKMeans(result);
  expect(gpu.buffers.bytesInUse).toBe(held);
  expect(told).toEqual(result.objective);
  return { ...result, codebooks, codes, recomputed };
}

describe.each(['random', 'kmeans++', 'mahalanobis'] as const)('from %s', (init) => {
  it.each([
    [false, 'zero'],
    [true, 'reseed'],
  ] as const)('falls at every iteration, weighted %s, empty %s', async (weighted, empty) => {
    const { plain } = example(gpu, SHAPE);
    const weights = weighted
      ? ({ kind: 'weights', weights: Tensor.from(gpu, 1, SHAPE.cols, columnWeights(SHAPE.cols, 2)) } as const)
      : null;
    const options = { codewords: 20, init, weights, empty, seed: 4 };
    let last = Infinity;
    for (let iterations = 0; iterations <= 9; iterations += 3) {
      const { recomputed, objective } = await run(plain, { ...options, iterations });
      // What it says it reached is what its codes and codewords give in float64, and more iterations are never worse.
      expect(Math.abs(recomputed / objective[objective.length - 1] - 1)).toBeLessThan(1e-5);
      expect(recomputed).toBeLessThanOrEqual(last * (1 + 1e-6));
      last = recomputed;
    }
    const { objective, recomputed } = await run(plain, { ...options, iterations: 60 });
    for (let t = 1; t < objective.length; t++) {
      expect(objective[t]).toBeLessThanOrEqual(objective[t - 1] * (1 + 1e-6));
    }
    expect(recomputed).toBeLessThanOrEqual(last * (1 + 1e-6));
  });

  it('does what Lloyd’s iterations do in float64', async () => {
    const { plain, values } = example(gpu, SHAPE);
    const start = await (await startCodebooks(plain, { codewords: 20, init, seed: 8 })).read();
    const result = await run(plain, { codewords: 20, init, seed: 8, iterations: 5 });
    let codebooks: Float64Array = Float64Array.from(start);
    const assigned = () =>
      assignReference(plain, 20, (i, k) => distanceReference(plain, values, codebooks, null, i, k)).codes;
    for (let t = 0; t < 5; t++) codebooks = updateReference(plain, values, assigned(), null, 20).codebooks;
    const same = assigned().filter((code, i) => code === result.codes[i]).length;
    expect(same / result.codes.length).toBeGreaterThan(0.99);
    expect(relativeDifference(result.codebooks, codebooks)).toBeLessThan(0.1);
  });
});

it('gives equal bits twice, and others for another seed', async () => {
  const { plain } = example(gpu, SHAPE);
  const options = { codewords: 20, iterations: 12, seed: 4, empty: 'reseed' } as const;
  const [a, b, c] = [await run(plain, options), await run(plain, options), await run(plain, { ...options, seed: 5 })];
  expect(a.codes).toEqual(b.codes);
  expect(a.codebooks).toEqual(b.codebooks);
  expect(a.codebooks).not.toEqual(c.codebooks);
});

it('stops when nothing moves', async () => {
  const { plain } = example(gpu, { rows: 8, cols: 16, dim: 2, codewords: 3 });
  const short = await run(plain, { codewords: 3, iterations: 500 });
  expect(short.objective.length).toBeLessThan(100);
  const again = await run(plain, { codewords: 3, iterations: short.objective.length + 3 });
  expect(again.codes).toEqual(short.codes);
  expect(again.codebooks).toEqual(short.codebooks);
});

it('finds separated clusters exactly', async () => {
  const random = new Random(3);
  const values = Float32Array.from({ length: 200 }, (_, i) => 10 * ((i >> 1) % 5) + 0.01 * random.normal());
  const points = subVectors(Tensor.from(gpu, 1, 200, values), 2);
  const { objective, codes, distinct, note } = await run(points, { codewords: 5, iterations: 30, seed: 2 });
  expect(objective[objective.length - 1]).toBeLessThan(0.05);
  expect(codes.every((code, i) => code === codes[i % 5])).toBe(true);
  expect([distinct, note]).toEqual([5, null]);
});

describe('empty codewords', () => {
  // Random starts among many copies of one point leave codewords without points.
  const values = Float32Array.from({ length: 128 }, (_, i) => (i < 100 ? 0 : i - 99));
  const points = () => subVectors(Tensor.from(gpu, 1, 128, values), 1);

  it('become zero as the released codes have it', async () => {
    const { distinct, note } = await run(points(), {
      codewords: 16,
      iterations: 20,
      init: 'random',
      seed: 1,
      empty: 'zero',
    });
    expect(distinct).toBeLessThan(16);
    expect(note).toMatch(/only \d+ of its 16 codewords/);
  });

  it('are given to the points of the largest error', async () => {
    const options = { codewords: 16, iterations: 40, init: 'random', seed: 1 } as const;
    const reseeded = await run(points(), { ...options, empty: 'reseed' });
    const zero = await run(points(), { ...options, empty: 'zero' });
    expect(reseeded.distinct).toBe(16);
    expect(reseeded.recomputed).toBeLessThan(zero.recomputed);
  });
});

describe('odd input', () => {
  const inits: Init[] = ['random', 'kmeans++', 'mahalanobis'];

  it.each(inits)('constant weights, from %s', async (init) => {
    const points = subVectors(Tensor.from(gpu, 4, 12, new Float32Array(48).fill(0.25)), 3);
    const { objective, distinct, note, codebooks } = await run(points, {
      codewords: 4,
      iterations: 5,
      init,
      empty: 'reseed',
    });
    expect(objective[objective.length - 1]).toBe(0);
    expect(distinct).toBe(1);
    expect(note).toMatch(/only 1 of its 4/);
    expect(codebooks.every(Number.isFinite)).toBe(true);
  });

  it.each(inits)('zeros, from %s', async (init) => {
    const { objective } = await run(subVectors(Tensor.zeros(gpu, 3, 8), 2), { codewords: 3, iterations: 4, init });
    expect(objective[objective.length - 1]).toBe(0);
  });

  it('more codewords than sub-vectors are cut, and it says so', async () => {
    const { plain } = example(gpu, { rows: 3, cols: 8, dim: 4, codewords: 6 });
    const { codewords, objective, note } = await run(plain, { codewords: 99, iterations: 5 });
    expect(codewords).toBe(6);
    expect(objective[objective.length - 1]).toBe(0);
    expect(note).toMatch(/only 6 sub-vectors.*6 codewords instead of 99/);
  });

  it('one codeword is the mean', async () => {
    const { plain, values } = example(gpu, { rows: 9, cols: 10, dim: 5, codewords: 1 });
    const { codebooks } = await run(plain, { codewords: 1, iterations: 3 });
    const mean = [0, 1, 2, 3, 4].map((j) => values.filter((_, at) => at % 5 === j).reduce((s, v) => s + v, 0) / 18);
    expect(relativeDifference(codebooks, mean)).toBeLessThan(1e-5);
  });
});

it.each([1, 2, 3, 4])('in one dimension is at least as good as RTN at %i bits', async (bits) => {
  const codewords = 2 ** bits;
  for (const init of ['random', 'kmeans++', 'mahalanobis'] as const) {
    // A book a row, as RTN has a scale a row.
    const { plain, values } = example(gpu, { rows: 11, cols: 60, dim: 1, codewords, bookRows: 1 }, bits);
    const { recomputed, objective } = await run(plain, { codewords, iterations: 20, init, alsoFrom: ['levels'] });
    let rtn = 0;
    const single = Float32Array.from(values);
    for (let book = 0; book < plain.books; book++) {
      const members = [...membersOf(plain, book)];
      const levels = rtnLevels(single, members, codewords);
      for (const i of members) rtn += Math.min(...[...levels].map((level) => (single[i] - level) ** 2));
    }
    expect(recomputed).toBeLessThanOrEqual(rtn * (1 + 1e-6));
    for (let t = 1; t < objective.length; t++) {
      expect(objective[t]).toBeLessThanOrEqual(objective[t - 1] * (1 + 1e-6));
    }
  }
});
