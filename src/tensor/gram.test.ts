import { describe, expect, it } from 'vitest';
import { LIMIT_CHOICES, testGpu } from '../gpu/testing/gpus';
import { accumulateGram, mirror } from './gram';
import * as reference from './reference/linalg';
import { matrix, transpose } from './reference/matrix';
import { combine } from './reference/rearrange';
import { Tensor } from './tensor';
import { expectClose, randomMatrix, SHAPES, upload } from './testing';

describe.each(LIMIT_CHOICES)('gram at %s limits', async (limits) => {
  const gpu = await testGpu({ limits });

  it.each([...SHAPES, [513, 24] as const])(
    'XᵀX of %i × %i equals its twin, symmetric to the bit',
    async (tokens, cols) => {
      const x = randomMatrix(tokens, cols, 1);
      const h = Tensor.empty(gpu, cols, cols);
      accumulateGram(h, upload(gpu, x), 1, 0);
      mirror(h);
      await expectClose(h, reference.gram(x), 2e-6);
      const values = matrix(cols, cols, await h.read());
      expect(transpose(values).data).toEqual(values.data);
    },
  );

  it('keeps a running mean over batches', async () => {
    const [first, second] = [randomMatrix(20, 11, 1), randomMatrix(30, 11, 2)];
    const h = Tensor.empty(gpu, 11, 11);
    accumulateGram(h, upload(gpu, first), 2 / 20, 0);
    accumulateGram(h, upload(gpu, second), 2 / 50, 20 / 50);
    mirror(h);
    await expectClose(h, combine(2 / 50, reference.gram(first), 2 / 50, reference.gram(second)), 2e-6);
  });

  it.each([1, 7, 8, 12, 65])('mirrors size %i whatever was above the diagonal', async (n) => {
    const h = randomMatrix(n, n, 3);
    const expected = reference.mirror(h);
    for (let i = 0; i < n; i++) h.data.fill(NaN, i * n + i + 1, (i + 1) * n);
    const tensor = upload(gpu, h);
    mirror(tensor);
    await expectClose(tensor, expected, 1e-12);
  });

  it('refuses a matrix that is not square', () => {
    expect(() => mirror(upload(gpu, randomMatrix(3, 4, 1)))).toThrow('3 × 4');
  });
});
