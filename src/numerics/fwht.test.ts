import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { hadamardColumns, hadamardRows } from './fwht';
import { hadamardFactors, hadamardFrom, orderOf, type HadamardFactors } from './hadamard';
import { largestDifference, matmul, matrix, type Matrix } from './matrix';

const ORDERS = [1, 2, 4, 12, 20, 24, 52, 64, 96, 172, 352] as const;

function factorsOf(n: number): HadamardFactors {
  const factors = hadamardFactors(n);
  if (!factors) throw new Error(`no construction for ${n}`);
  return factors;
}

const whole = (factors: HadamardFactors): Matrix => {
  const n = orderOf(factors);
  return matrix(n, n, hadamardFrom(factors));
};

/** Integers in −1000 … 1000: sums of them are exact. */
function integers(rows: number, cols: number, seed: number): Matrix {
  const random = new Random(seed);
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, () => random.integer(2001) - 1000),
  );
}

describe('the fast transform', () => {
  it.each(ORDERS)('of order %i is the product with the whole matrix, on integers to the bit', (n) => {
    const factors = factorsOf(n);
    const [x, h] = [integers(3, n, n), whole(factors)];
    expect(hadamardRows(x, factors, { scale: 1 }).data).toEqual(matmul('nt', x, h).data);
    expect(hadamardRows(x, factors, { scale: 1, transposed: true }).data).toEqual(matmul('nn', x, h).data);
    const columns = integers(n, 3, n);
    expect(hadamardColumns(columns, factors, { scale: 1 }).data).toEqual(matmul('nn', h, columns).data);
  });

  it.each([...ORDERS, 5632, 11008, 29568, 2 ** 20])('of order %i there and back is n times what it was', (n) => {
    const x = integers(1, n, n);
    const factors = factorsOf(n);
    const back = hadamardRows(hadamardRows(x, factors, { scale: 1 }), factors, { scale: 1, transposed: true });
    expect(back.data.every((value, i) => value === n * x.data[i])).toBe(true);
  });

  it('keeps lengths by default', () => {
    const x = integers(1, 352, 1);
    const norm = (m: Matrix) => m.data.reduce((sum, value) => sum + value * value, 0);
    expect(norm(hadamardRows(x, factorsOf(352))) / norm(x)).toBeCloseTo(1, 13);
  });

  it('spreads one entry over all, with one size', () => {
    const x = matrix(1, 64);
    x.data[5] = 1;
    expect(hadamardRows(x, factorsOf(64)).data.every((value) => Math.abs(value) === 1 / 8)).toBe(true);
  });

  it('works on blocks from a column on and leaves the others', () => {
    const factors = factorsOf(12);
    const x = integers(4, 41, 3);
    const y = hadamardRows(x, factors, { first: 3, blocks: 3, scale: 1 });
    const h = whole(factors);
    for (let r = 0; r < 4; r++) {
      const row = (m: Matrix, from: number, count: number) => m.data.slice(r * 41 + from, r * 41 + from + count);
      expect(row(y, 0, 3)).toEqual(row(x, 0, 3));
      expect(row(y, 39, 2)).toEqual(row(x, 39, 2));
      for (let block = 0; block < 3; block++) {
        const part = matrix(1, 12, row(x, 3 + 12 * block, 12));
        expect(row(y, 3 + 12 * block, 12)).toEqual(matmul('nt', part, h).data);
      }
    }
  });

  it('refuses columns that hold no whole number of vectors', () => {
    const x = matrix(1, 30);
    expect(() => hadamardRows(x, factorsOf(12))).toThrow('2.5 Hadamard transforms of order 12');
    expect(() => hadamardRows(x, factorsOf(12), { first: 10, blocks: 2 })).toThrow('from 10 on among 30');
  });

  it('leaves its input as it was', () => {
    const x = integers(2, 12, 1);
    const before = Float64Array.from(x.data);
    hadamardRows(x, factorsOf(12));
    expect(largestDifference(x, matrix(2, 12, before))).toBe(0);
  });
});
