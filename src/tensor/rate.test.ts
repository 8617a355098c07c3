import { expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { assumedRates, measureRates } from './rate';

it('measures every rate, and gives back what it took', async () => {
  const gpu = await testGpu();
  const before = gpu.buffers.bytesInUse;
  const rates = await measureRates(gpu);
  expect(Object.keys(rates).sort()).toEqual(Object.keys(assumedRates(1)).sort());
  for (const rate of Object.values(rates)) expect(rate > 0 && rate < Infinity).toBe(true);
  expect(gpu.buffers.bytesInUse).toBe(before);
});
