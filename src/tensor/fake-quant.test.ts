/** Fake quantization: the specification's cases by hand, and every code in every kind of cell against the float64 twin. */
import { describe, expect, it } from 'vitest';
import type { Gpu } from '../gpu/gpu';
import { testGpu } from '../gpu/testing/gpus';
import { bitsPerValue, layoutOf, type ActivationCode, type ActivationFormat, type Cells } from './activation-format';
import { cellRanges, Dressing, fakeQuantize, type FakeQuantOptions } from './fake-quant';
import * as reference from './reference/fake-quant';
import { matrix, type Matrix } from './reference/matrix';
import { Tensor } from './tensor';
import { expectClose, expectZeroPadding, randomMatrix, upload } from './testing';

const CODES: Record<string, ActivationCode> = {
  'symmetric 4': { kind: 'symmetric', bits: 4 },
  'symmetric 2': { kind: 'symmetric', bits: 2 },
  'asymmetric 4': { kind: 'asymmetric', bits: 4 },
  'asymmetric 16': { kind: 'asymmetric', bits: 16 },
  'float offset 3': { kind: 'float offset', bits: 3 },
  'log2 4': { kind: 'logarithmic', bits: 4, perOctave: 1 },
  'log√2 3': { kind: 'logarithmic', bits: 3, perOctave: 2 },
  'split 4': { kind: 'split', bits: 4, split: 0.25 },
  'signs 4': { kind: 'signs', bits: 4 },
  e4m3: { kind: 'e4m3' },
  e5m2: { kind: 'e5m2' },
};

const CELLS: Record<string, Cells> = {
  tensor: { per: 'tensor' },
  token: { per: 'token' },
  'groups of 6': { per: 'group', columns: 6 },
  column: { per: 'column' },
  'columns of 5 tokens': { per: 'column', tokens: 5 },
  'blocks of 4 × 6': { per: 'block', tokens: 4, columns: 6 },
  'turns of 8': { per: 'block', tokens: 16, columns: 40, turns: { of: 8, width: 2 } },
};

/** Rows, columns and windows: 1, short last cells, rows that are not live. */
const SHAPES = [
  [1, 1, { length: 1 }],
  [26, 17, { length: 13 }],
  [32, 24, { length: 13, pitch: 16 }],
] as const;

/** x̂ by hand, of one row. */
async function rowOf(gpu: Gpu, values: number[], format: ActivationFormat, options?: FakeQuantOptions) {
  const x = Tensor.from(gpu, 1, values.length, values);
  const y = fakeQuantize(x, format, options);
  const made = [...(await y.read())];
  x.release();
  y.release();
  return made;
}

/** Asserts that every value lies between the twin's at x ∓ what f32 rounds away, and that this is narrow for most. */
async function expectLevels(y: Tensor, x: Matrix, format: ActivationFormat, options: reference.Options): Promise<void> {
  const ranges = options.ranges ?? reference.cellRanges(x, format.cells, options);
  const width = Math.max(...ranges.data) - Math.min(...ranges.data);
  const moved = (sign: number) => {
    const at = x.data.map((v) => v + sign * 1e-6 * (Math.abs(v) + 0.02 * width));
    return reference.fakeQuantize(matrix(x.rows, x.cols, at), format, { ...options, ranges }).data;
  };
  const [low, high] = [moved(-1), moved(1)];
  const [bytes] = await y.gpu.read({ buffer: y.buffer, bytes: y.bytes });
  const host = new Float32Array(bytes);
  expectZeroPadding(y, host);
  const largest = Math.max(...high.map(Math.abs), ...low.map(Math.abs)) || 1;
  const slack = 3e-6 * largest;
  const wrong: string[] = [];
  let narrow = 0;
  y.unpad(host).forEach((value, i) => {
    // NaN is within nothing.
    const fits = value >= low[i] - slack && value <= high[i] + slack;
    if (!fits) wrong.push(`value ${i}, ${x.data[i]}: ${value}, not ${low[i]} … ${high[i]}`);
    if (high[i] - low[i] <= slack) narrow++;
  });
  expect(wrong).toEqual([]);
  expect(narrow / low.length).toBeGreaterThan(0.6);
}

