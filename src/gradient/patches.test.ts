import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { generate } from '../tensor/reference/rearrange';
import * as reference from '../tensor/reference/vision';
import { randomMatrix, upload } from '../tensor/testing';
import { patches, unpatchify } from './patches';
import { Tape } from './tape';
import { expectGradients } from './testing';

describe('patches', async () => {
  const gpu = await testGpu();
  const cases = [
    { images: 1, channels: 1, height: 1, width: 1, patch: 1 },
    { images: 2, channels: 3, height: 4, width: 6, patch: 2 },
    { images: 3, channels: 2, height: 3, width: 9, patch: 3 },
    { images: 9, channels: 5, height: 4, width: 4, patch: 4 },
    { images: 2, channels: 7, height: 3, width: 5, patch: 1 },
  ];

  it.each(cases)('cuts $images images of $channels × $height × $width in $patch', async (grid) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(grid.images, grid.channels * grid.height * grid.width, 1)],
      operation: (tape, [x]) => patches(tape, x, grid),
      twin: ([x]) => reference.patches(x, grid),
    });
  });

  it.each(cases)('joins $images images of $channels × $height × $width from $patch', async (grid) => {
    const tokens = (grid.height * grid.width) / grid.patch ** 2;
    await expectGradients(gpu, {
      inputs: [randomMatrix(grid.images * tokens, grid.channels * grid.patch ** 2, 1)],
      operation: (tape, [x]) => unpatchify(tape, x, grid),
      twin: ([x]) => reference.unpatchify(x, grid),
    });
  });

  it('turns rows of numbers into pixels and back by patches of 1', async () => {
    const grid = { channels: 3, height: 2, width: 5, patch: 1 };
    const image = randomMatrix(2, 30, 1);
    const tape = new Tape(gpu);
    const pixels = patches(tape, tape.constant(upload(gpu, image)), grid);
    const expected = generate(20, 3, (row, c) => image.data[Math.floor(row / 10) * 30 + c * 10 + (row % 10)]);
    expect(await pixels.value.read()).toEqual(Float32Array.from(expected.data));
    expect(await unpatchify(tape, pixels, grid).value.read()).toEqual(Float32Array.from(image.data));
    tape.release();
  });
});
