/** The k-means method: what it stores, its options, and what it says about odd layers. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { decodeQuantized, ledger, quantizedFault } from '../quantizer/quantized';
import { Tensor } from '../tensor/tensor';
import { multiply, transpose } from '../tensor/reference/matrix';
import { randomMatrix, upload } from '../tensor/testing';
import { faceOf } from './catalogue';
import { storeCodebooks, toHalf } from './codebook-finish';
import { FAMILIES } from './families';
import { defaultOptions, type Options } from './parameters';
import { InputStatistics } from './statistics';
import { methodOf } from './table';

const gpu = await testGpu();

function options(given: Options = {}): Options {
  return { ...defaultOptions(faceOf('kmeans').parameters), codewords: 16, emIterations: 12, ...given };
}

async function quantize(w: { rows: number; cols: number; data: ArrayLike<number> }, given: Options = {}, h?: Tensor) {
  const held = gpu.buffers.bytesInUse;
  const weight = Tensor.from(gpu, w.rows, w.cols, Float32Array.from(w.data));
  const statistics = h ? InputStatistics.of(h, null) : null;
  const { tensor, q, note } = await methodOf('kmeans').quantize({ weight, statistics }, options(given));
  const values = await q.read();
  for (const used of [q, weight]) used.release();
  await statistics?.release();
  if (!h) expect(gpu.buffers.bytesInUse).toBe(held);
  if (tensor.kind !== 'codebook') throw new Error('not a codebook tensor');
  expect(quantizedFault(tensor)).toBeNull();
  expect(decodeQuantized(tensor)).toEqual(values);
  return { tensor, values, note };
}

const squared = (a: ArrayLike<number>, b: ArrayLike<number>, weight: (i: number) => number = () => 1) =>
  Array.from(a).reduce((sum, value, i) => sum + weight(i) * (value - b[i]) ** 2, 0);

const w = randomMatrix(40, 48, 3, 0.05);

describe('what it stores', () => {
  const cases: Options[] = [
    { dim: 4 },
    { dim: 2, codebookGroup: 256, codebookColumns: 16 },
    { dim: 3, codebookGroup: 500, codebookColumns: 10, codebookBits: '8' },
    { dim: 1, codewords: 5, codebookGroup: 48, codebookColumns: 48, codebookBits: '32' },
    { dim: 8, scaleBlock: 16, seed: 4 },
    { dim: 2, scaleBlock: 24, init: 'mahalanobis', codebookBits: '8' },
    { dim: 4, init: 'random', emIterations: 0 },
  ];
  it.each(cases.map((given) => [JSON.stringify(given), given] as const))('%s', async (_, given) => {
    const { tensor, values } = await quantize(w, given);
    expect(ledger(tensor)).toEqual(FAMILIES.codebook.plannedLedger(options(given), w.rows, w.cols));
    expect(squared(values, w.data)).toBeLessThan(squared(new Float32Array(values.length), w.data));
    const again = await quantize(w, given);
    expect(again.tensor).toEqual(tensor);
  });
});

it('weighs inputs by their energy where it is asked to', async () => {
  const x = randomMatrix(200, 48, 5);
  x.data.forEach((value, i) => (x.data[i] = value * (i % 48 < 6 ? 8 : 1)));
  const h = multiply(transpose(x), x);
  const energy = (i: number) => h.data[(i % 48) * 49];
  for (const scaleBlock of [null, 16]) {
    const weighted = await quantize(w, { lookup: 'hessian', scaleBlock }, upload(gpu, h));
    const plain = await quantize(w, { lookup: 'none', scaleBlock }, upload(gpu, h));
    expect(squared(weighted.values, w.data, energy)).toBeLessThan(squared(plain.values, w.data, energy));
    expect(squared(weighted.values, w.data)).toBeGreaterThan(squared(plain.values, w.data));
    expect(weighted.note).toBeNull();
  }
});

it('says when it has no inputs to weigh by', async () => {
  expect((await quantize(w, { lookup: 'hessian' })).note).toMatch(/not weighted/);
});

describe('odd layers', () => {
  it.each([
    [1, 1, { dim: 1 }, /only 1 sub-vector,/],
    [1, 3, { dim: 8 }, /multiple of 8.*holds 3.*only 1 sub-vector,/],
    [5, 7, { dim: 3, codewords: 2 }, /not a multiple of 3/],
    [8, 30, { dim: 4, scaleBlock: 10 }, /holds 2.*became 12/],
  ] as const)('%i × %i, %o', async (rows, cols, given, note) => {
    const odd = randomMatrix(rows, cols, 1);
    const result = await quantize(odd, given);
    expect(result.note).toMatch(note);
    expect(result.values.every(Number.isFinite)).toBe(true);
  });

  it.each([0, 0.5, -3])('all weights %d', async (value) => {
    const cases: Options[] = [{}, { scaleBlock: 8 }, { codebookBits: '8' }];
    for (const given of cases) {
      const { values } = await quantize({ rows: 8, cols: 16, data: new Float32Array(128).fill(value) }, given);
      values.forEach((q) => expect(Math.abs(q - value)).toBeLessThanOrEqual(1e-3 * Math.abs(value)));
    }
  });

  it('rows of zeros beside others keep their zeros in blocks of their own', async () => {
    const data = randomMatrix(8, 32, 2).data;
    data.fill(0, 0, 64);
    const { values } = await quantize({ rows: 8, cols: 32, data }, { scaleBlock: 8, codewords: 64 });
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

describe('stored codewords', () => {
  it('are integers of one step a book at 8 bits', () => {
    const stored = storeCodebooks(Float32Array.of(1, -0.5, 0.251, 10, -20, 0.01), 2, 8);
    [0, 1].forEach((book) => {
      const own = stored.subarray(3 * book, 3 * book + 3);
      const step = Math.max(...own.map(Math.abs)) / 127;
      own.forEach((value) => expect(Math.abs(value / step - Math.round(value / step))).toBeLessThan(1e-4));
    });
    expect([...storeCodebooks(new Float32Array(4), 2, 8)]).toEqual([0, 0, 0, 0]);
  });

  it('are f16 values at 16 bits', () => {
    const cases = [
      [1, 1],
      [1 + 2 ** -11, 1],
      [1 + 3 * 2 ** -11, 1 + 2 ** -9],
      [-0.1, -0.0999755859375],
      [1e-8, 0],
      [2 ** -24 * 0.75, 2 ** -24],
      [1e9, 65504],
      [-1e9, -65504],
      [0, 0],
    ];
    for (const [value, half] of cases) expect(toHalf(value)).toBe(half);
  });
});
