/** Figures of tensors: the GPU beside its twin, by hand, in pieces, and of values that are no ordinary ones. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { GpuScanner } from './gpu-scanner';
import { hostScanner } from './host-scanner';
import { BINS, statisticsOf, type TensorStatistics } from './statistics';
import { rawTensor, tensorOf } from './testing';

const SHAPES = [[1, 1], [], [7], [5, 1], [8, 2048], [33, 700], [640, 31], [130, 129], [130, 3, 3, 3], [9, 0]];

/** Normals with outliers in one column, a column of zeros, and some that are no number. */
function values(shape: readonly number[], broken: boolean): Float32Array<ArrayBuffer> {
  const count = shape.reduce((all, size) => all * size, 1);
  const cols = shape.length > 1 ? count / shape[0] : count;
  const all = new Random(count + 1).normals(count, 0.02);
  for (let i = 0; i < count; i++) {
    if (i % cols === 3) all[i] *= 50;
    if (i % cols === 2) all[i] = 0;
    if (broken && i % 997 === 5) all[i] = [NaN, Infinity, -Infinity, -0][(i / 997) & 3];
  }
  return Float32Array.from(all);
}

/** What is equal to the bit on every adapter, and what is not. */
function parts({ mean, deviation, rms, kurtosis, ...exact }: TensorStatistics) {
  return { exact, sums: { mean, deviation, rms, kurtosis } };
}

function expectAlike(actual: TensorStatistics, expected: TensorStatistics): void {
  const [a, b] = [parts(actual), parts(expected)];
  expect(a.exact).toEqual(b.exact);
  const scale = expected.rms ?? 1;
  for (const [name, value] of Object.entries(b.sums)) {
    const own = a.sums[name as keyof typeof a.sums];
    if (value === null || own === null) expect([name, own]).toEqual([name, value]);
    else expect(Math.abs(own - value), name).toBeLessThanOrEqual(2e-5 * (name === 'kurtosis' ? value : scale));
  }
}

describe('statistics', async () => {
  const gpu = await testGpu();

  it.each(SHAPES)('of %s × … are those of the twin, and of every other piece', async (...shape) => {
    for (const broken of [false, true]) {
      const info = tensorOf(shape, values(shape, broken));
      const before = gpu.buffers.bytesInUse;
      const expected = await statisticsOf(info, hostScanner);
      expectAlike(await statisticsOf(info, new GpuScanner(gpu)), expected);
      expectAlike(await statisticsOf(info, new GpuScanner(gpu), {}, 20_000), expected);
      expectAlike(await statisticsOf(info, hostScanner, {}, 1_000), expected);
      expect(gpu.buffers.bytesInUse).toBe(before);
    }
  });

  it.each([1e-42, 1e-38, 1e-20, 1e20, 3e38])('neither over- nor underflow at %s', async (size) => {
    const all = Float32Array.from({ length: 64 * 300 }, (_, i) => size * ((i % 3) - 1));
    for (const scanner of [hostScanner, new GpuScanner(gpu)]) {
      const found = await statisticsOf(tensorOf([64, 300], all), scanner);
      const [least, greatest] = [Math.fround(-size), Math.fround(size)];
      expect(found).toMatchObject({ least, greatest, zeros: 6400 });
      expect([found.histogram?.[0], found.histogram?.[BINS / 2], found.histogram?.[BINS - 1]]).toEqual([
        6400, 6400, 6400,
      ]);
      expect((found.rms ?? 0) / greatest).toBeCloseTo(Math.sqrt(2 / 3), 5);
      expect(found.kurtosis).toBeCloseTo(1.5, 4);
    }
  });
});

