/** Convolutions by their windows: beside the float64 twin of torch's convolution and of its windows, over shapes and cuts into panels. */
import { describe, expect, it } from 'vitest';
import { LIMIT_CHOICES, testGpu } from '../gpu/testing/gpus';
import { convolvedSize, type Convolution } from './conv2d';
import {
  accumulateWindowGram,
  accumulateWindowProduct,
  applyConvolution,
  channelMajor,
  eachPanel,
  panelRanges,
  tapMajor,
  unroll,
  windowColumnSums,
  windowRows,
} from './convolution';
import { mirror } from './gram';
import { padded, Tensor } from './tensor';
import { unroll as unrollTwin } from './reference/convolution';
import { gram } from './reference/linalg';
import { matrix, multiply, transpose, type Matrix } from './reference/matrix';
import { permuteSymmetric, generate } from './reference/rearrange';
import { conv2d } from './reference/vision';
import { expectClose, randomMatrix, upload } from './testing';

interface Case extends Convolution {
  images: number;
  channels: number;
  outputs: number;
}

const CASES: Case[] = [
  { images: 1, height: 1, width: 1, channels: 1, outputs: 1, side: 1 },
  { images: 1, height: 1, width: 1, channels: 5, outputs: 3, side: 3, padding: 1 },
  { images: 3, height: 4, width: 5, channels: 10, outputs: 7, side: 1 },
  { images: 2, height: 5, width: 3, channels: 4, outputs: 3, side: 1, stride: 2 },
  { images: 2, height: 4, width: 5, channels: 3, outputs: 5, side: 3, padding: 1 },
  { images: 2, height: 6, width: 6, channels: 8, outputs: 9, side: 3 },
  { images: 2, height: 5, width: 7, channels: 12, outputs: 2, side: 3, stride: 2, padding: 1 },
  { images: 2, height: 4, width: 4, channels: 6, outputs: 8, side: 3, stride: 2, padding: 0 },
  { images: 1, height: 13, width: 11, channels: 3, outputs: 6, side: 7, stride: 2, padding: 3 },
  { images: 1, height: 4, width: 3, channels: 2, outputs: 2, side: 2, stride: 3, padding: 1 },
  { images: 2, height: 6, width: 4, channels: 5, outputs: 4, side: 3, stride: 2, padding: 0, after: 1 },
];

const title = '$images × $height × $width × $channels, side $side, stride $stride, padding $padding';

function inputsOf({ images, height, width, channels, outputs, side }: Case) {
  const x = randomMatrix(images * height * width, channels, 1);
  const weight = randomMatrix(outputs, channels * side * side, 2);
  const turned = tapMajor(Float32Array.from(weight.data), channels, side);
  return { x, weight, tapWeight: matrix(outputs, weight.cols, turned) };
}

