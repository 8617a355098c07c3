import { describe, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import * as reference from '../tensor/reference/scan';
import { randomMatrix } from '../tensor/testing';
import { depthwiseCausalConv } from './depthwise-conv';
import { expectGradients } from './testing';

describe('depthwiseCausalConv', async () => {
  const gpu = await testGpu();

  it.each([
    { windows: 1, length: 1, channels: 1, width: 4 },
    { windows: 3, length: 1, channels: 3, width: 1 },
    { windows: 2, length: 3, channels: 9, width: 4 },
    { windows: 1, length: 70, channels: 5, width: 4 },
    { windows: 3, length: 25, channels: 8, width: 3 },
    { windows: 2, length: 13, channels: 17, width: 11 },
  ])('$windows windows of $length tokens, $channels channels, $width wide', async (options) => {
    const { windows, length, channels, width } = options;
    const inputs = [randomMatrix(windows * length, channels, 1), randomMatrix(channels, width, 2)];
    await expectGradients(gpu, {
      inputs: [...inputs, randomMatrix(1, channels, 3)],
      operation: (tape, [x, weight, bias]) => depthwiseCausalConv(tape, x, weight, bias, length),
      twin: ([x, weight, bias]) => reference.depthwiseCausalConv(x, weight, bias, length),
    });
    await expectGradients(gpu, {
      inputs,
      operation: (tape, [x, weight]) => depthwiseCausalConv(tape, x, weight, null, length),
      twin: ([x, weight]) => reference.depthwiseCausalConv(x, weight, null, length),
    });
  });
});
