/** A decoder's quantized cache, received attention and weighted Hessians, against the float64 twins and by hand. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { attend } from './attend';
import { attendDecoded, receivedAttention } from './attend-cache';
import { accumulateGram } from './gram';
import { mergeHeads, splitHeads, type Geometry } from './heads';
import type { Attention } from './reference/attention';
import * as reference from './reference/attend-cache';
import { matrix, type Matrix } from './reference/matrix';
import { Tensor } from './tensor';
import { expectClose, randomMatrix, upload } from './testing';
import { accumulateWeightedGram, tokenRoots } from './weighted-gram';

const CASES: { windows: number; length: number; dim: number; options: Attention }[] = [
  { windows: 1, length: 1, dim: 3, options: { heads: 1, keyHeads: 1, mask: 'causal' } },
  { windows: 2, length: 13, dim: 5, options: { heads: 4, keyHeads: 2, mask: 'causal' } },
  { windows: 2, length: 32, dim: 8, options: { heads: 3, keyHeads: 1, mask: 'causal', slidingWindow: 9 } },
  { windows: 1, length: 50, dim: 4, options: { heads: 2, keyHeads: 2, mask: 'causal', scale: 0.3 } },
];

describe('attention with a cache', async () => {
  const gpu = await testGpu();

  /** Token matrices and what splitHeads makes of them. */
  const inputsOf = ({ windows, length, dim, options }: (typeof CASES)[number]) => {
    const { heads, keyHeads } = options;
    const geometry: Geometry = { windows, length };
    const of = (seed: number, count: number) => {
      const tokens = randomMatrix(windows * length, count * dim, seed);
      return { tokens, split: splitHeads(upload(gpu, tokens), geometry, { first: 0, heads: count, dim }) };
    };
    const [q, k, v, kHat, vHat] = [heads, keyHeads, keyHeads, keyHeads, keyHeads].map((n, i) => of(i + 1, n));
    return { geometry, q, k, v, kHat, vHat };
  };

  it.each(CASES)('a query reads what has left the residual: $length tokens', async (one) => {
    const { geometry, q, k, v, kHat, vHat } = inputsOf(one);
    const [inputs, cache] = [
      { q: q.split, k: k.split, v: v.split },
      { k: kHat.split, v: vHat.split },
    ];
    for (const lanes of [1, 8]) {
      const options = { ...one.options, lanes };
      for (const residual of [1, 4, 16]) {
        const y = attendDecoded(inputs, cache, geometry, options, residual);
        const expected = reference.attendDecoded(
          { q: q.tokens, k: k.tokens, v: v.tokens },
          { k: kHat.tokens, v: vHat.tokens },
          one.length,
          one.options,
          residual,
        );
        await expectClose(mergeHeads(y, geometry, options.heads), expected, 1e-5);
      }
      // Keys one by one, values in blocks.
      const turned = { keys: 'singly', values: 'blocks' } as const;
      const other = attendDecoded(inputs, cache, geometry, options, 4, turned);
      const tokens = [
        { q: q.tokens, k: k.tokens, v: v.tokens },
        { k: kHat.tokens, v: vHat.tokens },
      ] as const;
      const expected = reference.attendDecoded(...tokens, one.length, one.options, 4, turned);
      await expectClose(mergeHeads(other, geometry, options.heads), expected, 1e-5);
      // A residual as long as the window never reads the cache.
      const all = attendDecoded(inputs, cache, geometry, options, one.length);
      const plain = attend(inputs, geometry, options, true).y;
      await expectClose(all, matrix(plain.rows, plain.cols, await plain.read()), 1e-6);
    }
  });

  it('cuts panels without changing a bit', async () => {
    const one = CASES[1];
    const { geometry, q, k, v, kHat, vHat } = inputsOf(one);
    const decode = () =>
      attendDecoded(
        { q: q.split, k: k.split, v: v.split },
        { k: kHat.split, v: vHat.split },
        geometry,
        one.options,
        4,
      ).read();
    const receive = () => receivedAttention(q.split, k.split, geometry, one.options).read();
    const whole = [await decode(), await receive()];
    const budget = gpu.workBudget;
    gpu.workBudget = 1;
    const cut = [await decode(), await receive()];
    gpu.workBudget = budget;
    expect(cut[0]).toEqual(whole[0]);
    await expectClose(Tensor.from(gpu, 1, cut[1].length, cut[1]), matrix(1, cut[1].length, whole[1]), 1e-6);
  });

  it.each([...CASES, { windows: 2, length: 11, dim: 4, options: { heads: 2, keyHeads: 1, mask: 'full' } as const }])(
    'tokens receive attention: $length tokens, $options.mask',
    async (one) => {
      const { geometry, q, k } = inputsOf(one);
      const probes = Float64Array.from({ length: one.length }, (_, t) => (t % 3 === 0 ? 1 : 0.25));
      const on = upload(gpu, matrix(1, one.length, probes));
      const expected = (by: ArrayLike<number>) =>
        reference.receivedAttention(q.tokens, k.tokens, one.length, one.options, by);
      await expectClose(receivedAttention(q.split, k.split, geometry, one.options, on), expected(probes), 1e-5);
      const all = receivedAttention(q.split, k.split, geometry, one.options);
      await expectClose(all, expected(new Float64Array(one.length).fill(1)), 1e-5);
      // Each query gives 1 for every head.
      const sum = (await all.read()).reduce((a, b) => a + b, 0);
      expect(sum / (one.windows * one.length * one.options.heads)).toBeCloseTo(1, 5);
    },
  );

  it('refuses what a decoder has not', () => {
    const { geometry, q, k, v } = inputsOf(CASES[1]);
    const inputs = { q: q.split, k: k.split, v: v.split };
    const of = (options: Attention, residual: number) => attendDecoded(inputs, inputs, geometry, options, residual);
    expect(() => of({ ...CASES[1].options, mask: 'full' }, 4)).toThrow('the mask full');
    expect(() => of(CASES[1].options, 0)).toThrow('a residual of 0');
    expect(() => receivedAttention(q.split, k.split, geometry, CASES[1].options, q.split)).toThrow('13 queries');
  });

  const gramOf = async (x: Matrix, rho: ArrayLike<number> | null) => {
    const h = Tensor.zeros(gpu, x.cols, x.cols);
    if (rho) accumulateWeightedGram(h, upload(gpu, x), tokenRoots(gpu, rho), 2, 0);
    else accumulateGram(h, upload(gpu, x), 2, 0);
    return h.read();
  };

  it('weighs tokens in a Hessian: 1 changes no bit, 2 is the token twice', async () => {
    const x = randomMatrix(21, 10, 9);
    expect(await gramOf(x, new Float64Array(21).fill(1))).toEqual(await gramOf(x, null));
    const weights = Float64Array.from({ length: 21 }, (_, t) => (t === 5 ? 2 : 1));
    const twice = matrix(22, 10, [...x.data, ...x.data.subarray(50, 60)]);
    const [once, doubled] = [await gramOf(x, weights), await gramOf(twice, null)];
    await expectClose(Tensor.from(gpu, 10, 10, once), matrix(10, 10, doubled), 1e-6);
    expect(() => tokenRoots(gpu, [1, -1])).toThrow('token 1 weighs -1');
  });
});
