import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { Scalars } from './reduce';
import * as reference from './reference/rearrange';
import { randomMatrix, SHAPES, upload } from './testing';

describe('scalars', async () => {
  const gpu = await testGpu();
  // The last needs several workgroups, and several runs in each.
  const shapes = [...SHAPES, [700, 1100]] as const;

  it.each(shapes)('over %i × %i equal their twins', async (rows, cols) => {
    const [a, b] = [randomMatrix(rows, cols, 1), randomMatrix(rows, cols, 2)];
    const [onA, onB] = [upload(gpu, a), upload(gpu, b)];
    const scalars = new Scalars(gpu);
    const squares = scalars.sumOfSquares(onA);
    const differences = scalars.sumOfSquaredDifferences(onA, onB);
    const product = scalars.innerProduct(onA, onB);
    const values = await scalars.read();
    const size = reference.sumOfSquares(a) + reference.sumOfSquares(b);
    const tolerance = 5e-7 * size;
    expect(Math.abs(values[squares] - reference.sumOfSquares(a))).toBeLessThan(tolerance);
    expect(Math.abs(values[differences] - reference.sumOfSquaredDifferences(a, b))).toBeLessThan(tolerance);
    expect(Math.abs(values[product] - reference.innerProduct(a, b))).toBeLessThan(tolerance);
  });

  it('counts every NaN and infinity, of either sign, once', async () => {
    const a = randomMatrix(65, 129, 1);
    [NaN, Infinity, -Infinity, -NaN, NaN].forEach((value, i) => (a.data[i * 1700] = value));
    a.data[64 * 129 + 128] = Infinity;
    a.data[5] = 3.4e38;
    a.data[6] = 1e-45;
    const scalars = new Scalars(gpu);
    scalars.nonFiniteCount(upload(gpu, a));
    expect(await scalars.read()).toEqual([reference.nonFiniteCount(a)]);
    expect(reference.nonFiniteCount(a)).toBe(6);
  });

  it('is exact where one running f32 sum would stall', async () => {
    // Twenty million equal terms: a running sum stops growing at 2²⁴ of them.
    const scalars = new Scalars(gpu);
    const ones = upload(gpu, { rows: 4096, cols: 5000, data: new Float64Array(4096 * 5000).fill(1) });
    scalars.sumOfSquares(ones);
    expect(await scalars.read()).toEqual([4096 * 5000]);
    ones.release();
  });

  it('returns many scalars in the order they were asked for, and starts again after a read', async () => {
    const scalars = new Scalars(gpu);
    const before = gpu.buffers.bytesInUse;
    const tensors = Array.from({ length: 150 }, (_, i) => upload(gpu, { rows: 1, cols: 1, data: Float64Array.of(i) }));
    for (const tensor of tensors) scalars.sumOfSquares(tensor);
    expect(await scalars.read()).toEqual(tensors.map((_, i) => i * i));
    expect(await scalars.read()).toEqual([]);
    expect(scalars.sumOfSquares(tensors[3])).toBe(0);
    expect(await scalars.read()).toEqual([9]);
    for (const tensor of tensors) tensor.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('refuses shapes that differ', () => {
    const [a, b] = [upload(gpu, randomMatrix(3, 4, 1)), upload(gpu, randomMatrix(4, 3, 1))];
    expect(() => new Scalars(gpu).innerProduct(a, b)).toThrow('3 × 4 and 4 × 3');
  });
});
