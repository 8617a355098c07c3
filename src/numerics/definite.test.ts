import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { definiteness } from './definite';
import { symmetricEigen } from './eigen';
import { matrix, multiply, transpose, type Matrix } from './matrix';

/** XᵀX of so many rows. */
function gram(rows: number, cols: number, seed: number, scale: (col: number) => number = () => 1): Matrix {
  const x = matrix(rows, cols, new Random(seed).normals(rows * cols));
  for (let i = 0; i < x.data.length; i++) x.data[i] *= scale(i % cols);
  return multiply(transpose(x), x);
}

describe('how far a matrix is from singular', () => {
  it.each([1, 2, 7, 24])('is what its eigenvalues say: %i columns', (cols) => {
    const a = gram(3 * cols, cols, cols, (col) => 1 + col);
    const { values } = symmetricEigen(a);
    const found = definiteness(a);
    expect(found.rank).toBe(cols);
    expect(found.largest / values[0]).toBeCloseTo(1, 1);
    expect((found.smallest ?? 0) / values[cols - 1]).toBeCloseTo(1, 1);
  });

  it('has no more rank than rows were added up, and none smallest then', () => {
    expect(definiteness(gram(5, 12, 1))).toMatchObject({ rank: 5, smallest: null });
    expect(definiteness(gram(40, 12, 2, (col) => (col === 3 || col === 7 ? 0 : 1)))).toMatchObject({ rank: 10 });
    expect(definiteness(matrix(4, 4))).toEqual({ rank: 0, largest: 0, smallest: null });
  });
});
