import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import {
  decodeCodes,
  emptyGrid,
  fitGroups,
  groupsOf,
  packCodes,
  roundToGrid as roundOnGpu,
} from '../tensor/affine-grid';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { affineLedger, decodeAffine, groupCount, layoutOf, type AffineTensor } from './affine';
import { fitGrid, roundHalfEven, roundToGrid } from './affine-reference';
import { LATER_PARTS } from './ledger';
import { ledger, quantizedFault } from './quantized';

const LATER = Object.fromEntries(LATER_PARTS.map((part) => [part, 0]));

describe('bits per weight', () => {
  const layout = { rows: 4, cols: 128, bits: 3, symmetric: false, groups: 1, indexed: false };
  it.each([
    // 3 + (16 + 3) / 128
    [layout, 3.1484375],
    // symmetric: 3 + 16 / 128
    [{ ...layout, symmetric: true }, 3.125],
    // two groups of 64: 3 + 2 · 19 / 128
    [{ ...layout, groups: 2 }, 3.296875],
    // a 32-bit index a column, shared by the four rows: + 32 / 4
    [{ ...layout, groups: 2, indexed: true }, 11.296875],
  ])('%o takes %d', (given, bits) => {
    expect(affineLedger(given).bitsPerWeight).toBe(bits);
  });

  it('are kept apart by what they are for', () => {
    const { parts, total, compression32 } = affineLedger({ ...layout, groups: 2, indexed: true });
    expect(parts).toEqual({ ...LATER, indices: 1536, scales: 128, zeros: 24, groups: 4096, codebooks: 0, signs: 0 });
    expect(total).toBe(5784);
    expect(compression32).toBe((32 * 512) / 5784);
  });

  it('counts a ragged last group', () => {
    expect(groupCount(100, 64)).toBe(2);
    expect(groupCount(100, null)).toBe(1);
  });
});

it('finds the groups of places', async () => {
  const gpu = await testGpu();
  const places = Uint32Array.from({ length: 200 }, (_, i) => (i * 77) % 200);
  const groups = await groupsOf(Indices.from(gpu, places), 48).read();
  expect(groups).toEqual(places.map((place) => Math.floor(place / 48)));
});

describe('fitting a grid', () => {
  it('always holds zero exactly and never leaves the codes', () => {
    const values = fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 2, max: 8 }),
        fc.boolean(),
        fc.constantFrom('none', 'mse'),
        (x, bits, symmetric, clip) => {
          const grid = fitGrid(x, { bits, symmetric, clip: clip });
          expect(grid.scale).toBeGreaterThan(0);
          expect(grid.zero).toBeGreaterThanOrEqual(0);
          expect(grid.zero).toBeLessThanOrEqual(2 ** bits - 1);
          expect(roundToGrid(0, grid, bits).value).toBe(0);
        },
      ),
    );
  });

  it('rounds halves to even, as WGSL and torch do', () => {
    expect([0.5, 1.5, 2.5, 3.5, -1.5, 2.4999].map(roundHalfEven)).toEqual([0, 2, 2, 4, -2, 2]);
  });
});

describe.each([
  { rows: 1, cols: 1, size: 1 },
  { rows: 3, cols: 13, size: 13 },
  { rows: 9, cols: 40, size: 16 },
  { rows: 33, cols: 100, size: 32 },
])('grid kernels on $rows × $cols in groups of $size', async ({ rows, cols, size }) => {
  const gpu = await testGpu();
  const values = new Random(3).normals(rows * cols);
  const groups = Math.ceil(cols / size);
  const order = Uint32Array.from({ length: cols }, (_, i) => i);
  const group = order.map((c) => Math.floor(c / size));
  const kinds = [2, 3, 8].flatMap((bits) =>
    [true, false].flatMap((symmetric) => (['none', 'mse'] as const).map((clip) => ({ bits, symmetric, clip }))),
  );

  it.each(kinds)('fit, round, pack and decode as the twin: %o', async (kind) => {
    const transposed = Float32Array.from(
      { length: rows * cols },
      (_, i) => values[(i % rows) * cols + Math.floor(i / rows)],
    );
    const weights = Tensor.from(gpu, cols, rows, transposed);
    const [place, groupOf] = [Indices.from(gpu, order), Indices.from(gpu, group)];
    const grid = emptyGrid(gpu, rows, groups);
    const spec = { ...kind, groups, size };
    fitGroups(weights, place, grid, spec);
    // However small the pieces, the same grid.
    const whole = await grid.read();
    const budget = gpu.workBudget;
    gpu.workBudget = 1;
    fitGroups(weights, place, grid, spec);
    gpu.workBudget = budget;
    expect(await grid.read()).toEqual(whole);
    const codes = roundOnGpu(weights, grid, groupOf, spec);
    const packed = packCodes(codes, place);
    const [bytes] = await gpu.read({ buffer: packed.buffer, bytes: packed.bytes });
    const gridValues = await grid.read();
    const tensor: AffineTensor = {
      kind: 'affine',
      ...{ rows, cols, groups, groupOf: group, bits: kind.bits, symmetric: kind.symmetric },
      codes: packed.unpad(new Uint8Array(bytes)),
      scales: Float32Array.from(
        { length: rows * groups },
        (_, i) => gridValues[(i % groups) * rows + Math.floor(i / groups)],
      ),
      zeros: Uint8Array.from(
        { length: rows * groups },
        (_, i) => gridValues[(groups + (i % groups)) * rows + Math.floor(i / groups)],
      ),
    };
    const q = await decodeCodes(packed, grid, groupOf).read();
    expect(q).toEqual(decodeAffine(tensor));
    expect(layoutOf(tensor).indexed).toBe(false);

    let different = 0;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) {
        const first = group[c] * size;
        const run = values.subarray(r * cols + first, r * cols + Math.min(first + size, cols));
        const expected = roundToGrid(values[r * cols + c], fitGrid(run, kind), kind.bits).value;
        if (Math.abs(q[r * cols + c] - expected) > 1e-5) different++;
      }
    }
    // A value on a rounding boundary may tip in f32.
    expect(different).toBeLessThanOrEqual(0.01 * values.length);
  });
});

describe('a tensor from storage', () => {
  const tensor: AffineTensor = {
    kind: 'affine',
    ...{ rows: 2, cols: 3, bits: 2, symmetric: false, groups: 2 },
    codes: Uint8Array.of(0, 1, 2, 3, 0, 1),
    scales: Float32Array.of(1, 2, 3, 4),
    zeros: Uint8Array.of(0, 1, 2, 3),
    groupOf: Uint32Array.of(0, 0, 1),
  };

  it('is taken when it is whole, and counted by its form', () => {
    expect(quantizedFault(tensor)).toBeNull();
    expect(ledger(tensor)).toEqual(affineLedger(layoutOf(tensor)));
  });

  it.each([
    [{ bits: 9 }, 'width is 9 bits, which must be 1 to 8'],
    [{ groups: 4 }, '3 columns are in 4 groups'],
    [{ codes: new Uint8Array(5) }, 'codes are 5, not 6'],
    [{ codes: new Uint8Array(6).fill(4) }, 'codes do not fit 2 bits'],
    [{ groupOf: Uint32Array.of(0, 1, 2) }, 'columns name a group beyond the 2 there are'],
    [{ scales: Float32Array.of(1, 2, 3, NaN) }, 'scales are not all positive numbers'],
    [{ zeros: [0, 0, 0, 0] }, 'zeros are not a Uint8Array'],
  ])('is refused with %o', (change, fault) => {
    expect(quantizedFault({ ...tensor, ...change })).toBe(fault);
  });
});