describe('statistics', () => {
  it('by hand', async () => {
    const all = [1, -2, 0, 4, 0, 6, 0, NaN, 3, Infinity, 0, -5];
    const found = await statisticsOf(tensorOf([3, 4], all), hostScanner);
    expect(found).toMatchObject({ rows: 3, cols: 4, count: 12, nan: 1, infinite: 1, zeros: 4, least: -5, greatest: 6 });
    expect([...(found.columnPeaks?.values ?? [])]).toEqual([3, Infinity, 0, Infinity]);
    expect([...found.rowPeaks.values]).toEqual([4, Infinity, Infinity]);
    expect(found.zeroColumns).toEqual({ count: 1, first: [2] });
    expect(found.zeroRows).toBe(0);
    expect(found.picture).toMatchObject({ down: 3, across: 4, blockRows: 1, blockCols: 1 });
    const finite = all.filter(Number.isFinite);
    const mean = finite.reduce((sum, x) => sum + x, 0) / 10;
    const moment = (k: number) => finite.reduce((sum, x) => sum + (x - mean) ** k, 0) / 10;
    expect(found.mean).toBeCloseTo(mean, 6);
    expect(found.deviation).toBeCloseTo(Math.sqrt(moment(2)), 6);
    expect(found.rms).toBeCloseTo(Math.sqrt(finite.reduce((sum, x) => sum + x * x, 0) / 10), 6);
    expect(found.kurtosis).toBeCloseTo(moment(4) / moment(2) ** 2, 6);
    expect(found.histogram?.reduce((sum, n) => sum + n, 0)).toBe(10);
    expect([found.histogram?.[0], found.histogram?.[BINS - 1]]).toEqual([1, 1]);
  });

  it('of what has no spread, no finite value, or no value', async () => {
    const same = await statisticsOf(tensorOf([20, 3], new Float32Array(60).fill(0.1)), hostScanner);
    expect(same).toMatchObject({ mean: Math.fround(0.1), deviation: 0, kurtosis: null });
    expect(same.histogram?.[0]).toBe(60);
    const broken = await statisticsOf(tensorOf([2, 2], new Float32Array(4).fill(NaN)), hostScanner);
    expect(broken).toMatchObject({ nan: 4, least: null, mean: null, histogram: null, zeroColumns: { count: 0 } });
    const none = await statisticsOf(tensorOf([0, 4], []), hostScanner);
    expect(none).toMatchObject({ count: 0, least: null, zeroRows: 0 });
  });

  it('pool long rows and many rows into blocks that hold each value once', async () => {
    const [rows, cols] = [3, 1000];
    const all = Float32Array.from({ length: rows * cols }, (_, i) => i);
    const { picture } = await statisticsOf(tensorOf([rows, cols], all), hostScanner, {}, 90);
    expect(picture).toMatchObject({ down: 3, across: 125, blockRows: 1, blockCols: 8 });
    expect([...picture.peaks]).toEqual(Array.from({ length: 375 }, (_, i) => 8 * i + 7));
    const tall = await statisticsOf(tensorOf([20_000, 2], new Float32Array(40_000).fill(-2)), hostScanner);
    expect(tall.picture).toMatchObject({ down: 128, across: 2, blockRows: 157 });
    expect(tall.rowPeaks).toMatchObject({ count: 20_000, width: 2 });
    expect(tall.rowPeaks.values).toHaveLength(10_000);
  });

  it('of other types: half precision, 8-bit floats, integers; not of packed ones', async () => {
    const half = await statisticsOf(tensorOf([2, 2], [0.5, -2, 3, 1], 'BF16'), hostScanner);
    expect(half).toMatchObject({ least: -2, greatest: 3 });
    // E4M3: 1.0, 448, NaN, −2⁻⁹.   E5M2: 1.0, ∞, NaN, −2⁻¹⁶.   FNUZ: 0.5, NaN.
    const e4m3 = await statisticsOf(rawTensor([4], 'F8_E4M3', Uint8Array.of(0x38, 0x7e, 0x7f, 0x81)), hostScanner);
    expect(e4m3).toMatchObject({ nan: 1, greatest: 448, least: -(2 ** -9) });
    const e5m2 = await statisticsOf(rawTensor([4], 'F8_E5M2', Uint8Array.of(0x3c, 0x7c, 0x7d, 0x81)), hostScanner);
    expect(e5m2).toMatchObject({ nan: 1, infinite: 1, greatest: 1, least: -(2 ** -16) });
    const fnuz = await statisticsOf(rawTensor([2], 'F8_E4M3FNUZ', Uint8Array.of(0x38, 0x80)), hostScanner);
    expect(fnuz).toMatchObject({ nan: 1, greatest: 0.5 });
    const wide = new Uint8Array(BigInt64Array.of(-3n, 7n).buffer);
    expect(await statisticsOf(rawTensor([2], 'I64', wide), hostScanner)).toMatchObject({ least: -3, greatest: 7 });
    const packed = statisticsOf(rawTensor([4], 'F4', new Uint8Array(2)), hostScanner);
    await expect(packed).rejects.toThrow(
      /^the values of tensor "w" in "model.safetensors" cannot be shown: its type, F4, packs/,
    );
  });

  it('end where they are left, and say how far they are', async () => {
    const leaving = new AbortController();
    const seen: number[] = [];
    const watch = {
      signal: leaving.signal,
      onProgress: (done: number, total: number) => {
        seen.push(done / total);
        if (done > 0) leaving.abort();
      },
    };
    const info = tensorOf([40, 40], new Float32Array(1600).fill(1));
    await expect(statisticsOf(info, hostScanner, watch, 400)).rejects.toThrow(/abort/i);
    expect(seen).toEqual([0, 0.125]);
  });
});
