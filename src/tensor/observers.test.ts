/** What is seen of activations, against the float64 twins and by hand. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import type { ActivationFormat, Cells } from './activation-format';
import { Distortion } from './distortion';
import { crossScales, fakeQuantizeBeside, outlierColumns, peakPowers } from './dressings';
import { fakeQuantize } from './fake-quant';
import {
  ColumnObserver,
  heatMap,
  HistogramObserver,
  percentileRanges,
  RangeObserver,
  tokenFigures,
  tokenSums,
} from './observers';
import { RangeSearch } from './range-search';
import * as quantizer from './reference/fake-quant';
import { matrix, type Matrix } from './reference/matrix';
import * as reference from './reference/observers';
import { Tensor } from './tensor';
import { expectClose, randomMatrix, relativeDifference, SHAPES, upload } from './testing';

/** Rows of several matrices, one after the other. */
function below(parts: readonly Matrix[]): Matrix {
  const data = parts.flatMap((part) => [...part.data]);
  return matrix(data.length / parts[0].cols, parts[0].cols, data);
}

describe('observers', async () => {
  const gpu = await testGpu();

  it.each([...SHAPES, [200, 33] as const])('figures by column of %i × %i, over three calls', async (rows, cols) => {
    const parts = [1, 2, 3].map((seed) => randomMatrix(rows, cols, seed, seed));
    const observer = new ColumnObserver();
    for (const part of parts) observer.add(upload(gpu, part));
    const [made, expected] = [await observer.read(), reference.columnFigures(below(parts))];
    expect(made.rows).toBe(3 * rows);
    expect([made.least, made.greatest, made.peak]).toEqual([expected.least, expected.greatest, expected.peak]);
    for (const which of ['mean', 'magnitude', 'meanSquare'] as const) {
      expect(relativeDifference(made[which], expected[which])).toBeLessThan(3e-6);
    }
    observer.release();
    await expect(observer.read()).rejects.toThrow('nobody showed');
  });

  it('makes ranges of several calls the widest, or their exponential mean', async () => {
    const parts = [1, 2, 3].map((seed) => randomMatrix(70, 10, seed));
    for (const cells of [{ per: 'tensor' }, { per: 'column' }, { per: 'group', columns: 4 }] as Cells[]) {
      const columns = cells.per === 'tensor' ? 10 : cells.per === 'column' ? 1 : 4;
      const of = (x: Matrix) => quantizer.cellRanges(x, { per: 'block', tokens: x.rows, columns });
      const [all, mean] = [new RangeObserver(cells), new RangeObserver(cells, { kind: 'mean', keep: 0.9 })];
      for (const part of parts) for (const observer of [all, mean]) observer.add(upload(gpu, part));
      await expectClose(all.ranges, of(below(parts)), 1e-7);
      const [first, ...rest] = parts.map(of);
      const ema = rest.reduce((before, now) => {
        const data = before.data.map((v, i) => 0.9 * v + 0.1 * now.data[i]);
        return matrix(before.rows, before.cols, data);
      }, first);
      await expectClose(mean.ranges, ema, 1e-6);
      // The same windows, all at once.
      const together = new RangeObserver(cells, { kind: 'mean', keep: 0.9 });
      together.add(upload(gpu, below(parts)), { length: 70 });
      expect(await together.ranges.read()).toEqual(await mean.ranges.read());
    }
  });

  it('finds percentiles, of which 0 and 1 are the ends', async () => {
    const x = randomMatrix(101, 3, 4);
    const ends = await percentileRanges(upload(gpu, x), { per: 'column' }, [0, 1]);
    expect([...ends]).toEqual([...quantizer.cellRanges(x, { per: 'column' }).data]);
    const [median] = await percentileRanges(upload(gpu, x), { per: 'column' }, [0.5, 1]);
    expect(median).toBe([...x.data].filter((_, i) => i % 3 === 0).sort((a, b) => a - b)[50]);
  });

  it('counts into bins, and beside them', async () => {
    const values = [-3, -2, -1.99, -1, 0, 0.5, 1.99, 2, 2.01, NaN, Infinity, 0.25];
    const observer = new HistogramObserver(gpu, 4, -2, 2);
    for (let call = 0; call < 2; call++) observer.add(Tensor.from(gpu, 3, 4, values));
    const { counts, below, above, notFinite } = await observer.read();
    expect([...counts]).toEqual([4, 2, 6, 4]);
    expect([below, above, notFinite]).toEqual([2, 2, 4]);
    expect(() => new HistogramObserver(gpu, 4, 1, 1)).toThrow('4 bins from 1 to 1');
  });

  it.each(SHAPES.flatMap((shape) => [1, 8].map((lanes) => [...shape, lanes] as const)))(
    'figures by token of %i × %i with %i lanes',
    async (rows, cols, lanes) => {
      const x = randomMatrix(rows, cols, 5, 1e12);
      x.data.fill(0, 0, rows > 1 ? cols : 0);
      const made = tokenFigures(await tokenSums(upload(gpu, x), { lanes }).read(), cols);
      reference.tokenFigures(x).forEach((expected, r) => {
        for (const which of ['peak', 'rms', 'peakToRms', 'kurtosis', 'excess'] as const) {
          const [a, b] = [made[r][which], expected[which]];
          if (b === null || a === null) expect([r, which, a]).toEqual([r, which, b]);
          else expect(Math.abs(a - b) / (Math.abs(b) + 3)).toBeLessThan(1e-5);
        }
      });
    },
  );

  it('knows figures by token by hand', async () => {
    // One of n: peak over root mean square √n and kurtosis n; ±1: both 1.
    const x = Tensor.from(gpu, 2, 4, [0, 0, -5, 0, 1, -1, 1, -1]);
    const [single, signs] = tokenFigures(await tokenSums(x).read(), 4);
    expect(single).toMatchObject({ peak: 5, rms: 2.5, peakToRms: 2, kurtosis: 4 });
    expect(signs).toMatchObject({ peak: 1, rms: 1, peakToRms: 1, kurtosis: 1, excess: -2 });
  });

  it('tells signal over error and the share of zeros', async () => {
    const distortion = new Distortion(gpu);
    distortion.add(Tensor.from(gpu, 1, 4, [10, 0, 0.1, 5]), Tensor.from(gpu, 1, 4, [10, 0, 0, 5]));
    distortion.add(Tensor.from(gpu, 1, 2, [0.2, 1]), Tensor.from(gpu, 1, 2, [0, 1]));
    const { sqnr, zeros, zerosBefore } = await distortion.read();
    expect(sqnr).toBeCloseTo(10 * Math.log10(126.05 / 0.05), 4);
    expect([zeros, zerosBefore]).toEqual([3 / 6, 1 / 6].map((v) => expect.closeTo(v, 12) as number));
    distortion.add(Tensor.from(gpu, 1, 1, [1]), Tensor.from(gpu, 1, 1, [1]));
    expect((await distortion.read()).sqnr).toBeNull();
  });

  it('draws a small picture in which no outlier is lost', async () => {
    const x = randomMatrix(50, 30, 6);
    x.data[37 * 30 + 11] = -90;
    const { rows, cols, tokens, columns, values } = await heatMap(upload(gpu, x), 16, 8);
    expect([rows, cols, tokens, columns]).toEqual([13, 8, 4, 4]);
    expect(values[9 * 8 + 2]).toBe(90);
    const brute = matrix(rows, cols);
    x.data.forEach((v, i) => {
      const at = Math.floor(i / 30 / tokens) * cols + Math.floor((i % 30) / columns);
      brute.data[at] = Math.max(brute.data[at], Math.abs(v));
    });
    expect([...values]).toEqual([...brute.data]);
  });

  it('finds outlier columns and peaks to a power', async () => {
    const x = Tensor.from(gpu, 3, 3, [1, 0, -7, 2, 0, 0, -4, 0, 6]);
    expect([...(await outlierColumns(x, 6).read())]).toEqual([0, 0, 1]);
    expect([...(await outlierColumns(x, Infinity).read())]).toEqual([0, 0, 0]);
    expect([...(await outlierColumns(x, 0).read())]).toEqual([1, 0, 1]);
    expect([...(await outlierColumns(x, 2, { length: 1 }).read())]).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 1]);
    expect([...(await peakPowers(x, 'columns', 1).read())]).toEqual([4, 0, 7]);
    expect([...(await peakPowers(x, 'rows', 0).read())]).toEqual([1, 1, 1]);
    const roots = await peakPowers(x, 'rows', 0.5).read();
    [7, 2, 6].forEach((v, i) => expect(roots[i]).toBeCloseTo(Math.sqrt(v), 5));
  });

  it('keeps all at a threshold of 0, nothing at infinity; cross scales end in tokens and channels', async () => {
    const data = randomMatrix(9, 12, 7, 3);
    const x = upload(gpu, data);
    const int8: ActivationFormat = { code: { kind: 'symmetric', bits: 8 }, cells: { per: 'token' } };
    const windows = { length: x.rows };
    const kept = await fakeQuantizeBeside(x, int8, 0, { windows }).read();
    expect([...kept]).toEqual([...data.data]);
    const plain = await fakeQuantize(x, int8).read();
    expect(await fakeQuantizeBeside(x, int8, Infinity, { windows }).read()).toEqual(plain);
    const cross = { code: int8.code, cells: { per: 'tensor' } } as const;
    const unit = { ranges: Tensor.from(gpu, 2, 1, [-1, 1]) };
    for (const [alpha, per] of [
      [1, 'token'],
      [0, 'column'],
    ] as const) {
      const dressing = crossScales(x, peakPowers(x, 'columns', 1 - alpha), alpha);
      const y = await fakeQuantize(x, cross, { ...unit, dressing }).read();
      const expected = await fakeQuantize(x, { code: int8.code, cells: { per } }).read();
      // A code may tip where a value lies between two.
      const apart = y.filter((v, i) => Math.abs(v - expected[i]) > 1e-5).length;
      expect(apart).toBeLessThanOrEqual(1);
    }
  });

  const searched = (['symmetric', 'asymmetric', 'float offset'] as const).flatMap((kind) =>
    ([{ per: 'tensor' }, { per: 'column' }, { per: 'group', columns: 4 }] as Cells[]).map((cells) => ({
      kind,
      per: cells.per,
      cells,
    })),
  );
  it.each(searched)('searches $kind ranges by $per', async ({ kind, cells }) => {
    const parts = [randomMatrix(90, 10, 1), randomMatrix(70, 10, 2)];
    const format: ActivationFormat = { code: { kind, bits: 3 }, cells };
    const observer = new RangeObserver(cells);
    for (const part of parts) observer.add(upload(gpu, part));
    const ranges = matrix(2, observer.ranges.cols, await observer.ranges.read());
    const shares = Array.from({ length: 40 }, (_, k) => 1 - k / 50);
    for (const power of [2, 2.4]) {
      const search = new RangeSearch(gpu, format, observer.ranges, { candidates: 40, steps: 50, power });
      for (const part of parts) search.add(upload(gpu, part));
      const found = await search.best();
      const errors = reference.shrinkErrors(below(parts), format, ranges, shares, power);
      found.shares.forEach((share, cell) => {
        const own = shares.map((_, k) => errors.data[k * errors.cols + cell]);
        const k = shares.findIndex((one) => Math.abs(one - (share ?? NaN)) < 1e-9);
        // Among candidates that f32 cannot tell apart, any will do.
        expect(own[k]).toBeLessThan(Math.min(...own) * (1 + 1e-4));
        expect(share).toBeLessThan(1);
      });
      // The ranges are the shares of those given.
      const again = new RangeSearch(gpu, format, found.ranges, { candidates: 1 });
      for (const part of parts) again.add(upload(gpu, part));
      expect((await again.best()).shares).toEqual(found.shares.map(() => 1));
    }
    await expect(new RangeSearch(gpu, format, observer.ranges).best()).rejects.toThrow('nothing');
  });

  it('says where no share of a range gives a number', async () => {
    const x = Tensor.from(gpu, 2, 2, [1, NaN, -1, 2]);
    const format: ActivationFormat = { code: { kind: 'symmetric', bits: 4 }, cells: { per: 'column' } };
    const search = new RangeSearch(gpu, format, Tensor.from(gpu, 2, 2, [-1, -2, 1, 2]));
    search.add(x);
    const { shares, ranges } = await search.best();
    expect(shares).toEqual([1, null]);
    expect([...(await ranges.read())]).toEqual([-1, -2, 1, 2]);
  });

  it('carries NaN into every figure', async () => {
    const x = Tensor.from(gpu, 2, 2, [1, NaN, -1, 2]);
    const observer = new ColumnObserver();
    observer.add(x);
    observer.add(Tensor.from(gpu, 1, 2, [3, 3]));
    const { least, greatest, mean } = await observer.read();
    expect([least, greatest, mean].map((v) => [...v].map(Number.isFinite))).toEqual(Array(3).fill([true, false]));
    const [bad, good] = tokenFigures(await tokenSums(x).read(), 2);
    expect([bad.peak, good.peak]).toEqual([NaN, 2]);
    expect((await percentileRanges(x, { per: 'column' }, [0, 1])).slice(0, 2)).toEqual(Float64Array.of(-1, NaN));
  });
});
