/** PSNR and SSIM, by hand and in their written-out form. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { psnr, similarityOf, ssim } from './similarity';

const SHAPE = { channels: 3, size: 14 };
const LENGTH = 3 * 14 * 14;

const noise = (seed: number, scale: number) => Float32Array.from(new Random(seed).normals(LENGTH), (v) => scale * v);
const sum = (a: Float32Array, b: Float32Array) => a.map((value, i) => value + b[i]);

/** Window by window with two-dimensional weights. */
function slowSsim(a: Float32Array, b: Float32Array): number {
  const [size, side] = [14, 11];
  const grey = (x: Float32Array, i: number) => 0.299 * x[i] + 0.587 * x[196 + i] + 0.114 * x[392 + i];
  const weight = (r: number, c: number) => Math.exp(-((r - 5) ** 2 + (c - 5) ** 2) / 4.5);
  let total = 0;
  for (let r = 0; r < side; r++) for (let c = 0; c < side; c++) total += weight(r, c);
  let all = 0;
  let windows = 0;
  for (let top = 0; top + side <= size; top++) {
    for (let left = 0; left + side <= size; left++) {
      const mean = (of: (i: number) => number) => {
        let value = 0;
        for (let r = 0; r < side; r++) {
          for (let c = 0; c < side; c++) value += (weight(r, c) / total) * of((top + r) * size + left + c);
        }
        return value;
      };
      const [mx, my] = [mean((i) => grey(a, i)), mean((i) => grey(b, i))];
      const vx = mean((i) => (grey(a, i) - mx) ** 2);
      const vy = mean((i) => (grey(b, i) - my) ** 2);
      const cov = mean((i) => (grey(a, i) - mx) * (grey(b, i) - my));
      all += ((2 * mx * my + 0.0004) * (2 * cov + 0.0036)) / ((mx * mx + my * my + 0.0004) * (vx + vy + 0.0036));
      windows++;
    }
  }
  return all / windows;
}

describe('similarity of pictures', () => {
  it('is 20 dB where all differ by a tenth of the range', () => {
    const a = noise(1, 0.3);
    expect(
      psnr(
        a,
        a.map((value) => value + 0.2),
      ),
    ).toBeCloseTo(20, 4);
  });

  it('is SSIM window by window', () => {
    const a = noise(2, 0.4);
    const b = sum(a, noise(3, 0.2));
    expect(ssim(a, b, SHAPE)).toBeCloseTo(slowSsim(a, b), 10);
    expect(ssim(a, a, SHAPE)).toBeCloseTo(1, 12);
  });

  it('has no ratio between pictures that are the same, and intervals around the mean else', () => {
    const a = noise(4, 0.4);
    const both = Float32Array.from([...a, ...noise(5, 0.4)]);
    expect(similarityOf(both, both, SHAPE).psnr).toBeNull();
    const other = Float32Array.from([...sum(a, noise(6, 0.1)), ...noise(7, 0.4)]);
    const { psnr: ratio, ssim: alike } = similarityOf(other, both, SHAPE);
    for (const one of [ratio, alike]) {
      expect(one?.interval[0]).toBeLessThanOrEqual(one?.value ?? NaN);
      expect(one?.interval[1]).toBeGreaterThanOrEqual(one?.value ?? NaN);
    }
  });

  it('takes pictures smaller than a window', () => {
    const a = new Float32Array(16).fill(0.25);
    expect(ssim(a, a, { channels: 1, size: 4 })).toBeCloseTo(1, 12);
  });
});
