/** Kurtosis by column: by hand, far from zero, in any pieces, and where there is none. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { ColumnMoments } from './column-moments';
import { hostScanner } from './host-scanner';
import { statisticsOf } from './statistics';
import { tensorOf } from './testing';

function whole(rows: number, cols: number, values: Float32Array<ArrayBuffer>): Float64Array {
  const moments = ColumnMoments.of(rows, cols);
  moments?.add({ row: 0, col: 0, rows, cols, values });
  return moments?.kurtosis() ?? new Float64Array();
}

/** In two passes, as the formula is written. */
function plain(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((sum, x) => sum + x, 0) / finite.length;
  const moment = (k: number) => finite.reduce((sum, x) => sum + (x - mean) ** k, 0) / finite.length;
  return moment(4) / moment(2) ** 2;
}

const column = (values: ArrayLike<number>, cols: number, c: number) =>
  Array.from({ length: values.length / cols }, (_, r) => values[r * cols + c]);

describe('kurtosis by column', () => {
  it('is that of two passes, also where a mean is a thousand spreads away, a tail heavy or a value not finite', () => {
    const [rows, cols] = [500, 6];
    const values = Float32Array.from(new Random(3).normals(rows * cols, 1), (x, i) => {
      const c = i % cols;
      if (c === 1) return 1000 + x;
      if (c === 2) return x ** 5;
      if (c === 3) return 1e-30 * x;
      if (c === 4) return 1e30 * x;
      return i % 7 === 0 && c === 5 ? [NaN, Infinity, -Infinity][i % 3] : x;
    });
    const found = whole(rows, cols, values);
    for (let c = 0; c < cols; c++) {
      const expected = plain(column(values, cols, c));
      expect(Math.abs(found[c] / expected - 1), `column ${c}`).toBeLessThan(1e-8);
    }
    expect(found[2]).toBeGreaterThan(20);
  });

  it('is 1 for two values as often, and not there without a spread or without a finite value', () => {
    const values = Float32Array.from([5, 0.1, NaN, 0, -5, 0.1, Infinity, 0, 5, 0.1, NaN, 0, -5, 0.1, NaN, 0]);
    const found = whole(4, 4, values);
    expect(found[0]).toBeCloseTo(1, 12);
    expect([...found.slice(1)]).toEqual([NaN, NaN, NaN]);
  });

  it('does not depend on the pieces, to the bit, and is pooled by the largest where there are many columns', async () => {
    const [rows, cols] = [5, 17_000];
    const info = tensorOf([rows, cols], Float32Array.from(new Random(5).normals(rows * cols, 0.02)));
    const one = await statisticsOf(info, hostScanner);
    expect((await statisticsOf(info, hostScanner, {}, 7_000)).columnKurtosis).toEqual(one.columnKurtosis);
    const found = one.columnKurtosis;
    if (!found) throw new Error('no kurtosis');
    expect(found).toMatchObject({ count: cols, width: 2 });
    expect(found.values).toHaveLength(cols / 2);
    expect(Math.max(...found.values)).toBe(Math.fround(found.largest?.kurtosis ?? NaN));
    expect(found.median).toBeGreaterThan(1);
    expect(found.median ?? NaN).toBeLessThan(found.largest?.kurtosis ?? NaN);
  });

  it('is not told of one row, or of more columns than there is room for', () => {
    expect(ColumnMoments.of(1, 9)).toBeNull();
    expect(ColumnMoments.of(3, 2 ** 18 + 1)).toBeNull();
  });
});
