/**
 * Second-order methods on a convolution: what they make of its panels is what they make of the whole unrolled matrix, and in torch's order
 * of columns the same codes come out, each at its own place.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import {
  accumulateWindowGram,
  accumulateWindowProduct,
  channelMajor,
  tapMajor,
  windowCols,
} from '../tensor/convolution';
import type { Convolution } from '../tensor/conv2d';
import { accumulateGram, mirror } from '../tensor/gram';
import { accumulateSquare } from '../tensor/matmul';
import { emptySquare } from '../tensor/panels';
import { unroll } from '../tensor/reference/convolution';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import { Tensor } from '../tensor/tensor';
import { upload } from '../tensor/testing';
import { faceOf } from './catalogue';
import { defaultOptions } from './parameters';
import { InputStatistics } from './statistics';
import { methodOf } from './table';

const gpu = await testGpu();
const OUTPUTS = 6;

interface Case extends Convolution {
  readonly images: number;
  readonly channels: number;
}

const CASES: Case[] = [
  { images: 6, height: 6, width: 5, channels: 4, side: 3, padding: 1 },
  { images: 5, height: 7, width: 7, channels: 3, side: 3, stride: 2, padding: 1 },
  { images: 4, height: 5, width: 5, channels: 12, side: 1 },
];

/** Pixels that know their neighbours, two streams of them, and a weight in torch's order. */
function example({ images, height, width, channels, side }: Case) {
  const random = new Random(7);
  const smooth = (noise: number) => {
    const values = random.normals(images * height * width * channels, noise);
    return values.map((value, i) => value + Math.sin(i / 11) + 0.5 * Math.cos(i / (3 + (i % channels))));
  };
  const full = matrix(images * height * width, channels, smooth(0.5));
  const own = matrix(
    full.rows,
    channels,
    Float32Array.from(full.data, (value) => value + 0.1 * random.normal()),
  );
  const weight = random.normals(OUTPUTS * windowCols(channels, { side }), 0.1);
  return { full, own, weight };
}

async function quantize(
  method: string,
  given: Record<string, number | boolean>,
  weight: Float32Array,
  statistics: InputStatistics,
) {
  const { parameters } = faceOf(method);
  const known = Object.fromEntries(Object.entries(given).filter(([name]) => name in parameters));
  const w = Tensor.from(gpu, OUTPUTS, weight.length / OUTPUTS, weight);
  const made = await methodOf(method).quantize({ weight: w, statistics }, { ...defaultOptions(parameters), ...known });
  const values = await made.q.read();
  made.q.release();
  w.release();
  await statistics.release();
  return values;
}

/** H and D of the windows that the host has laid out whole, in either order of columns. */
function whole(options: Case, order: 'tap' | 'channel'): InputStatistics {
  const { full, own } = example(options);
  const unrolled = (x: Matrix) => unroll(x, options, order);
  const [a, b] = [unrolled(own), unrolled(full)];
  const difference = matrix(
    a.rows,
    a.cols,
    b.data.map((value, i) => Math.fround(value) - Math.fround(a.data[i])),
  );
  const x = upload(gpu, a);
  const drift = upload(gpu, difference);
  const [h, d] = [emptySquare(gpu, a.cols, 'H'), emptySquare(gpu, a.cols, 'D')];
  accumulateGram(h, x, 2 / options.images, 0);
  mirror(h);
  accumulateSquare(drift, x, d, { alpha: 2 / options.images, beta: 0 });
  x.release();
  drift.release();
  return InputStatistics.of(h, d);
}

/** The same of the images alone. */
function byPanels(options: Case): InputStatistics {
  const { full, own } = example(options);
  const cols = windowCols(options.channels, options);
  const [h, d] = [emptySquare(gpu, cols, 'H'), emptySquare(gpu, cols, 'D')];
  const x = upload(gpu, own);
  const drift = upload(
    gpu,
    matrix(
      own.rows,
      own.cols,
      full.data.map((value, i) => Math.fround(value) - Math.fround(own.data[i])),
    ),
  );
  const alpha = 2 / options.images;
  accumulateWindowGram(h, x, options, alpha, 0);
  mirror(h);
  accumulateWindowProduct(d, drift, x, options, { alpha, beta: 0 });
  x.release();
  drift.release();
  return InputStatistics.of(h, d);
}

describe.each(['gptq', 'gptaq', 'gptvq'])('%s on a convolution', (method) => {
  const settings = { bits: 3, blockSize: 8, codewords: 8, dim: 2 };

  it.each(CASES)('equals it on the unrolled matrix, side $side, $channels channels', async (options) => {
    const before = gpu.buffers.bytesInUse;
    const weight = tapMajor(example(options).weight, options.channels, options.side);
    const expected = await quantize(method, settings, weight, whole(options, 'tap'));
    expect(await quantize(method, settings, weight, byPanels(options))).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(4);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('the order of columns', () => {
  // Act-order goes by the diagonal of H, which knows no order of columns; the grid is one a row, which sees a row as a set.
  it.each(CASES)('only permutes codes, side $side, $channels channels', async (options) => {
    const { weight } = example(options);
    const { channels, side } = options;
    const settings = { bits: 3, blockSize: 16, actOrder: true };
    const torch = await quantize('gptq', settings, weight, whole(options, 'channel'));
    const taps = await quantize('gptq', settings, tapMajor(weight, channels, side), byPanels(options));
    expect(channelMajor(taps, channels, side)).toEqual(torch);
    expect(new Set(torch).size).toBeGreaterThan(4);
  });
});
