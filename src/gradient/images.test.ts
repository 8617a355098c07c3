import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { convolvedSize, type Convolution } from '../tensor/conv2d';
import { maxPool as maxPoolTwin, unroll } from '../tensor/reference/convolution';
import * as reference from '../tensor/reference/vision';
import { Tensor } from '../tensor/tensor';
import { randomMatrix } from '../tensor/testing';
import { conv2d, groupNorm, maxPool, upsample2x, windows } from './images';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

interface Case extends Convolution {
  images: number;
  channels: number;
  outputs: number;
}

const CASES: Case[] = [
  { images: 1, height: 1, width: 1, channels: 1, outputs: 1, side: 1 },
  { images: 1, height: 1, width: 1, channels: 2, outputs: 3, side: 3, padding: 1 },
  { images: 2, height: 4, width: 5, channels: 3, outputs: 5, side: 3, padding: 1 },
  { images: 2, height: 5, width: 4, channels: 9, outputs: 2, side: 3, stride: 2, padding: 1 },
  { images: 3, height: 6, width: 6, channels: 2, outputs: 9, side: 3, stride: 2 },
  { images: 2, height: 5, width: 3, channels: 4, outputs: 3, side: 1, stride: 2 },
  { images: 3, height: 3, width: 3, channels: 10, outputs: 7, side: 1 },
  { images: 1, height: 7, width: 6, channels: 2, outputs: 2, side: 5, padding: 2, stride: 3 },
  { images: 2, height: 4, width: 6, channels: 5, outputs: 3, side: 3, padding: 0, after: 1, stride: 2 },
];

function inputsOf({ images, height, width, channels, outputs, side }: Case) {
  return [
    randomMatrix(images * height * width, channels, 1),
    randomMatrix(outputs, channels * side * side, 2),
    randomMatrix(1, outputs, 3),
  ];
}

describe('images', async () => {
  const gpu = await testGpu();

  it.each(CASES)(
    'goes back through conv2d of $images × $height × $width × $channels, $outputs outputs, side $side, stride $stride',
    async (options) => {
      await expectGradients(gpu, {
        inputs: inputsOf(options),
        operation: (tape, [x, weight, bias]) => conv2d(tape, x, weight, bias, options),
        twin: ([x, weight, bias]) => reference.conv2d(x, weight, bias, options),
      });
    },
  );

  // Of one pixel they are the image itself.
  it.each(CASES.filter(({ side, stride }) => side > 1 || stride))(
    'goes back through windows of $images × $height × $width × $channels, side $side, stride $stride',
    async (options) => {
      await expectGradients(gpu, {
        inputs: inputsOf(options).slice(0, 1),
        operation: (tape, [x]) => windows(tape, x, options),
        twin: ([x]) => unroll(x, options),
      });
    },
  );

  it.each([CASES[2], CASES[3], CASES[4]])(
    'does so in panels that end within an image, side $side, stride $stride',
    async (options) => {
      const small = { ...options, panelBytes: 1 }; // 8 pixels
      const [height, width] = convolvedSize(options);
      expect(options.images * height * width).toBeGreaterThan(8);
      const inputs = inputsOf(options).slice(0, 2);
      await expectGradients(gpu, {
        inputs,
        operation: (tape, [x, weight]) => conv2d(tape, x, weight, null, small),
        twin: ([x, weight]) => reference.conv2d(x, weight, null, small),
      });
    },
  );

  it.each([
    { images: 1, pixels: 1, channels: 2, groups: 1 },
    { images: 3, pixels: 4, channels: 6, groups: 3 },
    { images: 2, pixels: 9, channels: 10, groups: 2 },
    { images: 9, pixels: 3, channels: 5, groups: 5 },
    { images: 2, pixels: 70, channels: 4, groups: 1 },
  ])('goes back through groupNorm of $images × $pixels × $channels in $groups groups', async (options) => {
    const { images, pixels, channels } = options;
    const settings = { ...options, eps: 1e-2 };
    await expectGradients(gpu, {
      inputs: [randomMatrix(images * pixels, channels, 1), randomMatrix(1, channels, 2), randomMatrix(1, channels, 3)],
      operation: (tape, [x, weight, bias]) => groupNorm(tape, x, weight, bias, settings),
      twin: ([x, weight, bias]) => reference.groupNorm(x, weight, bias, settings),
    });
  });

  it.each([
    { images: 1, height: 1, width: 1, channels: 1 },
    { images: 3, height: 2, width: 3, channels: 5 },
    { images: 2, height: 3, width: 1, channels: 9 },
  ])('goes back through upsample2x of $images × $height × $width × $channels', async (options) => {
    const { images, height, width, channels } = options;
    await expectGradients(gpu, {
      inputs: [randomMatrix(images * height * width, channels, 1)],
      operation: (tape, [x]) => upsample2x(tape, x, options),
      twin: ([x]) => reference.upsample2x(x, options),
    });
  });

  it.each([
    { images: 1, height: 1, width: 1, channels: 1, side: 3, stride: 2, padding: 1 },
    { images: 2, height: 7, width: 6, channels: 5, side: 3, stride: 2, padding: 1 },
    { images: 2, height: 4, width: 4, channels: 9, side: 2, stride: 2 },
    { images: 1, height: 5, width: 5, channels: 3, side: 3 },
    { images: 1, height: 6, width: 5, channels: 2, side: 1, stride: 3 },
  ])(
    'goes back through maxPool of $images × $height × $width × $channels, side $side, stride $stride',
    async ({ images, channels, ...options }) => {
      await expectGradients(gpu, {
        inputs: [randomMatrix(images * options.height * options.width, channels, 1)],
        operation: (tape, [x]) => maxPool(tape, x, options),
        twin: ([x]) => maxPoolTwin(x, options),
      });
    },
  );

  it('gives what comes back to the first of equals', async () => {
    const tape = new Tape(gpu);
    const x = new Parameter(Tensor.from(gpu, 4, 1, [2, 5, 5, 1]));
    const y = maxPool(tape, x, { height: 2, width: 2, side: 2 });
    tape.backward(y, Tensor.from(gpu, 1, 1, [3]));
    expect([...((await x.grad?.read()) ?? [])]).toEqual([0, 3, 0, 0]);
    tape.release();
    x.clearGrad();
    x.value.release();
  });
});
