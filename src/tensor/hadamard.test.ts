import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { hadamardRows, type HadamardUse } from '../numerics/fwht';
import { blockFactors, hadamardFactors, orderOf, type HadamardFactors } from '../numerics/hadamard';
import { matrix, type Matrix } from '../numerics/matrix';
import { Hadamard } from './hadamard';
import { expectClose, expectZeroPadding, randomMatrix, upload } from './testing';

function factorsOf(n: number): HadamardFactors {
  const factors = hadamardFactors(n);
  if (!factors) throw new Error(`no construction for ${n}`);
  return factors;
}

/** Rows, order, columns, and where the vectors stand. */
const CASES: readonly (readonly [number, number, number, HadamardUse])[] = [
  [1, 1, 5, {}],
  [3, 1, 5, { scale: 0.5, first: 1, blocks: 3 }],
  [5, 2, 2, {}],
  [1, 4, 12, {}],
  [9, 8, 24, { first: 8, blocks: 1 }],
  [3, 16, 35, { first: 1, blocks: 2 }],
  [7, 32, 96, {}],
  [2, 512, 512, {}],
  [3, 2048, 2048, {}],
  [5, 12, 12, {}],
  [5, 12, 41, { first: 3, blocks: 3 }],
  [4, 96, 96, {}],
  [17, 24, 72, { first: 24 }],
  [3, 172, 172, {}],
  [2, 352, 352, {}],
  [2, 672, 1344, {}],
];

/** |x̂ − x| of each entry is within (K + power + 2)·2⁻²⁴·Σ|x|·scale of its vector. */
function expectWithinBound(actual: Float32Array, x: Matrix, factors: HadamardFactors, use: HadamardUse): void {
  const expected = hadamardRows(x, factors, use);
  const order = orderOf(factors);
  const first = use.first ?? 0;
  const blocks = use.blocks ?? (x.cols - first) / order;
  const scale = use.scale ?? 1 / Math.sqrt(order);
  const factor = (factors.K + factors.power + 2) * 2 ** -24 * scale;
  for (let r = 0; r < x.rows; r++) {
    const allowed = new Float64Array(x.cols);
    for (let begin = first; begin < first + blocks * order; begin += order) {
      const vector = x.data.subarray(r * x.cols + begin, r * x.cols + begin + order);
      allowed.fill(factor * vector.reduce((sum, value) => sum + Math.abs(value), 0), begin, begin + order);
    }
    for (let c = 0; c < x.cols; c++) {
      const difference = Math.abs(actual[r * x.cols + c] - expected.data[r * x.cols + c]);
      if (!(difference <= allowed[c])) throw new Error(`row ${r}, column ${c} is off by ${difference}`);
    }
  }
}

describe('the Hadamard transform', async () => {
  const gpu = await testGpu();

  it.each(CASES)('of %i rows by order %i among %i columns stays within its bound', async (rows, order, cols, use) => {
    const before = gpu.buffers.bytesInUse;
    const factors = factorsOf(order);
    const x = randomMatrix(rows, cols, order);
    const [h, tensor] = [new Hadamard(gpu, factors), upload(gpu, x)];
    for (const transposed of [false, true]) {
      const y = h.rows(tensor, { ...use, transposed });
      const [bytes] = await gpu.read({ buffer: y.buffer, bytes: y.bytes });
      expectZeroPadding(y, new Float32Array(bytes));
      expectWithinBound(y.unpad(new Float32Array(bytes)), x, factors, { ...use, transposed });
      y.release();
    }
    await expectClose(tensor, x, 1e-12);
    h.release();
    tensor.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it.each([12, 64, 96, 172, 352])('of order %i is exact on integers, there and back', async (order) => {
    const factors = factorsOf(order);
    const random = new Random(order);
    const x = matrix(
      3,
      2 * order,
      Float64Array.from({ length: 6 * order }, () => random.integer(41) - 20),
    );
    const h = new Hadamard(gpu, factors);
    const there = h.rows(upload(gpu, x), { scale: 1 });
    expect(await there.read()).toEqual(Float32Array.from(hadamardRows(x, factors, { scale: 1 }).data));
    const back = await h.rows(there, { scale: 1, transposed: true }).read();
    expect(back).toEqual(Float32Array.from(x.data, (value) => order * value));
  });

  it('is exact on halves where √n is a power of two', async () => {
    const x = matrix(
      2,
      64,
      Float64Array.from({ length: 128 }, (_, i) => ((i * 7) % 13) / 2),
    );
    const y = await new Hadamard(gpu, factorsOf(64)).rows(upload(gpu, x)).read();
    expect(y).toEqual(Float32Array.from(hadamardRows(x, factorsOf(64)).data));
  });

  it('gives the same bits cut into small launches', async () => {
    const h = new Hadamard(gpu, factorsOf(96));
    const x = upload(gpu, randomMatrix(13, 200, 4));
    const whole = await h.rows(x, { blocks: 2 }).read();
    const usual = gpu.workBudget;
    for (const budget of [1, 2 * 192 * 12 * 3]) {
      gpu.workBudget = budget;
      const cut = await h.rows(x, { blocks: 2 }).read();
      gpu.workBudget = usual;
      expect(cut).toEqual(whole);
    }
  });

  it('takes the blocks of an order that has no matrix', async () => {
    const { blocks, ...factors } = blockFactors(24 * 23);
    const x = randomMatrix(2, 24 * 23, 6);
    const y = await new Hadamard(gpu, factors).rows(upload(gpu, x), { blocks }).read();
    expectWithinBound(y, x, factors, { blocks });
  });

  it('makes what is not finite show in the whole vector, and nowhere else', async () => {
    for (const bad of [NaN, Infinity]) {
      const x = randomMatrix(2, 96, 1);
      x.data[96 + 50] = bad;
      const y = await new Hadamard(gpu, factorsOf(48)).rows(upload(gpu, x), { blocks: 2 }).read();
      expect([...y].map((value) => Number.isFinite(value))).toEqual(Array.from({ length: 192 }, (_, i) => i < 144));
    }
  });

  it('refuses columns that hold no whole vectors', () => {
    const x = upload(gpu, randomMatrix(1, 30, 1));
    expect(() => new Hadamard(gpu, factorsOf(12)).rows(x)).toThrow('2.5 Hadamard transforms of order 12');
  });
});
