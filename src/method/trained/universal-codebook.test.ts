import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { toHalf } from '../codebook-finish';
import { normalisedRows, subVectorsOf, universalCodebook } from './universal-codebook';

describe('the universal codebook', () => {
  it('takes as many from a small network as from a large one', () => {
    const around = (centre: number, count: number) => new Random(count).normals(count * 2, 0.1).map((x) => x + centre);
    const words = universalCodebook([around(-1, 50), around(1, 5000)], { codewords: 2000, dim: 2, seed: 1 });
    const left = Array.from({ length: 2000 }, (_, k) => words[2 * k]).filter((x) => x < 0).length;
    // Binomial with p = ½: five standard deviations are 112.
    expect(Math.abs(left - 1000)).toBeLessThan(112);
  });

  it('is a kernel density with the bandwidth of Scott’s rule', () => {
    const samples = new Random(2).normals(60_000);
    const variance = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0) / values.length;
    const draw = (bandwidth: 'scott' | number) =>
      universalCodebook([samples], { codewords: 30_000, dim: 1, seed: 3, samples: 100, bandwidth });
    // |pool| = 100 and d = 1: h = 100^(−1/5) = 0.398; a kernel adds h² of the pool's variance to the codewords'.
    const h = 100 ** -0.2;
    const pool = variance(draw(0));
    expect(Math.abs(variance(draw('scott')) / (pool * (1 + h * h)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(variance(draw(1)) / (pool * 2) - 1)).toBeLessThan(0.05);
  });

  it('is made of its samples where kernels have no width', () => {
    const samples = new Random(4).normals(30);
    const words = universalCodebook([samples], { codewords: 64, dim: 3, seed: 5, bandwidth: 0 });
    for (let k = 0; k < 64; k++) {
      const found = Array.from({ length: 10 }, (_, i) => i).some((i) =>
        [0, 1, 2].every((j) => samples[3 * i + j] === words[3 * k + j]),
      );
      expect(found).toBe(true);
    }
  });

  it('is the same for a seed, and another for another', () => {
    const sources = [new Random(6).normals(400)];
    const of = (seed: number) => universalCodebook(sources, { codewords: 16, dim: 4, seed });
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(() => universalCodebook([new Float32Array(2)], { codewords: 4, dim: 4, seed: 0 })).toThrow('no sub-vectors');
  });
});

describe('normalised rows', () => {
  it('have a root mean square of one, and a scale that is an f16', () => {
    const weight = Float32Array.from([...new Random(1).normals(64, 0.03), ...new Float32Array(8).fill(0)]);
    const { values, scales } = normalisedRows(weight, 9, 8);
    for (let r = 0; r < 8; r++) {
      const row = values.subarray(8 * r, 8 * r + 8);
      expect(Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / 8)).toBeCloseTo(1, 2);
      expect(scales[r]).toBe(toHalf(scales[r]));
      row.forEach((x, c) => expect(Math.abs(x * scales[r] - weight[8 * r + c])).toBeLessThan(1e-7));
    }
    expect(scales[8]).toBe(1);
    expect([...values.subarray(64)]).toEqual(new Array(8).fill(0));
  });

  it('give whole sub-vectors', () => {
    const values = Float32Array.from({ length: 10 }, (_, i) => i);
    expect([...subVectorsOf(values, 2, 5, 2)]).toEqual([0, 1, 2, 3, 5, 6, 7, 8]);
    expect([...subVectorsOf(values, 5, 2, 3)].slice(0, 6)).toEqual([0, 1, 0, 2, 3, 0]);
  });
});