describe.each(LIMIT_CHOICES)('convolutions by windows at %s limits', async (limits) => {
  const gpu = await testGpu({ limits });
  const held = <T>(m: Matrix, body: (tensor: Tensor) => T): T => {
    const tensor = upload(gpu, m);
    const made = body(tensor);
    tensor.release();
    return made;
  };
  const expectTwin = async (made: Tensor, twin: Matrix, tolerance = 2e-6) => {
    await expectClose(made, twin, tolerance);
    made.release();
  };

  it.each(CASES)(`lays out the windows of ${title}`, async (options) => {
    const before = gpu.buffers.bytesInUse;
    const { x } = inputsOf(options);
    const twin = unrollTwin(x, options);
    expect(windowRows(x.rows, options)).toBe(twin.rows);
    await expectTwin(
      held(x, (tensor) => unroll(tensor, options, 0, twin.rows)),
      twin,
      1e-12,
    );
    const first = Math.floor(twin.rows / 2);
    const rest = twin.rows - first;
    const part = matrix(rest, twin.cols, twin.data.slice(first * twin.cols));
    await expectTwin(
      held(x, (tensor) => unroll(tensor, options, first, rest)),
      part,
      1e-12,
    );
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it.each(CASES.flatMap((one) => [one, { ...one, panelBytes: 1 }]))(
    `is torch's convolution, its Gram matrix and sums, ${title}, panels of $panelBytes`,
    async (options) => {
      const before = gpu.buffers.bytesInUse;
      const { x, weight, tapWeight } = inputsOf(options);
      const windows = unrollTwin(x, options);
      const w = upload(gpu, tapWeight);
      await expectTwin(
        held(x, (tensor) => applyConvolution(tensor, w, options)),
        conv2d(x, weight, null, options),
      );
      w.release();
      const h = Tensor.empty(gpu, windows.cols, windows.cols);
      held(x, (tensor) => accumulateWindowGram(h, tensor, options, 1, 0));
      mirror(h);
      await expectTwin(h, gram(windows));
      const sums = generate(1, windows.cols, (_, col) => {
        let sum = 0;
        for (let row = 0; row < windows.rows; row++) sum += windows.data[row * windows.cols + col];
        return sum;
      });
      await expectTwin(
        held(x, (tensor) => windowColumnSums(tensor, options)),
        sums,
        1e-5,
      );
      expect(gpu.buffers.bytesInUse).toBe(before);
    },
  );

  it('goes on from what batches before it gave, in panels or not', async () => {
    for (const panelBytes of [1, 1 << 25]) {
      const options = { height: 4, width: 5, side: 3, padding: 1, panelBytes };
      const [a, b] = [randomMatrix(40, 3, 1), randomMatrix(20, 3, 2)];
      const h = Tensor.empty(gpu, 27, 27);
      held(a, (tensor) => accumulateWindowGram(h, tensor, options, 2, 0));
      held(b, (tensor) => accumulateWindowGram(h, tensor, options, 2, 0.5));
      mirror(h);
      const [ha, hb] = [a, b].map((x) => gram(unrollTwin(x, options)));
      await expectTwin(
        h,
        generate(27, 27, (i, j) => ha.data[i * 27 + j] + 2 * hb.data[i * 27 + j]),
      );
    }
  });

  it.each(CASES)(`multiplies the windows of two images, ${title}`, async (options) => {
    const { x } = inputsOf(options);
    const other = randomMatrix(x.rows, x.cols, 9);
    const sum = Tensor.empty(gpu, options.side ** 2 * x.cols, options.side ** 2 * x.cols);
    held(x, (a) =>
      held(other, (b) => accumulateWindowProduct(sum, a, b, { ...options, panelBytes: 1 }, { alpha: 1, beta: 0 })),
    );
    await expectTwin(sum, multiply(transpose(unrollTwin(x, options)), unrollTwin(other, options)));
  });

  it('holds no more windows at once than a panel may take', () => {
    const options = { height: 16, width: 16, side: 3, padding: 1, panelBytes: 32 * 4 * padded(9 * 7) };
    const x = upload(gpu, randomMatrix(512, 7, 1));
    const before = gpu.buffers.bytesInUse;
    const firsts: number[] = [];
    eachPanel(x, options, (windows, first) => {
      firsts.push(first);
      expect(windows.bytes).toBeLessThanOrEqual(options.panelBytes);
      expect(gpu.buffers.bytesInUse - before).toBe(windows.bytes);
    });
    expect(firsts).toEqual(Array.from({ length: 16 }, (_, i) => 32 * i));
    x.release();
  });
});

describe('orders of columns', () => {
  it('puts a tap’s channels together', () => {
    // Two channels, four taps: torch has a channel's taps together.
    const torch = Float32Array.of(1, 2, 3, 4, 10, 20, 30, 40, 5, 6, 7, 8, 50, 60, 70, 80);
    const taps = tapMajor(torch, 2, 2);
    expect([...taps]).toEqual([1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60, 7, 70, 8, 80]);
    expect(channelMajor(taps, 2, 2)).toEqual(torch);
    expect(() => tapMajor(Float32Array.of(1, 2, 3), 2, 1)).toThrow('3 values in rows of 2');
  });

  it.each(CASES)(`only permutes H, ${title}`, (options) => {
    const { x } = inputsOf(options);
    const { side } = options;
    const [taps, channels] = [gram(unrollTwin(x, options)), gram(unrollTwin(x, options, 'channel'))];
    // Column j of the tap-major order is this one of torch's.
    const index = tapMajor(
      Float32Array.from({ length: taps.cols }, (_, col) => col),
      x.cols,
      side,
    );
    expect(permuteSymmetric(channels, index).data).toEqual(taps.data);
  });

  it('cuts output pixels into panels of whole eights', () => {
    const options = { height: 5, width: 5, side: 3, padding: 1, panelBytes: 1 };
    expect(panelRanges(50, 4, options).map(({ count }) => count)).toEqual([8, 8, 8, 8, 8, 8, 2]);
    expect(convolvedSize(options)).toEqual([5, 5]);
    expect(() => windowRows(49, options)).toThrow('49 pixels');
  });
});
