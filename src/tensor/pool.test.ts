import { describe, expect, it } from 'vitest';
import { LIMIT_CHOICES, testGpu } from '../gpu/testing/gpus';
import { maxPool, maxPoolBack } from './pool';
import { maxPool as twin } from './reference/convolution';
import { Tensor } from './tensor';
import { expectClose, randomMatrix, upload } from './testing';

describe.each(LIMIT_CHOICES)('max pooling at %s limits', async (limits) => {
  const gpu = await testGpu({ limits });

  it.each([
    { images: 1, height: 1, width: 1, channels: 1, side: 3, stride: 2, padding: 1 },
    { images: 2, height: 8, width: 8, channels: 16, side: 3, stride: 2, padding: 1 },
    { images: 2, height: 7, width: 5, channels: 3, side: 3, stride: 2, padding: 1 },
    { images: 3, height: 4, width: 6, channels: 9, side: 2, stride: 2, padding: 0 },
    { images: 1, height: 5, width: 5, channels: 4, side: 5, stride: 1, padding: 2 },
  ])(
    'equals its twin on $images × $height × $width × $channels, side $side',
    async ({ images, channels, ...options }) => {
      const x = randomMatrix(images * options.height * options.width, channels, 1);
      // All below zero, so that a zero of the padding would win.
      for (let i = 0; i < x.data.length; i++) x.data[i] -= 10;
      const rounded = { ...x, data: Float64Array.from(Float32Array.from(x.data)) };
      const tensor = upload(gpu, rounded);
      const y = maxPool(tensor, options);
      await expectClose(y, twin(rounded, options), 1e-12);
      tensor.release();
      y.release();
    },
  );

  it('keeps what is not finite', async () => {
    const x = Tensor.from(gpu, 4, 3, [1, NaN, 2, 3, 4, -Infinity, 5, 6, 7, 8, 9, 10]);
    const y = maxPool(x, { height: 2, width: 2, side: 2 });
    const [first, ...others] = await y.read();
    expect(first).toBe(8);
    expect(others.some(Number.isFinite)).toBe(false);
    x.release();
    y.release();
  });

  it('refuses windows that could lie outside of the image, and gradients of another shape', () => {
    const x = upload(gpu, randomMatrix(9, 2, 1));
    expect(() => maxPool(x, { height: 3, width: 3, side: 3, padding: 2 })).toThrow('a padding of 2');
    expect(() => maxPool(x, { height: 2, width: 3, side: 2 })).toThrow('9 pixels of 2 × 3');
    const g = upload(gpu, randomMatrix(3, 2, 1));
    expect(() => maxPoolBack(x, g, { height: 3, width: 3, side: 3, padding: 1 })).toThrow('3 × 2 for 9 × 2');
    x.release();
    g.release();
  });
});
