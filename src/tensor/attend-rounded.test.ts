/** Attention with quantized probabilities, and rows less their means, against the float64 twins. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import type { ActivationFormat } from './activation-format';
import { attend } from './attend';
import { attendRounded } from './attend-rounded';
import { centre } from './centre';
import { mergeHeads, splitHeads } from './heads';
import type { Attention } from './reference/attention';
import * as reference from './reference/attend-rounded';
import { fakeQuantize } from './reference/fake-quant';
import { matrix } from './reference/matrix';
import { expectClose, randomMatrix, upload } from './testing';

const CASES: { windows: number; length: number; dim: number; options: Attention }[] = [
  { windows: 1, length: 1, dim: 3, options: { heads: 1, keyHeads: 1, mask: 'causal' } },
  { windows: 2, length: 13, dim: 5, options: { heads: 4, keyHeads: 2, mask: 'causal' } },
  { windows: 2, length: 32, dim: 8, options: { heads: 3, keyHeads: 1, mask: 'causal', slidingWindow: 9 } },
  { windows: 2, length: 19, dim: 20, options: { heads: 2, keyHeads: 2, mask: 'full' } },
];

const FORMATS: { format: ActivationFormat; ranges?: [number, number] }[] = [
  { format: { code: { kind: 'e4m3' }, cells: { per: 'token' } } },
  { format: { code: { kind: 'asymmetric', bits: 4 }, cells: { per: 'token' } } },
  { format: { code: { kind: 'logarithmic', bits: 3, perOctave: 2 }, cells: { per: 'tensor' } }, ranges: [0, 1] },
  { format: { code: { kind: 'split', bits: 4, split: 0.125 }, cells: { per: 'tensor' } }, ranges: [0, 1] },
];

describe('quantized probabilities', async () => {
  const gpu = await testGpu();

  const inputsOf = ({ windows, length, dim, options: { heads, keyHeads } }: (typeof CASES)[number]) => {
    const geometry = { windows, length };
    const of = (seed: number, count: number) => {
      const tokens = randomMatrix(windows * length, count * dim, seed);
      return { tokens, split: splitHeads(upload(gpu, tokens), geometry, { first: 0, heads: count, dim }) };
    };
    const [q, k, v, q2, k2] = [heads, keyHeads, keyHeads, heads, keyHeads].map((n, i) => of(i + 1, n));
    return { geometry, q, k, v, q2, k2 };
  };

  it.each(CASES)('mix values: $length tokens, $options.mask', async (one) => {
    const { geometry, q, k, v, q2, k2 } = inputsOf(one);
    const inputs = { q: q.split, k: k.split, v: v.split };
    const tokens = { q: q.tokens, k: k.tokens, v: v.tokens };
    for (const { format, ranges } of FORMATS) {
      const round = (weights: Float64Array) => {
        const own = ranges && { ranges: matrix(2, 1, Float64Array.from(ranges)) };
        return fakeQuantize(matrix(1, weights.length, weights), format, own).data;
      };
      const y = attendRounded(inputs, geometry, one.options, { format, ranges });
      const expected = reference.attendRounded(tokens, one.length, one.options, round);
      // A weight at the border of two levels may fall on the other side in f32: few values, a level each.
      const [made, twin] = [await mergeHeads(y, geometry, one.options.heads).read(), expected.data];
      const off = twin.filter((value, i) => Math.abs(value - made[i]) > 1e-4).length;
      expect(off / twin.length).toBeLessThan(0.02);
    }
    const beside = { q: q2.split, k: k2.split };
    const added = attendRounded(inputs, geometry, one.options, { format: null, beside });
    const twin = { q: q2.tokens, k: k2.tokens };
    const expected = reference.attendRounded(tokens, one.length, one.options, (weights) => weights, twin);
    await expectClose(mergeHeads(added, geometry, one.options.heads), expected, 1e-5);
  });

  it('are plain attention without a format, and cut panels without changing a bit', async () => {
    const one = CASES[3];
    const { geometry, q, k, v } = inputsOf(one);
    const inputs = { q: q.split, k: k.split, v: v.split };
    const plain = attend(inputs, geometry, one.options, true).y;
    const none = await attendRounded(inputs, geometry, one.options, { format: null }).read();
    expect(none).toEqual(await plain.read());
    for (const rounding of FORMATS) {
      const whole = await attendRounded(inputs, geometry, one.options, rounding).read();
      const budget = gpu.workBudget;
      gpu.workBudget = 1;
      const cut = await attendRounded(inputs, geometry, one.options, rounding).read();
      gpu.workBudget = budget;
      expect(cut).toEqual(whole);
    }
    const { format } = FORMATS[0];
    expect(() => attendRounded(inputs, geometry, one.options, { format, ranges: [0, 1] })).toThrow('per token');
  });

  it('and rows less their mean, window by window or tile by tile', async () => {
    const x = randomMatrix(2 * 24, 5, 3);
    const windows = { length: 19, pitch: 24 };
    for (const tokens of [undefined, 8, 1]) {
      const size = tokens ?? 19;
      const mean = matrix(48, 5);
      const centred = matrix(48, 5);
      const at = (row: number, c: number) => row * 5 + c;
      for (const window of [0, 24]) {
        for (let t = 0; t < 19; t++) {
          const first = Math.floor(t / size) * size;
          const count = Math.min(size, 19 - first);
          for (let c = 0; c < 5; c++) {
            let sum = 0;
            for (let i = 0; i < count; i++) sum += x.data[at(window + first + i, c)];
            mean.data[at(window + t, c)] = sum / count;
            centred.data[at(window + t, c)] = x.data[at(window + t, c)] - sum / count;
          }
        }
      }
      const made = centre(upload(gpu, x), windows, tokens);
      await expectClose(made.mean, mean, 1e-5);
      await expectClose(made.centred, centred, 1e-5);
    }
  });
});
