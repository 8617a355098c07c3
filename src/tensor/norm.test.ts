import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { layerNorm, rmsNorm } from './norm';
import * as reference from './reference/model';
import { expectClose, randomMatrix, SHAPES, upload } from './testing';

describe('norms', async () => {
  const gpu = await testGpu();
  const cases = SHAPES.flatMap(([rows, cols]) => [1, 8, 32].map((lanes) => ({ rows, cols, lanes })));

  it.each(cases)('RMSNorm of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const [x, weight] = [randomMatrix(rows, cols, 1, 3), randomMatrix(1, cols, 2)];
    const y = rmsNorm(upload(gpu, x), upload(gpu, weight), 1e-5, { lanes });
    await expectClose(y, reference.rmsNorm(x, weight, 1e-5), 2e-6);
  });

  it.each(cases)('LayerNorm of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const [x, weight, bias] = [randomMatrix(rows, cols, 1, 3), randomMatrix(1, cols, 2), randomMatrix(1, cols, 3)];
    const y = layerNorm(upload(gpu, x), upload(gpu, weight), upload(gpu, bias), 1e-5, { lanes });
    await expectClose(y, reference.layerNorm(x, weight, bias, 1e-5), 2e-6);
  });

  it('LayerNorm keeps its digits where the mean dwarfs the spread', async () => {
    const x = randomMatrix(3, 50, 1);
    x.data.forEach((value, i) => (x.data[i] = Math.fround(value + 1000)));
    const [weight, bias] = [randomMatrix(1, 50, 2), randomMatrix(1, 50, 3)];
    const y = layerNorm(upload(gpu, x), upload(gpu, weight), upload(gpu, bias), 1e-5);
    await expectClose(y, reference.layerNorm(x, weight, bias, 1e-5), 2e-4);
  });

  it('refuses a weight of another width', () => {
    const [x, weight] = [upload(gpu, randomMatrix(3, 4, 1)), upload(gpu, randomMatrix(1, 5, 2))];
    expect(() => rmsNorm(x, weight, 1e-5)).toThrow('3 × 4 with a weight of 1 × 5');
  });
});
