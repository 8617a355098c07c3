import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { accuracyOf, wilson } from './accuracy';
import { eigen, frechetDistance } from './frechet';

/** count × width normals with a standard deviation and mean a column. */
function features(count: number, deviations: readonly number[], mean: number, seed: number): Float32Array {
  const width = deviations.length;
  return new Random(seed).normals(count * width).map((value, at) => value * deviations[at % width] + mean);
}

describe('the Fréchet distance', () => {
  it('is zero for the same set and the squared shift for a shifted one', () => {
    const a = features(50, [1, 2, 0.5], 0, 1);
    expect(frechetDistance(a, a, 3)).toBeLessThan(1e-9);
    const shifted = a.map((value, at) => value + (at % 3 === 1 ? 2 : 0));
    expect(frechetDistance(a, shifted, 3)).toBeCloseTo(4, 4);
  });

  it('is Σ (σ₁ − σ₂)² for independent columns, in the limit', () => {
    const [a, b] = [features(60_000, [1, 2], 0, 1), features(60_000, [3, 1], 0, 2)];
    expect(frechetDistance(a, b, 2)).toBeCloseTo(5, 0);
    expect(frechetDistance(a, b, 2)).toBeCloseTo(frechetDistance(b, a, 2), 6);
  });

  it('does not mind how the features are turned', () => {
    const [a, b] = [features(40, [1, 2], 0, 3), features(40, [2, 1], 1, 4)];
    const turn = (x: Float32Array) =>
      x.map((value, at) => (at % 2 === 0 ? 0.6 * value - 0.8 * x[at + 1] : 0.8 * x[at - 1] + 0.6 * value));
    expect(frechetDistance(turn(a), turn(b), 2)).toBeCloseTo(frechetDistance(a, b, 2), 4);
  });

  it('works where a set has fewer images than features', () => {
    const [a, b] = [features(4, Array<number>(9).fill(1), 0, 5), features(4, Array<number>(9).fill(1), 0, 6)];
    expect(frechetDistance(a, b, 9)).toBeGreaterThan(0);
    expect(() => frechetDistance(a.slice(0, 9), b, 9)).toThrow('two or more');
  });

  it('has eigenvectors that make the matrix again', () => {
    const n = 12;
    const half = new Random(7).normals(n * n);
    const a = Float64Array.from(half, (_, at) => half[at] + half[(at % n) * n + Math.floor(at / n)]);
    const { values, vectors } = eigen(a, n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += vectors[i * n + k] * values[k] * vectors[j * n + k];
        expect(sum).toBeCloseTo(a[i * n + j], 10);
      }
    }
  });
});

describe('accuracy', () => {
  it('counts the largest logit, the first of equals', () => {
    const logits = Float32Array.of(1, 2, 3, 3, 0, 0, 5, 5, 1);
    expect(accuracyOf(logits, [2, 0, 1], 3)).toMatchObject({ share: 2 / 3, images: 3 });
    expect(() => accuracyOf(logits, [1], 3)).toThrow('9 logits for 1 images');
  });

  it('has Wilson’s interval', () => {
    // 81 of 263: Newcombe 1998, table I, method 3.
    const [low, high] = wilson(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    expect(wilson(0, 10)[0]).toBe(0);
    expect(wilson(10, 10)[1]).toBeCloseTo(1, 12);
  });
});
