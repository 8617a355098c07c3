/** Oscillating weights, step by step beside a loop in float64. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { Tensor } from '../../tensor/tensor';
import { roundHalf } from '../../tensor/reference/fake-quant';
import { Oscillation } from './oscillation';

const gpu = await testGpu();
const [ROWS, COLS] = [5, 11];
const OPTIONS = { bits: 2, momentum: 0.75, threshold: 0.4 };
const TOP = 3;

interface Seen {
  value: number;
  free: boolean;
  level: number;
  last: number;
  frequency: number;
  mean: number;
}

/** One weight after a step. */
function observed(seen: Seen, [low, high]: readonly [number, number]): void {
  if (!seen.free) return;
  const s = (high - low) / TOP;
  const zero = roundHalf(-low / s);
  const now = Math.min(Math.max(roundHalf(seen.value / s) + zero, 0), TOP) - zero;
  const moved = Math.sign(now - seen.level);
  const flip = moved * seen.last < 0 ? 1 : 0;
  seen.level = now;
  if (moved !== 0) seen.last = moved;
  seen.frequency = 0.75 * seen.frequency + 0.25 * flip;
  seen.mean = 0.75 * seen.mean + 0.25 * now;
  if (seen.frequency <= OPTIONS.threshold) return;
  seen.value = s * roundHalf(seen.mean);
  seen.free = false;
}

describe('oscillating weights', () => {
  it('are told and frozen as by the loop', async () => {
    const random = new Random(9);
    const ranges = Array.from({ length: ROWS }, () => [-1 - random.uniform(), 1 + random.uniform()] as const);
    const ends = Tensor.from(
      gpu,
      2 * ROWS,
      1,
      Float32Array.from([...ranges.map(([low]) => low), ...ranges.map(([, high]) => high)]),
    );
    const levels = new Float32Array(ROWS * COLS);
    const value = Tensor.zeros(gpu, ROWS, COLS, 'weights');
    const oscillation = new Oscillation(value, ends, OPTIONS, levels);
    const loop = Array.from(levels, (): Seen => {
      return { value: 0, free: true, level: 0, last: 0, frequency: 0, mean: 0 };
    });
    for (let step = 0; step < 12; step++) {
      // Every third weight turns at every step; the others wander. None comes near the middle between two levels.
      const values = loop.map((seen, i) => {
        const [low, high] = ranges[Math.floor(i / COLS)];
        const s = (high - low) / TOP;
        const level = i % 3 === 0 ? step % 2 : random.integer(3) - 1;
        return seen.free ? s * (level + 0.3 * (random.uniform() - 0.5)) : seen.value;
      });
      loop.forEach((seen, i) => (seen.value = Math.fround(values[i])));
      const made = Tensor.from(gpu, ROWS, COLS, Float32Array.from(values));
      gpu.copy(made.buffer, 0, value.buffer, 0, value.bytes);
      made.release();
      oscillation.observe();
      loop.forEach((seen, i) => observed(seen, ranges[Math.floor(i / COLS)]));
      const free = await oscillation.free.read();
      expect([...free]).toEqual(loop.map((seen) => (seen.free ? 1 : 0)));
      const now = await value.read();
      loop.forEach((seen, i) => expect(now[i]).toBeCloseTo(seen.value, 5));
    }
    const frozen = loop.filter(({ free }) => !free).length;
    expect(frozen).toBeGreaterThan(0);
    expect(frozen).toBeLessThan(loop.length);
    for (const used of [oscillation, value, ends]) used.release();
  });
});
