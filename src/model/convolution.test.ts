/** Folding a batch norm into the convolution before it, and taking it out again. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { conv2d } from '../tensor/reference/vision';
import { matrix } from '../tensor/reference/matrix';
import { randomMatrix, relativeDifference } from '../tensor/testing';
import { channelMajor } from '../tensor/convolution';
import { affineOf, asInFile, asRun } from './convolution';

const OUTPUTS = 6;
const [CHANNELS, SIDE] = [4, 3];
const SHAPE = { side: SIDE, channels: CHANNELS, norm: null, bias: null };

function norm() {
  const random = new Random(3);
  const of = (value: () => number) => Float32Array.from({ length: OUTPUTS }, value);
  return {
    gamma: of(() => (random.uniform() < 0.3 ? -1 : 1) * (1e-4 + random.uniform())),
    beta: of(() => random.normal()),
    mean: of(() => random.normal()),
    variance: of(() => random.uniform()),
    eps: 1e-5,
  };
}

describe('a folded batch norm', () => {
  it('computes what convolution and batch norm do one after the other', () => {
    const batchNorm = norm();
    const { gamma, beta, mean, variance, eps } = batchNorm;
    const options = { height: 5, width: 4, side: SIDE, padding: 1 };
    const x = randomMatrix(40, CHANNELS, 1);
    const weight = randomMatrix(OUTPUTS, CHANNELS * SIDE ** 2, 2);
    const plain = conv2d(x, weight, null, options);
    const apart = plain.data.map((value, at) => {
      const o = at % OUTPUTS;
      return ((value - mean[o]) / Math.sqrt(variance[o] + eps)) * gamma[o] + beta[o];
    });
    const affine = affineOf(batchNorm, 'bn');
    const run = asRun(Float32Array.from(weight.data), SHAPE, affine);
    const folded = matrix(OUTPUTS, weight.cols, channelMajor(run, CHANNELS, SIDE));
    const together = conv2d(x, folded, matrix(1, OUTPUTS, affine.shift), options);
    expect(relativeDifference(together.data, apart)).toBeLessThan(1e-6);
  });

  it('is a single product by hand', () => {
    const { scale, shift } = affineOf({ gamma: [3], beta: [1], mean: [2], variance: [4], eps: 0 }, 'bn');
    expect([scale[0], shift[0]]).toEqual([1.5, -2]);
  });

  it('comes out again, to the rounding of a product and a quotient', () => {
    const values = Float32Array.from(randomMatrix(OUTPUTS, CHANNELS * SIDE ** 2, 2).data);
    const affine = affineOf(norm(), 'bn');
    const back = asInFile(asRun(values, SHAPE, affine), SHAPE, affine);
    back.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThanOrEqual(2 ** -22 * Math.abs(values[i])));
    expect(asInFile(asRun(values, SHAPE, null), SHAPE, null)).toEqual(values);
  });

  it('refuses what no training gives, in one sentence', () => {
    const good = { gamma: [1, 1], beta: [0, 0], mean: [0, 0], variance: [1, 1], eps: 1e-5 };
    const refused = (change: object) => () => affineOf({ ...good, ...change }, 'layer1.0.bn1');
    expect(refused({ variance: [1, -0.25] })).toThrow(
      'Batch norm "layer1.0.bn1" has a running variance of -0.25 in channel 1, and a variance is at least 0: choose a file that was saved in full.',
    );
    expect(refused({ variance: [NaN, 1] })).toThrow('a running variance of NaN in channel 0');
    expect(refused({ gamma: [1, 0] })).toThrow(
      'Batch norm "layer1.0.bn1" has a weight of 0 in channel 1, so its filter could not be written back from the folded one: prune that channel, or give it a weight other than 0.',
    );
    expect(refused({ beta: [Infinity, 0] })).toThrow('no finite number');
    expect(refused({})).not.toThrow();
    expect(refused({ variance: [0, 1] })).not.toThrow();
  });
});
