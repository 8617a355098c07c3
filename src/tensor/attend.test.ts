import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { attend } from './attend';
import { mergeHeads, splitHeads, type Geometry } from './heads';
import { attention } from './reference/attention';
import * as reference from './reference/model';
import { expectClose, randomMatrix, upload } from './testing';

interface Case {
  mask: 'causal' | 'full';
  windows: number;
  length: number;
  heads: number;
  keyHeads: number;
  dim: number;
  slidingWindow?: number | null;
  keyLength?: number;
  lanes?: number;
}

/** Heads of up to 16 columns take one way, wider ones another. */
const CAUSAL = [
  { windows: 1, length: 1, heads: 1, keyHeads: 1, dim: 2 },
  { windows: 2, length: 5, heads: 1, keyHeads: 1, dim: 6 },
  { windows: 1, length: 8, heads: 2, keyHeads: 2, dim: 8 },
  { windows: 3, length: 9, heads: 4, keyHeads: 2, dim: 10 },
  { windows: 2, length: 31, heads: 6, keyHeads: 2, dim: 4 },
  { windows: 1, length: 131, heads: 2, keyHeads: 1, dim: 16 },
  { windows: 2, length: 30, heads: 4, keyHeads: 2, dim: 14, slidingWindow: 1 },
  { windows: 1, length: 41, heads: 2, keyHeads: 1, dim: 16, slidingWindow: 3 },
  { windows: 1, length: 41, heads: 2, keyHeads: 1, dim: 12, slidingWindow: 11 },
  { windows: 1, length: 24, heads: 2, keyHeads: 1, dim: 8, slidingWindow: 100 },
  { windows: 1, length: 1, heads: 1, keyHeads: 1, dim: 20 },
  { windows: 3, length: 9, heads: 4, keyHeads: 2, dim: 18 },
  { windows: 2, length: 31, heads: 6, keyHeads: 2, dim: 24, lanes: 8 },
  { windows: 1, length: 70, heads: 3, keyHeads: 1, dim: 30, lanes: 32 },
  { windows: 2, length: 30, heads: 4, keyHeads: 2, dim: 22, slidingWindow: 1 },
  { windows: 1, length: 41, heads: 2, keyHeads: 1, dim: 32, slidingWindow: 11 },
  { windows: 1, length: 24, heads: 2, keyHeads: 1, dim: 40, slidingWindow: 8, lanes: 8 },
  { windows: 1, length: 24, heads: 2, keyHeads: 1, dim: 64, slidingWindow: 100 },
].map((options): Case => ({ slidingWindow: null, mask: 'causal', ...options }));

const CASES: Case[] = [
  ...CAUSAL,
  ...CAUSAL.filter(({ slidingWindow }) => slidingWindow === null).map((options): Case => ({
    ...options,
    mask: 'full',
  })),
  // Keys of a text: fewer than queries and more, a multiple of eight and not, narrow heads and wide ones.
  { mask: 'full', windows: 3, length: 9, keyLength: 4, heads: 2, keyHeads: 2, dim: 6 },
  { mask: 'full', windows: 2, length: 16, keyLength: 8, heads: 4, keyHeads: 4, dim: 16 },
  { mask: 'full', windows: 2, length: 4, keyLength: 77, heads: 2, keyHeads: 1, dim: 10 },
  { mask: 'full', windows: 3, length: 9, keyLength: 4, heads: 2, keyHeads: 2, dim: 20 },
  { mask: 'full', windows: 2, length: 4, keyLength: 77, heads: 2, keyHeads: 1, dim: 40, lanes: 8 },
];

describe('attention that never goes back', async () => {
  const gpu = await testGpu();

  function inputs({ windows, length, keyLength = length, heads, keyHeads, dim }: Case) {
    const lengths = [length, keyLength, keyLength];
    return [heads, keyHeads, keyHeads].map((count, i) => randomMatrix(windows * lengths[i], count * dim, i + 1, 2));
  }

  function forward(qkv: ReturnType<typeof inputs>, g: Geometry, options: Case) {
    const counts = [options.heads, options.keyHeads, options.keyHeads];
    const [q, k, v] = qkv.map((x, i) =>
      splitHeads(upload(gpu, x), i === 0 ? g : { ...g, length: options.keyLength ?? g.length }, {
        first: 0,
        heads: counts[i],
        dim: options.dim,
      }),
    );
    return attend({ q, k, v }, g, options, false).y;
  }

  it.each(CASES)(
    '$mask, $windows × $length, heads $heads/$keyHeads of $dim, window $slidingWindow',
    async (options) => {
      const [q, k, v] = inputs(options);
      const heads = forward([q, k, v], options, options);
      const expected = attention(q, k, v, options.length, options);
      await expectClose(mergeHeads(heads, options, options.heads), expected, 3e-6);
      // The padded rows inside the blocks must be zero as well: the next kernel's tiles read them.
      const range = { first: 0, heads: options.heads, dim: options.dim };
      await expectClose(heads, reference.splitHeads(expected, options, range), 3e-6);
    },
  );

  it.each(CAUSAL)('splits $heads heads of $dim from between other columns', async (options) => {
    const range = { first: 3, heads: options.heads, dim: options.dim };
    const x = randomMatrix(options.windows * options.length, options.heads * options.dim + 5, 1);
    await expectClose(splitHeads(upload(gpu, x), options, range), reference.splitHeads(x, options, range), 1e-9);
  });

  it.each([
    { budget: 1, name: 'a tile row', dim: 24 },
    { budget: 80000, name: 'a panel', dim: 24 },
    { budget: 600000, name: 'a few pairs', dim: 24 },
    { budget: 1, name: 'four narrow queries', dim: 12 },
    { budget: 100000, name: 'some narrow queries', dim: 12 },
  ])('gives the same result cut into dispatches of $name', async ({ budget, dim }) => {
    const options: Case = { mask: 'causal', windows: 2, length: 40, heads: 4, keyHeads: 2, dim, slidingWindow: 19 };
    const whole = await forward(inputs(options), options, options).read();
    const usual = gpu.workBudget;
    gpu.workBudget = budget;
    const cut = await forward(inputs(options), options, options).read();
    gpu.workBudget = usual;
    expect(cut).toEqual(whole);
  });

  it.each([8, 24])('survives scores far apart in heads of %i', async (dim) => {
    const options: Case = { mask: 'causal', windows: 1, length: 20, heads: 1, keyHeads: 1, dim };
    const [q, k, v] = inputs(options);
    q.data.forEach((value, i) => (q.data[i] = Math.fround(value * 1000)));
    const y = mergeHeads(forward([q, k, v], options, options), options, 1);
    await expectClose(y, attention(q, k, v, options.length, options), 1e-3);
  });

  it.each([10, 18])('returns its scratch for heads of %i', (dim) => {
    const options: Case = { mask: 'causal', windows: 3, length: 9, heads: 4, keyHeads: 2, dim };
    const counts = [options.heads, options.keyHeads, options.keyHeads];
    const before = gpu.buffers.bytesInUse;
    const [q, k, v] = inputs(options).map((x, i) => {
      const tokens = upload(gpu, x);
      const heads = splitHeads(tokens, options, { first: 0, heads: counts[i], dim: options.dim });
      tokens.release();
      return heads;
    });
    attend({ q, k, v }, options, options, false).y.release();
    [q, k, v].forEach((tensor) => tensor.release());
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
