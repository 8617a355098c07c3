/** Ranges by time step: by hand, image by image as in a loop over the steps, and in whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { Tape } from '../../gradient/tape';
import type { Block } from '../../model/model';
import { fakeQuantize } from '../../tensor/fake-quant';
import { Tensor } from '../../tensor/tensor';
import { Random } from '../../base/random';
import { activationsByStep, filled } from './by-step';

const gpu = await testGpu();
const COLS = 6;
const LENGTH = 5;

async function quantizerOf(values: Float32Array, calls: readonly number[], options: object) {
  const x = Tensor.from(gpu, values.length / COLS, COLS, values);
  const quantizer = await activationsByStep.at(
    {
      ...{ gpu, block: {} as Block, stage: 0, linears: [], cols: COLS },
      weight: () => Promise.reject(new Error('not asked')),
      each: (see) => see(x, { windows: calls.length, length: LENGTH, calls }),
    },
    { bits: 8, symmetric: false, clip: 1, ...options },
    null,
  );
  x.release();
  if (!quantizer) throw new Error('no quantizer');
  return quantizer;
}

async function through(quantizer: Awaited<ReturnType<typeof quantizerOf>>, values: Float32Array, calls: number[]) {
  const x = Tensor.from(gpu, values.length / COLS, COLS, values);
  const tape = new Tape(gpu, { recording: false });
  const y = quantizer.on(tape, tape.constant(x), { windows: calls.length, length: x.rows / calls.length, calls });
  const read = await y.value.read();
  tape.release();
  x.release();
  return read;
}

const normals = (count: number, seed: number) => Float32Array.from(new Random(seed).normals(count));

describe('ranges by time step', () => {
  it('round as by hand: −1 … 1 at step 0 and 0 … 3 at step 1, 2 bits', async () => {
    const before = gpu.buffers.bytesInUse;
    const seen = new Float32Array(2 * LENGTH * COLS);
    seen.set([-1, 1], 0);
    seen.set([0, 3], LENGTH * COLS);
    const quantizer = await quantizerOf(seen, [0, 1], { bits: 2 });
    const y = await through(quantizer, new Float32Array(2 * COLS).fill(0.4), [0, 1]);
    expect(y[0]).toBeCloseTo(2 / 3, 6);
    expect(y[COLS]).toBe(0);
    expect(quantizer.bits(LENGTH)).toBe(2);
    quantizer.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('take each image’s own step in a batch of any, as one step after another would', async () => {
    const calls = [2, 0, 1, 2, 0];
    const values = normals(calls.length * LENGTH * COLS, 3).map((value, i) => {
      return value * (1 + calls[Math.floor(i / (LENGTH * COLS))]);
    });
    const quantizer = await quantizerOf(values, calls, { bits: 4 });
    const together = await through(quantizer, values, calls);
    for (const [window, call] of calls.entries()) {
      const own = values.slice(window * LENGTH * COLS, (window + 1) * LENGTH * COLS);
      const part = together.slice(window * LENGTH * COLS, (window + 1) * LENGTH * COLS);
      expect(part).toEqual(await through(quantizer, own, [call]));
      // The range is that of all calibration images of the step.
      const same = values.filter((_, i) => calls[Math.floor(i / (LENGTH * COLS))] === call);
      const x = Tensor.from(gpu, LENGTH, COLS, own);
      const ranges = Tensor.from(gpu, 2, 1, [Math.min(...same), Math.max(...same)]);
      const format = { code: { kind: 'asymmetric', bits: 4 }, cells: { per: 'tensor' } } as const;
      const expected = fakeQuantize(x, format, { ranges });
      expect(part).toEqual(await expected.read());
      for (const used of [x, ranges, expected]) used.release();
    }
    quantizer.release();
  });

  it('are as good as none at 16 bits', async () => {
    const values = normals(LENGTH * COLS, 5);
    const quantizer = await quantizerOf(values, [3], { bits: 16 });
    const y = await through(quantizer, values, [3]);
    y.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThan(1e-4));
    quantizer.release();
  });

  it('take the nearest step’s where none was seen, and the last one’s beyond', () => {
    expect(filled([undefined, 1, undefined, undefined, 4])).toEqual([1, 1, 1, 4, 4]);
    expect(() => filled([undefined])).toThrow(/bug/);
  });
});
