/** Kronecker products before layers: their inverse in the weights undoes them, and online operations act in their order. */
import { expect, it } from 'vitest';
import { Tape } from '../../gradient/tape';
import { testGpu } from '../../gpu/testing/gpus';
import { kronecker, matrix, multiply, transpose, type Matrix } from '../../numerics/matrix';
import { randomOrthogonal } from '../../numerics/orthogonal';
import { Random } from '../../base/random';
import { randomMatrix, upload } from '../../tensor/testing';
import { openModel } from '../architecture';
import { loadFixture } from '../testing/fixtures';
import { kroneckerTaps } from './kronecker';
import { kroneckerMap } from './maps';
import { onlineHooks } from './online';
import { changed, plainView } from './view';

const gpu = await testGpu();

/** Singular values between 1/2 and 2, in random directions. */
function invertible(n: number, seed: number): Matrix {
  const random = new Random(seed);
  const u = randomOrthogonal(n, seed);
  const s = Float64Array.from({ length: n }, () => 2 ** (2 * random.uniform() - 1));
  const scaled = matrix(
    n,
    n,
    u.data.map((value, i) => value * s[i % n]),
  );
  return multiply(scaled, randomOrthogonal(n, seed + 1));
}

it('is the product with A ⊗ B, by hand', () => {
  const a = matrix(2, 2, [1, 2, 0, 1]);
  const b = matrix(2, 2, [1, 0, 3, 1]);
  // V = [1 2; 3 4]: V·B = [7 2; 15 4], Aᵀ·that = [7 2; 29 8].
  expect([...kroneckerMap(a, b).apply(Float64Array.of(1, 2, 3, 4), 1)]).toEqual([7, 2, 29, 8]);
  const [x, p, q] = [randomMatrix(3, 12, 1), invertible(3, 2), invertible(4, 3)];
  const whole = multiply(x, kronecker(p, q)).data;
  kroneckerMap(p, q)
    .apply(x.data, 3)
    .forEach((value, i) => expect(value).toBeCloseTo(whole[i], 12));
});

it('goes into weights inverted, in either layout: (x·P)·(W·P⁻ᵀ)ᵀ = x·Wᵀ', async () => {
  for (const name of ['qwen2', 'gpt2'] as const) {
    const { source } = await loadFixture(name);
    const view = plainView(openModel(source), source);
    const [block] = view.network.blocks;
    for (const [stage, { linears }] of block.stages.entries()) {
      const n = linears[0].cols;
      const taps = [{ stage, a: invertible(2, 5), b: invertible(n / 2, 6) }];
      const own = changed(view, kroneckerTaps(block, taps, 'tried'));
      expect(own.online).toMatchObject([{ place: 'tap', block: 0, stage, kind: 'kronecker' }]);
      const x = randomMatrix(3, n, 7);
      const turned = multiply(x, kronecker(taps[0].a, taps[0].b));
      for (const { weight, rows, cols, layout } of linears) {
        const product = async (of: typeof view, inputs: Matrix) => {
          const values = await of.source.read(weight);
          const w = layout === 'out-in' ? matrix(rows, cols, values) : matrix(cols, rows, values);
          return layout === 'out-in' ? multiply(inputs, transpose(w)).data : multiply(inputs, w).data;
        };
        const [before, after] = [await product(view, x), await product(own, turned)];
        const size = Math.max(...before.map(Math.abs));
        // The weights are cast to float32 once.
        before.forEach((value, i) => expect(Math.abs(after[i] - value) / size).toBeLessThan(2e-6));
      }
    }
  }
});

it('has no inverse where a factor is singular, and says so', async () => {
  const { source } = await loadFixture('qwen2');
  const view = plainView(openModel(source), source);
  const [block] = view.network.blocks;
  const n = block.stages[0].linears[0].cols;
  const taps = [{ stage: 0, a: matrix(2, 2, [1, 2, 2, 4]), b: invertible(n / 2, 6) }];
  expect(() => kroneckerTaps(block, taps, 'tried')).toThrow(/2 × 2 .* has no inverse/);
});

it('acts behind what stands at the same place already', async () => {
  const before = gpu.buffers.bytesInUse;
  const at = { place: 'tap', block: 0, stage: 1 } as const;
  const factors = { K: 1, power: 2 };
  const [a, b] = [invertible(2, 8), invertible(2, 9)];
  const x = upload(gpu, randomMatrix(5, 4, 10));
  const outcome = async (...ops: Parameters<typeof onlineHooks>[1]) => {
    const hooks = onlineHooks(gpu, ops);
    const tape = new Tape(gpu, { recording: false });
    const y = hooks?.on(tape, { ...at, heads: 1 }, tape.constant(x), { windows: 1, length: 5 });
    const values = await y?.value.read();
    tape.release();
    hooks?.release?.();
    return values;
  };
  const fast = { ...at, kind: 'hadamard', factors } as const;
  const learned = { ...at, kind: 'kronecker', a, b } as const;
  const h = matrix(
    4,
    4,
    [1, 1, 1, 1, 1, -1, 1, -1, 1, 1, -1, -1, 1, -1, -1, 1].map((sign) => sign / 2),
  );
  const expected = (...of: Matrix[]) => of.reduce(multiply, randomMatrix(5, 4, 10)).data;
  const p = kronecker(a, b);
  for (const [values, wanted] of [
    [await outcome(fast, learned), expected(h, p)],
    [await outcome(learned, fast), expected(p, h)],
  ] as const) {
    values?.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
  }
  x.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
});