describe('fake quantization', async () => {
  const gpu = await testGpu();

  it.each(Object.entries(CELLS))('finds ranges by %s', async (_, cells) => {
    for (const [rows, cols, windows] of SHAPES) {
      const x = randomMatrix(rows, cols, 3, 2);
      const expected = reference.cellRanges(x, cells, { windows });
      for (const lanes of [1, 8]) {
        await expectClose(cellRanges(upload(gpu, x), cells, { windows, lanes }), expected, 1e-7);
      }
    }
  });

  describe.each(Object.entries(CODES))('%s', (_, code) => {
    it.each(Object.entries(CELLS))('by %s', async (_, cells) => {
      for (const [rows, cols, windows] of SHAPES) {
        const x = randomMatrix(rows, cols, 3, 2);
        const format = { code, cells, clip: 0.9 };
        await expectLevels(fakeQuantize(upload(gpu, x), format, { windows }), x, format, { windows });
      }
    });
  });

  it('folds cells of many rows in parts', async () => {
    const x = randomMatrix(9000, 3, 4);
    const on = upload(gpu, x);
    for (const per of ['tensor', 'column'] as const) {
      await expectClose(cellRanges(on, { per }), reference.cellRanges(x, { per }), 1e-7);
    }
    const turns: Cells = { per: 'block', tokens: 3000, columns: 2, turns: { of: 8, width: 1 } };
    await expectClose(cellRanges(on, turns), reference.cellRanges(x, turns), 1e-7);
  });

  it('takes static ranges, shared by all rows, and half away from zero', async () => {
    const x = randomMatrix(21, 10, 5, 2);
    for (const [cells, across] of [
      [{ per: 'tensor' }, 1],
      [{ per: 'column' }, 10],
      [{ per: 'group', columns: 4 }, 3],
    ] as [Cells, number][]) {
      const ends = Float64Array.from({ length: 2 * across }, (_, i) =>
        Math.fround(i < across ? -1.03 - i / 7 : 1 + i / 5),
      );
      const ranges = matrix(2, across, ends);
      for (const code of Object.values(CODES)) {
        const format = { code, cells, rounding: 'away' } as const;
        const y = fakeQuantize(upload(gpu, x), format, { ranges: upload(gpu, ranges) });
        await expectLevels(y, x, format, { ranges });
      }
    }
  });

  it('dresses what is quantized, and keeps columns and rows as they are', async () => {
    const [rows, cols] = [19, 13];
    const x = randomMatrix(rows, cols, 6, 2);
    const positive = (count: number, seed: number) =>
      randomMatrix(1, count, seed).data.map((v) => Math.fround(0.5 + Math.abs(v)));
    const flags = (count: number, every: number) => Float64Array.from({ length: count }, (_, i) => (i % every ? 0 : 1));
    const dress = {
      columnFactor: positive(cols, 1),
      noise: Float64Array.from(randomMatrix(1, cols, 2, 0.1).data),
      keptColumns: flags(cols, 5),
      rowFactor: positive(rows, 3),
      keptRows: flags(rows, 7),
    };
    dress.rowFactor[4] = 0;
    const parts = Object.entries(dress).map(([name, v]) => [name, upload(gpu, matrix(1, v.length, v))]);
    const dressing = Dressing.of(gpu, rows, cols, Object.fromEntries(parts) as object);
    const on = upload(gpu, x);
    for (const cells of Object.values(CELLS)) {
      const ranges = cellRanges(on, cells, { dressing });
      const twin = reference.cellRanges(x, cells, { dress });
      await expectClose(ranges, twin, 1e-6);
      for (const kind of ['symmetric', 'asymmetric', 'float offset'] as const) {
        const format = { code: { kind, bits: 4 }, cells };
        const y = fakeQuantize(on, format, { dressing });
        await expectLevels(y, x, format, { dress });
        const values = await y.read();
        for (let i = 0; i < values.length; i++) {
          if (dress.keptColumns[i % cols] === 1) expect(values[i]).toBe(x.data[i]);
        }
      }
    }
  });

  it('does the cases of the specification that can be done by hand', async () => {
    const token: Cells = { per: 'token' };
    const of = (kind: 'symmetric' | 'asymmetric' | 'float offset', bits: number): ActivationFormat => ({
      code: { kind, bits },
      cells: token,
    });
    // s = 7/7: half to even, and the code −8 that only a static range can reach.
    expect(await rowOf(gpu, [7, 0.5, 1.5, -2.5, -6.6], of('symmetric', 4))).toEqual([7, 0, 2, -2, -7]);
    const seven = Tensor.from(gpu, 2, 1, [-7, 7]);
    expect(await rowOf(gpu, [-100, 100], of('symmetric', 4), { ranges: seven })).toEqual([-8, 7]);
    const away = { ...of('symmetric', 4), rounding: 'away' } as const;
    expect(await rowOf(gpu, [7, 0.5, 1.5, -2.5], away)).toEqual([7, 1, 2, -3]);
    // −1 … 2 in 2 bits: s = 1, z = 1.
    expect(await rowOf(gpu, [-1, 2, 0.4, 1.6], of('asymmetric', 2))).toEqual([-1, 2, 0, 2]);
    // All above zero: zero stays in the range, but not with a float offset.
    expect(await rowOf(gpu, [3, 1.4], of('asymmetric', 2))).toEqual([3, 1]);
    expect(await rowOf(gpu, [10, 13, 11.4], of('float offset', 2))).toEqual([10, 13, 11]);
    // All zero, and constant.
    for (const kind of ['symmetric', 'asymmetric', 'float offset'] as const) {
      expect(await rowOf(gpu, [0, 0, 0], of(kind, 4))).toEqual([0, 0, 0]);
      for (const value of [-5, 7.25]) {
        const made = await rowOf(gpu, [value, value], of(kind, 4));
        made.forEach((v) => expect(Math.abs(v / value - 1)).toBeLessThan(3e-7));
      }
    }
    // z of −1 … 1 is half of 15: to even, 8, whatever the adapter's division.
    const one = Tensor.from(gpu, 2, 1, [-1, 1]);
    const [least, greatest] = await rowOf(gpu, [-9, 9], of('asymmetric', 4), { ranges: one });
    expect([least * 7.5, greatest * 7.5].map((v) => Math.round(v * 1e5) / 1e5)).toEqual([-8, 7]);
    // A rotated unit vector: every entry ±1/√n is a level.
    const flat = [0.5, -0.5, -0.5, 0.5];
    (await rowOf(gpu, flat, of('symmetric', 4))).forEach((v, i) => expect(v).toBeCloseTo(flat[i], 6));
    // Clipped: 10 counts as 9.
    const clipped = { ...of('symmetric', 2), clip: 0.5 };
    expect(await rowOf(gpu, [4, 1, -9, -4], { ...clipped })).toEqual([4.5, 0, -9, -4.5]);
  });

  it('does logarithms, splits, signs and small floats by hand', async () => {
    const [one, cells] = [Tensor.from(gpu, 2, 1, [0, 1]), { per: 'tensor' } as const];
    const log = (bits: number, perOctave: 1 | 2): ActivationFormat => ({
      code: { kind: 'logarithmic', bits, perOctave },
      cells,
    });
    // log√2 of {1, .707, .5} is exact; the last of eight levels is 2^(−7/2).
    const halves = [1, Math.fround(Math.SQRT1_2), 0.5];
    expect(await rowOf(gpu, [...halves, 2 ** -3.6, 0, -1, 2 ** -3.4], log(3, 2), { ranges: one })).toEqual([
      ...halves,
      Math.fround(Math.fround(Math.SQRT1_2) / 8),
      0,
      0,
      Math.fround(Math.fround(Math.SQRT1_2) / 8),
    ]);
    expect(await rowOf(gpu, [1, 0.25, 0.3, 0.124, 0.04, 2], log(2, 1), { ranges: one })).toEqual([
      1, 0.25, 0.25, 0.125, 0, 1,
    ]);
    // Three bits a region: sevenths of 1 above a quarter, of a quarter below.
    const split: ActivationFormat = { code: { kind: 'split', bits: 4, split: 0.25 }, cells };
    const made = await rowOf(gpu, [0.25, 0.26, 1, 0.1, 3, -1], split, { ranges: one });
    [0.25, 2 / 7, 1, 3 / 28, 1, 0].forEach((v, i) => expect(made[i]).toBeCloseTo(v, 6));
    // Steps 1 above, and below the power of two that reaches −0.6: 1/8, whose seven steps reach −7/8.
    const signs: ActivationFormat = { code: { kind: 'signs', bits: 4 }, cells };
    const both = await rowOf(gpu, [7, 2.4, -0.6, -0.07, 0], signs);
    [7, 2, -0.625, -0.125, 0].forEach((v, i) => expect(both[i]).toBeCloseTo(v, 6));
  });

  it.each([
    ['e4m3', 3, -6, 448],
    ['e5m2', 2, -14, 57344],
  ] as const)(
    '%s keeps every number that it has, and rounds halves to even mantissas',
    async (kind, bits, least, top) => {
      const numbers = [0];
      for (let m = 1; m < 2 ** bits; m++) numbers.push(m * 2 ** (least - bits));
      for (let e = least; 2 ** e <= top; e++) {
        for (let m = 2 ** bits; m < 2 ** (bits + 1); m++)
          if (m * 2 ** (e - bits) <= top) numbers.push(m * 2 ** (e - bits));
      }
      const format: ActivationFormat = { code: { kind }, cells: { per: 'tensor' } };
      const unscaled = { ranges: Tensor.from(gpu, 2, 1, [-top, top]) };
      const all = [...numbers, ...numbers.slice(1).map((v) => -v)];
      expect(await rowOf(gpu, all, format, unscaled)).toEqual(all);
      const between = numbers.slice(1).map((v, i) => (v + numbers[i]) / 2);
      const even = between.map((_, i) => numbers[i % 2 === 0 ? i : i + 1]);
      expect(await rowOf(gpu, between, format, unscaled)).toEqual(even);
      expect(await rowOf(gpu, [1.2 * top, -9e9], format, unscaled)).toEqual([top, -top]);
    },
  );

  it('does CrossQuant, LLM.int8() and NoisyQuant by hand', async () => {
    const x = Tensor.from(gpu, 2, 2, [8, 1, 2, 4]);
    // t = (8, 4), c = (8, 4), α = ½: scales √(t c) = (8, √32; √32, 4), each over 7.
    const roots = (values: number[]) => Tensor.from(gpu, 1, 2, values.map(Math.sqrt));
    const cross = Dressing.of(gpu, 2, 2, { rowFactor: roots([8, 4]), columnFactor: roots([8, 4]) });
    const unit = Tensor.from(gpu, 2, 1, [-1, 1]);
    const symmetric = { kind: 'symmetric', bits: 4 } as const;
    const format = { code: symmetric, cells: { per: 'tensor' } } as const;
    const made = await fakeQuantize(x, format, { ranges: unit, dressing: cross }).read();
    const step = Math.sqrt(32) / 7;
    [8, step, 2 * step, 4].forEach((v, i) => expect(made[i]).toBeCloseTo(v, 5));
    // An outlier column passes, and the others' range is their own.
    const outlier = Dressing.of(gpu, 1, 3, { keptColumns: Tensor.from(gpu, 1, 3, [0, 1, 0]) });
    const token = { code: symmetric, cells: { per: 'token' } } as const;
    expect(await rowOf(gpu, [7, 99.5, 2.2], token, { dressing: outlier })).toEqual([7, 99.5, 2]);
    // Noise of whole steps changes no error inside the clip; noise of half a step moves the levels by that.
    const seven = Tensor.from(gpu, 2, 1, [-7, 7]);
    for (const [noise, expected] of [
      [1, [0, 2, -3]],
      [0.5, [0.5, 1.5, -2.5]],
    ] as const) {
      const dressing = Dressing.of(gpu, 1, 3, { noise: Tensor.from(gpu, 1, 3, [noise, noise, noise]) });
      expect(await rowOf(gpu, [0.3, 1.7, -2.9], format, { ranges: seven, dressing })).toEqual(expected);
    }
  });

  it('gives no number for what is none, and for all that shares a dynamic range with it', async () => {
    const bad = [NaN, Infinity, -Infinity];
    for (const code of Object.values(CODES)) {
      for (const value of bad) {
        const x = Tensor.from(gpu, 2, 3, [1, value, 2, 3, 4, 5]);
        const dynamic = await fakeQuantize(x, { code, cells: { per: 'token' } }).read();
        expect([...dynamic].map(Number.isFinite)).toEqual([false, false, false, true, true, true]);
        const ranges = Tensor.from(gpu, 2, 1, [-5, 5]);
        const fixed = await fakeQuantize(x, { code, cells: { per: 'tensor' } }, { ranges }).read();
        expect([...fixed].map(Number.isFinite)).toEqual([true, false, true, true, true, true]);
        // Folded over rows too.
        const columns = await fakeQuantize(x, { code, cells: { per: 'column' } }).read();
        expect([...columns].map(Number.isFinite)).toEqual([true, false, true, true, false, true]);
        const all = await fakeQuantize(x, { code, cells: { per: 'tensor' } }).read();
        expect([...all].some(Number.isFinite)).toBe(false);
      }
    }
    const dressing = Dressing.of(gpu, 1, 2, { keptColumns: Tensor.from(gpu, 1, 2, [0, 1]) });
    const token = { code: { kind: 'symmetric', bits: 4 }, cells: { per: 'token' } } as const;
    const kept = await rowOf(gpu, [7, NaN], token, { dressing });
    expect(kept).toEqual([7, NaN]);
  });

  it('does not care how windows are put together', async () => {
    const x = upload(gpu, randomMatrix(48, 16, 7));
    const alone = upload(gpu, matrix(16, 16, randomMatrix(48, 16, 7).data.slice(256, 512)));
    for (const cells of Object.values(CELLS)) {
      const format = { code: { kind: 'asymmetric', bits: 4 }, cells } as const;
      const together = await fakeQuantize(x, format, { windows: { length: 16 } }).read();
      expect(together.slice(256, 512)).toEqual(await fakeQuantize(alone, format).read());
    }
  });

  it('changes nothing at 16 bits beyond a step, and gives its buffers back', async () => {
    const before = gpu.buffers.bytesInUse;
    const x = randomMatrix(8, 32, 8);
    const on = upload(gpu, x);
    const y = fakeQuantize(on, { code: { kind: 'float offset', bits: 16 }, cells: { per: 'token' } });
    await expectClose(y, x, 1e-4);
    on.release();
    y.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('refuses what cannot be', () => {
    const x = upload(gpu, randomMatrix(6, 4, 1));
    const token = { per: 'token' } as const;
    const code = (bits: number) => ({ code: { kind: 'symmetric', bits }, cells: token }) as const;
    expect(() => fakeQuantize(x, code(1))).toThrow('activations of 1 bits; there are 2 to 16');
    expect(() => fakeQuantize(x, code(17))).toThrow('17 bits');
    expect(() => fakeQuantize(x, { ...code(4), clip: 0 })).toThrow('clipped to 0');
    expect(() => fakeQuantize(x, code(4), { windows: { length: 4 } })).toThrow('6 rows in windows of 4');
    expect(() => fakeQuantize(x, code(4), { ranges: x })).toThrow('ranges of 6 × 4 for 6 × 1 cells');
    expect(() => fakeQuantize(x, { ...code(4), cells: { per: 'group', columns: 0 } })).toThrow('cells of 0');
  });
});

describe('what a format costs', () => {
  it('counts scales and offsets of dynamic ranges as 16 bits', () => {
    const symmetric = { kind: 'symmetric', bits: 4 } as const;
    const offset = { kind: 'float offset', bits: 2 } as const;
    expect(bitsPerValue({ code: symmetric, cells: { per: 'token' } }, 7, 128, 'dynamic')).toBe(4 + 16 / 128);
    expect(bitsPerValue({ code: offset, cells: { per: 'column', tokens: 32 } }, 256, 8, 'dynamic')).toBe(3);
    expect(bitsPerValue({ code: offset, cells: { per: 'group', columns: 32 } }, 5, 64, 'dynamic')).toBe(3);
    expect(bitsPerValue({ code: symmetric, cells: { per: 'tensor' } }, 7, 128, 'static')).toBe(4);
    expect(layoutOf(10, 7, { per: 'group', columns: 3 }).across).toBe(3);
  });
});
