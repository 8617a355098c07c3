/** Low-rank factors, weights kept apart, and sums of forms: values, size, damage, storage, and the GPU's bits. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { decodeRecord, encodeRecord } from '../cli/kept/record';
import { testGpu } from '../gpu/testing/gpus';
import { decodeOnGpu } from '../method/finish';
import { storedLayer } from '../run/stored-layer';
import { untiled } from '../tensor/weight';
import type { AffineTensor } from './affine';
import { factorsLedger, factorValues, rankFor, storeFactors, type FactorsTensor } from './factors';
import { sumLedgers } from './ledger';
import { decodeQuantized, isAllZero, ledger, quantizedFault, type QuantizedPart, type SumTensor } from './quantized';
import { sparseLedger, storeSparse, type SparseTensor } from './sparse';

const normals = (count: number, seed: number, scale = 1) => new Random(seed).normals(count, scale);

function factorsOf(rows: number, cols: number, rank: number, bits: 8 | 16): FactorsTensor {
  return storeFactors({ rows, cols, rank, b: normals(rows * rank, 1), a: normals(rank * cols, 2, 0.3) }, bits);
}

function gridOf(rows: number, cols: number): AffineTensor {
  const random = new Random(5);
  return {
    kind: 'affine',
    ...{ rows, cols, bits: 3, symmetric: false, groups: 1 },
    codes: Uint8Array.from({ length: rows * cols }, () => random.integer(8)),
    scales: Float32Array.from({ length: rows }, () => 0.1 + random.uniform()),
    zeros: Uint8Array.from({ length: rows }, () => random.integer(8)),
    groupOf: new Uint32Array(cols),
  };
}

function sparseOf(rows: number, cols: number, layout: SparseTensor['layout'], bits: 16 | 32 = 16): SparseTensor {
  const most = layout === 'columns' ? cols : rows * cols;
  const places = new Random(rows).shuffled(most).slice(0, Math.ceil(most / 7));
  return storeSparse(normals(rows * cols, 9), { rows, cols, layout, bits, places });
}

const sumOf = (...parts: QuantizedPart[]): SumTensor => {
  const [{ rows, cols }] = parts;
  return { kind: 'sum', rows, cols, parts };
};

const layered = (rows: number, cols: number): SumTensor =>
  sumOf(
    gridOf(rows, cols),
    factorsOf(rows, cols, 2, 8),
    sparseOf(rows, cols, 'columns'),
    sparseOf(rows, cols, 'entries', 32),
  );

describe('low-rank factors', () => {
  it('decode to their product', () => {
    const tensor = storeFactors(
      { rows: 2, cols: 3, rank: 1, b: Float32Array.of(2, -0.5), a: Float32Array.of(1, 0, 4) },
      16,
    );
    expect(Array.from(decodeQuantized(tensor))).toEqual([2, 0, 8, -0.5, -0, -2].map((value) => value + 0));
    expect(quantizedFault(tensor)).toBeNull();
  });

  it.each([8, 16] as const)('in %i bits are near what they were made of', (bits) => {
    const [rows, cols, rank] = [20, 30, 4];
    const [b, a] = [normals(rows * rank, 1), normals(rank * cols, 2, 1e-3)];
    const tensor = storeFactors({ rows, cols, rank, b, a }, bits);
    expect(quantizedFault(tensor)).toBeNull();
    const used = factorValues(tensor);
    const step = bits === 16 ? 2 ** -11 : 1 / 254 + 2 ** -11;
    const most = (values: Float32Array) => values.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
    for (const [values, given] of [
      [used.b, b],
      [used.a, a],
    ]) {
      values.forEach((value, i) => expect(Math.abs(value - given[i])).toBeLessThanOrEqual(1.01 * step * most(given)));
    }
  });

  it('take what both sides take: 4096² at rank 32 is a quarter of a bit, 288² at rank 8 is 0.89', () => {
    expect(factorsLedger({ rows: 4096, cols: 4096, rank: 32, bits: 16 }).bitsPerWeight).toBe(0.25);
    expect(factorsLedger({ rows: 288, cols: 288, rank: 8, bits: 16 }).bitsPerWeight).toBeCloseTo(0.889, 3);
    const { parts, total } = ledger(factorsOf(10, 6, 3, 8));
    expect(parts.factors).toBe(3 * (8 * 16 + 2 * 16));
    expect(total).toBe(parts.factors);
  });

  it('have the rank that a budget buys, at least one', () => {
    expect(rankFor(1, 4096, 4096)).toBe(128);
    expect(rankFor(1, 288, 288)).toBe(9);
    expect(rankFor(0.25, 4096, 4096)).toBe(32);
    expect(rankFor(0.001, 288, 288)).toBe(1);
    expect(rankFor(100, 5, 9)).toBe(5);
    for (const [rows, cols] of [
      [288, 768],
      [1000, 48],
    ]) {
      for (const bits of [8, 16] as const) {
        const rank = rankFor(0.7, rows, cols, bits);
        expect(factorsLedger({ rows, cols, rank, bits }).bitsPerWeight).toBeLessThanOrEqual(0.7);
        expect(factorsLedger({ rows, cols, rank: rank + 1, bits }).bitsPerWeight).toBeGreaterThan(0.7);
      }
    }
  });

  it('that F16 does not hold are refused, and zero ones are zero', () => {
    const given = { rows: 1, cols: 1, rank: 1, b: Float32Array.of(7e4), a: Float32Array.of(1) };
    expect(() => storeFactors(given, 16)).toThrow('holds 70000, beyond the largest F16');
    expect(() => storeFactors({ ...given, b: Float32Array.of(NaN) }, 8)).toThrow('holds NaN');
    for (const bits of [8, 16] as const) {
      const none = storeFactors({ ...given, b: Float32Array.of(0) }, bits);
      expect([isAllZero(none), quantizedFault(none)]).toEqual([true, null]);
      // Too small for a scale in F16.
      const tiny = storeFactors({ ...given, b: Float32Array.of(1e-30) }, bits);
      expect(Array.from(decodeQuantized(tiny))).toEqual([0]);
    }
    expect(isAllZero(factorsOf(3, 4, 1, 8))).toBe(false);
  });
});

describe('weights kept apart', () => {
  const weights = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('stand in their places, in whole columns or by themselves', () => {
    const columns = storeSparse(weights, { rows: 2, cols: 3, layout: 'columns', bits: 16, places: [2, 0] });
    expect(Array.from(decodeQuantized(columns))).toEqual([1, 0, 3, 4, 0, 6]);
    const entries = storeSparse(weights, { rows: 2, cols: 3, layout: 'entries', bits: 32, places: [4, 1] });
    expect(Array.from(decodeQuantized(entries))).toEqual([0, 2, 0, 0, 5, 0]);
    const none = storeSparse(weights, { rows: 2, cols: 3, layout: 'entries', bits: 32, places: [] });
    expect([isAllZero(none), isAllZero(columns), quantizedFault(none)]).toEqual([true, false, null]);
  });

  it('take their values and where they stand, by the shorter of list and mask', () => {
    const size = { rows: 64, cols: 256, bits: 16 } as const;
    expect(sparseLedger({ ...size, layout: 'columns', kept: 3 }).parts).toMatchObject({
      indices: 64 * 3 * 16,
      mask: 3 * 8,
    });
    // 100 column numbers, and where 64 rows begin and the last ends, each a number up to 100.
    expect(sparseLedger({ ...size, layout: 'entries', kept: 100 }).parts).toMatchObject({
      indices: 1600,
      mask: 100 * 8 + 65 * 7,
    });
    expect(sparseLedger({ ...size, layout: 'entries', kept: 8192 }).parts.mask).toBe(64 * 256);
  });
});

describe('a sum', () => {
  it('decodes to the sum of its parts, and takes what they take', () => {
    const tensor = layered(9, 14);
    const parts = tensor.parts.map(decodeQuantized);
    const expected = parts[0].map((first, i) =>
      parts.slice(1).reduce((all, part) => Math.fround(all + part[i]), first),
    );
    expect(decodeQuantized(tensor)).toEqual(expected);
    const account = ledger(tensor);
    expect(account.weights).toBe(9 * 14);
    expect(account.total).toBe(sumLedgers(tensor.parts.map(ledger)).total);
    expect(account.bitsPerWeight).toBe(account.total / (9 * 14));
    expect(isAllZero(tensor)).toBe(false);
    expect(quantizedFault(tensor)).toBeNull();
  });

  it('of parts that cancel is zero', () => {
    const [b, a] = [Float32Array.of(2), Float32Array.of(3)];
    const one = storeFactors({ rows: 1, cols: 1, rank: 1, b, a }, 16);
    const other = storeFactors({ rows: 1, cols: 1, rank: 1, b: Float32Array.of(-2), a }, 16);
    expect(isAllZero(sumOf(one, other))).toBe(true);
  });
});

describe('out of storage', () => {
  const result = { row: 0, layer: 0, name: 'layer', bitsPerWeight: 3, milliseconds: 1, status: 'done', note: null };

  it.each([
    ['factors of 16 bits', factorsOf(5, 7, 2, 16)],
    ['factors of 8 bits', factorsOf(5, 7, 2, 8)],
    ['columns', sparseOf(5, 7, 'columns')],
    ['entries', sparseOf(5, 7, 'entries', 32)],
    ['a sum', layered(5, 7)],
  ])('%s are the same again', (_, tensor) => {
    const again = storedLayer(decodeRecord(encodeRecord({ result, tensor }))?.value);
    expect(again?.tensor).toEqual(tensor);
    expect(again?.result.ledger).toEqual(ledger(tensor));
    expect(storedLayer(structuredClone({ result, tensor }))?.tensor).toEqual(tensor);
  });

  const [f16, f8] = [factorsOf(2, 3, 1, 16), factorsOf(2, 3, 1, 8)];
  const [columns, entries] = [sparseOf(2, 9, 'columns'), sparseOf(3, 5, 'entries', 32)];
  const sum = sumOf(gridOf(2, 3), f16);
  it.each<[object, object, string]>([
    [f16, { rank: 3 }, 'rank is 3, beyond the 2 × 3 of the matrix'],
    [f16, { rows: 2 ** 20, cols: 2 ** 20 }, 'size is 1048576 × 1048576'],
    [f16, { rows: 'two' }, 'size is string × 3'],
    [f16, { bits: 4 }, 'factors are stored in 4 bits'],
    [f16, { bits: 8 }, 'left factors are not a Int8Array'],
    [f16, { a: new Uint16Array(4) }, 'right factors are 4, not 3'],
    [f16, { b: Uint16Array.of(0x7c00, 0) }, 'factors are not all finite numbers'],
    [f16, { scales: new Float32Array(2) }, 'factors of 16 bits have scales'],
    [f8, { scales: null }, 'scales are not a Float32Array'],
    [f8, { scales: Float32Array.of(1, 600) }, 'scales are not all numbers that F16 holds'],
    [f8, { scales: Float32Array.of(1, NaN) }, 'scales are not all numbers that F16 holds'],
    [f8, { scales: Float32Array.of(1, 0.1) }, 'scales are not all values of F16'],
    [columns, { layout: 'rows' }, 'kept weights are in rows'],
    [columns, { places: Uint32Array.of(3, 3) }, 'places do not rise below 9 at number 1'],
    [columns, { places: Uint32Array.of(9) }, 'places do not rise below 9 at number 0'],
    [columns, { bits: 8 }, 'kept weights are stored in 8 bits'],
    [columns, { values: new Uint16Array(3) }, 'kept weights are 3, not 4'],
    [columns, { values: new Uint16Array(4).fill(0xfe00) }, 'kept weights are not all finite numbers'],
    [entries, { places: [1, 2, 3] }, 'places are not a Uint32Array'],
    [entries, { values: Float32Array.of(1, 2, Infinity) }, 'kept weights are not all finite numbers'],
    [entries, { rows: 2 ** 31, cols: 2 ** 31 }, 'size is 2147483648 × 2147483648'],
    [sum, { parts: [] }, 'parts are no list of 1 to 8'],
    [sum, { parts: null }, 'parts are no list of 1 to 8'],
    [sum, { parts: [f16, sum] }, 'part 2 is itself a sum'],
    [sum, { parts: [null] }, 'part 1: its codes are missing'],
    [sum, { parts: [{ kind: 'toString' }] }, 'part 1: its form is toString'],
    [sum, { parts: [{ ...f16, bits: 3 }] }, 'part 1: its factors are stored in 3 bits'],
    [sum, { parts: [f16, columns] }, 'part 2 is 2 × 9, not 2 × 3'],
  ])('%# is refused with %o', (tensor, change, fault) => {
    expect(quantizedFault({ ...tensor, ...change })).toBe(fault);
  });
});

describe('on the GPU', async () => {
  const gpu = await testGpu();
  const shapes = [
    [1, 1],
    [3, 5],
    [13, 37],
    [40, 64],
    [9, 129],
  ] as const;

  it.each(shapes)('%i × %i decode to the host’s bits', async (rows, cols) => {
    const before = gpu.buffers.bytesInUse;
    const ranks = [1, 3, 40].map((rank) => Math.min(rank, rows, cols));
    const tensors = [
      ...ranks.flatMap((rank) => [factorsOf(rows, cols, rank, 16), factorsOf(rows, cols, rank, 8)]),
      ...(['columns', 'entries'] as const).flatMap((layout) => [
        sparseOf(rows, cols, layout),
        sparseOf(rows, cols, layout, 32),
      ]),
      storeSparse(new Float32Array(rows * cols), { rows, cols, layout: 'entries', bits: 32, places: [] }),
      sumOf(gridOf(rows, cols), factorsOf(rows, cols, 1, 16), sparseOf(rows, cols, 'columns')),
    ];
    for (const tensor of tensors) {
      const q = decodeOnGpu(gpu, tensor);
      expect(await q.read()).toEqual(decodeQuantized(tensor));
      const budget = gpu.workBudget;
      gpu.workBudget = 1;
      const pieces = untiled(decodeOnGpu(gpu, tensor));
      gpu.workBudget = budget;
      const [bytes] = await gpu.read({ buffer: pieces.buffer, bytes: pieces.bytes });
      const host = new Float32Array(bytes);
      expect(pieces.unpad(host)).toEqual(decodeQuantized(tensor));
      // The padding is zero: nothing but the values adds to the sum of sizes.
      const size = (values: Float32Array) => values.reduce((all, value) => all + (value === 0 ? 0 : 1), 0);
      expect(size(host)).toBe(size(decodeQuantized(tensor)));
      for (const used of [q, pieces]) used.release();
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
