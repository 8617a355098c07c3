import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { cholesky, factorSize, invertLower, PivotStatus, type Pivots } from './cholesky';
import * as reference from './reference/linalg';
import { matrix, multiply, transpose, type Matrix } from './reference/matrix';
import { generate } from './reference/rearrange';
import type { Tensor } from './tensor';
import { randomMatrix, relativeDifference, upload } from './testing';

const SIZES = [32, 64, 96, 160, 256, 320];
const FLOOR = 1e-6;

/** A symmetric positive definite matrix with a diagonal near one, in f32. */
function definite(n: number): Matrix {
  const { data } = reference.gram(randomMatrix(2 * n, n, n, 1 / Math.sqrt(2 * n)));
  return matrix(n, n, Float32Array.from(data));
}

/** Factors in place, and reads what became of the pivots. */
async function factored(a: Tensor): Promise<Pivots> {
  const status = new PivotStatus(a.gpu, a.rows);
  cholesky(a, FLOOR, status);
  const pivots = await status.read();
  status.release();
  return pivots;
}

async function readLower(a: Tensor): Promise<Matrix> {
  const values = await a.read();
  return generate(a.rows, a.cols, (r, c) => (c <= r ? values[r * a.cols + c] : 0));
}

function identity(n: number): Matrix {
  return generate(n, n, (r, c) => (r === c ? 1 : 0));
}

describe('factorization', async () => {
  const gpu = await testGpu();

  it.each(SIZES)('of size %i: L Lᵀ = A, L⁻¹ L = I, and both equal their twins', async (n) => {
    const a = definite(n);
    const tensor = upload(gpu, a);
    expect(await factored(tensor)).toEqual({ clamped: 0, first: null, nonFinite: 0 });
    const l = await readLower(tensor);
    expect(relativeDifference(multiply(l, transpose(l)).data, a.data)).toBeLessThan(1e-6);
    const twin = reference.cholesky(a);
    expect(relativeDifference(l.data, twin.l?.data ?? [])).toBeLessThan(2e-6);

    invertLower(tensor);
    const inverse = await readLower(tensor);
    expect(relativeDifference(multiply(inverse, l).data, identity(n).data)).toBeLessThan(2e-6);
    expect(relativeDifference(inverse.data, reference.triangularInverse(l).data)).toBeLessThan(2e-6);
  });

  it('reads nothing above the diagonal', async () => {
    const a = definite(96);
    const spoiled = generate(96, 96, (r, c) => (c > r ? 1e30 : a.data[r * 96 + c]));
    const [clean, dirty] = [upload(gpu, a), upload(gpu, spoiled)];
    for (const tensor of [clean, dirty]) {
      await factored(tensor);
      invertLower(tensor);
    }
    expect((await readLower(dirty)).data).toEqual((await readLower(clean)).data);
  });

  it('gives the same bytes however small the work budget cuts it', async () => {
    const a = definite(160);
    const factorAndInvert = async () => {
      const tensor = upload(gpu, a);
      await factored(tensor);
      invertLower(tensor);
      return (await readLower(tensor)).data;
    };
    const whole = await factorAndInvert();
    const budget = gpu.workBudget;
    gpu.workBudget = 1;
    const pieces = await factorAndInvert();
    gpu.workBudget = budget;
    expect(pieces).toEqual(whole);
  });

  it.each([0, 31, 32, 77, 159])('counts the clamped pivot %i and names it as the first', async (bad) => {
    const a = definite(160);
    for (const other of [bad, 159]) a.data[other * 160 + other] = -1;
    const { clamped, first } = await factored(upload(gpu, a));
    expect(clamped).toBeGreaterThanOrEqual(bad === 159 ? 1 : 2);
    expect(first).toBe(bad);
    expect(reference.cholesky(a, FLOOR)).toEqual({ l: null, failedPivot: bad });
  });

  it('rounds sizes up, and refuses others', () => {
    expect([1, 32, 33, 172].map(factorSize)).toEqual([32, 32, 64, 192]);
    const status = new PivotStatus(gpu, 40);
    expect(() => cholesky(upload(gpu, randomMatrix(40, 40, 1)), FLOOR, status)).toThrow('size 40');
  });
});

describe('the float64 twins', () => {
  it.each([1, 2, 7, 64, 130])('of size %i have residuals near float64 rounding', (n) => {
    const a = definite(n);
    const l = reference.cholesky(a).l ?? matrix(n, n);
    expect(relativeDifference(multiply(l, transpose(l)).data, a.data)).toBeLessThan(1e-14);
    const residual = multiply(reference.triangularInverse(l), l).data;
    expect(relativeDifference(residual, identity(n).data)).toBeLessThan(1e-14);
  });

  it('name the first pivot that is not positive', () => {
    expect(reference.cholesky(matrix(3, 3, [4, 0, 0, 2, 1, 0, 0, 0, 1]))).toEqual({ l: null, failedPivot: 1 });
  });
});
