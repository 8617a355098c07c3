import { expect, it } from 'vitest';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';
import { known, readTogether } from './readback';
import { testGpu } from './testing/gpus';

const gpu = await testGpu();

it('reads several things in one readback, each as it wants to be understood', async () => {
  const a = Tensor.from(gpu, 3, 2, [1, 2, 3, 4, 5, 6]);
  const b = Tensor.from(gpu, 1, 3, [7, 8, 9]);
  const scalars = new Scalars(gpu);
  scalars.sumOfSquares(a);
  const before = gpu.readbacks;
  const [first, answer, sums, second] = await readTogether(gpu, a.readable, known('known'), scalars, b.readable);
  expect(gpu.readbacks - before).toBe(1);
  expect([[...first], answer, sums, [...second]]).toEqual([[1, 2, 3, 4, 5, 6], 'known', [91], [7, 8, 9]]);
  // What rode along is there when its owner asks.
  expect(await scalars.read()).toEqual([91]);
  expect(gpu.readbacks - before).toBe(1);
});

it('waits for nothing where all is known', async () => {
  const before = gpu.readbacks;
  expect(await readTogether(gpu, known(1), known(2))).toEqual([1, 2]);
  expect(gpu.readbacks).toBe(before);
});
