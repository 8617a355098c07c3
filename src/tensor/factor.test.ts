import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { setDiagonalWhereDead } from './diagonal';
import { invertedFactor, jacobi } from './factor';
import * as reference from './reference/linalg';
import { matrix, multiply, transpose, type Matrix } from './reference/matrix';
import { inOnePiece } from './panels';
import { generate, scaleColumns } from './reference/rearrange';
import { Tensor } from './tensor';
import { expectClose, randomMatrix, relativeDifference, upload } from './testing';

const COLUMNS = [1, 5, 8, 31, 32, 33, 64, 100, 172, 200, 256];

/** Activations (tokens × columns) that Hessians are made of, from friendly to nasty. */
const INPUTS = {
  'independent columns': (cols: number) => randomMatrix(2 * cols + 5, cols, cols),
  'columns mixed to a condition of 1e6': (cols: number) => {
    const falling = matrix(
      1,
      cols,
      Float64Array.from({ length: cols }, (_, i) => 10 ** ((-3 * i) / cols)),
    );
    return multiply(scaleColumns(randomMatrix(2 * cols + 5, cols, cols), falling), randomMatrix(cols, cols, 7));
  },
  'fewer tokens than columns': (cols: number) => randomMatrix(Math.ceil(cols / 2), cols, cols),
  'outlier channels × 20 to 1000': (cols: number) => {
    const sizes = Float64Array.from({ length: cols }, (_, i) => (i % 17 === 3 ? [20, 100, 1000][i % 3] : 1));
    return scaleColumns(randomMatrix(2 * cols + 5, cols, cols), matrix(1, cols, sizes));
  },
  'dead columns': (cols: number) =>
    scaleColumns(
      randomMatrix(2 * cols + 5, cols, cols),
      generate(1, cols, (_, c) => (c % 9 === 4 ? 0 : 1)),
    ),
} satisfies Record<string, (cols: number) => Matrix>;
type Input = keyof typeof INPUTS;

function hessian(input: Input, cols: number): Matrix {
  return matrix(cols, cols, Float32Array.from(reference.gram(INPUTS[input](cols)).data));
}

/** H + λI. */
function damped(h: Matrix, damping: number): Matrix {
  const mean = reference.diagonal(h).data.reduce((sum, value) => sum + value, 0) / h.cols;
  return generate(h.rows, h.cols, (r, c) => h.data[r * h.cols + c] + (r === c ? damping * mean : 0));
}

/** |U Hd Uᵀ − I| and |UᵀU Hd − I|, the second measured in units of the columns (√Hd_jj), without which it has none. */
function residuals(u: Matrix, hd: Matrix): [number, number] {
  const n = u.cols;
  const units = reference.diagonal(hd).data.map(Math.sqrt);
  const inner = multiply(multiply(u, hd), transpose(u));
  const outer = multiply(multiply(transpose(u), u), hd);
  const scaled = generate(n, n, (r, c) => (outer.data[r * n + c] * units[r]) / units[c]);
  const identity = generate(n, n, (r, c) => (r === c ? 1 : 0)).data;
  return [relativeDifference(inner.data, identity), relativeDifference(scaled.data, identity)];
}

describe('inverted factor', async () => {
  const gpu = await testGpu();
  const cases = (Object.keys(INPUTS) as Input[]).flatMap((input) => COLUMNS.map((cols) => ({ input, cols })));

  it.each(cases)('of $cols columns, $input, leaves small residuals', async ({ input, cols }) => {
    const h = hessian(input, cols);
    const tensor = upload(gpu, h);
    const { u: onGpu, attempts } = await invertedFactor(tensor, { damping: 0.01 });
    expect(attempts).toEqual([{ damping: 0.01, device: 'gpu', clampedPivots: 0, firstPivot: null }]);
    const u = matrix(cols, cols, await onGpu.read());
    const upper = generate(cols, cols, (r, c) => (c < r ? 0 : u.data[r * cols + c]));
    expect(u.data).toEqual(upper.data);
    expect(reference.diagonal(u).data.every((value) => value > 0)).toBe(true);
    const [inner, outer] = residuals(u, damped(h, 0.01));
    expect(inner).toBeLessThan(5e-5);
    expect(outer).toBeLessThan(5e-5);
    await expectClose(inOnePiece(onGpu), reference.invertedFactor(h, 0.01).factor ?? matrix(cols, cols), 2e-5);
    await expectClose(tensor, h, 1e-12); // H is as it was
  });

  it.each([1, 9, 65, 200])('scales %i columns to a diagonal near one by powers of two', async (cols) => {
    const sizes = Float64Array.from({ length: cols }, (_, i) => 10 ** ((i % 13) - 6));
    const h = generate(cols, cols, (r, c) => (r === c ? Math.fround(sizes[r]) : 0.5));
    const scale = jacobi(upload(gpu, h), 0.01);
    const values = await scale.read();
    const [s, lambda] = [values.slice(0, cols), values.slice(cols)];
    const mean = reference.diagonal(h).data.reduce((sum, value) => sum + value, 0) / cols;
    for (const value of lambda) expect(Math.abs(value / (0.01 * mean) - 1)).toBeLessThan(1e-6);
    s.forEach((value, i) => {
      expect(Number.isInteger(Math.log2(value))).toBe(true);
      const scaled = (sizes[i] + lambda[i]) * value ** 2;
      expect(scaled).toBeGreaterThanOrEqual(0.5 - 1e-6);
      expect(scaled).toBeLessThan(2 + 1e-6);
    });
  });

  it('leaves what is not positive as it is', async () => {
    const h = generate(3, 3, (r, c) => (r === c ? [-1, 4, 0][r] : 0));
    expect([...(await jacobi(upload(gpu, h), 0).read())]).toEqual([1, 0.5, 1, 0, 0, 0]);
  });

  it('gives the same bytes twice, and the memory back', async () => {
    const h = upload(gpu, hessian('outlier channels × 20 to 1000', 172));
    const before = gpu.buffers.bytesInUse;
    const first = await invertedFactor(h, { damping: 0.01 });
    const second = await invertedFactor(h, { damping: 0.01 });
    expect(await second.u.read()).toEqual(await first.u.read());
    first.u.release();
    second.u.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('takes a damping of zero where H allows it', async () => {
    const h = hessian('independent columns', 100);
    const { u, attempts } = await invertedFactor(upload(gpu, h), { damping: 0 });
    expect(attempts).toHaveLength(1);
    const [inner, outer] = residuals(matrix(100, 100, await u.read()), h);
    expect(inner).toBeLessThan(5e-5);
    expect(outer).toBeLessThan(5e-5);
  });

  it('gives revived dead columns a row and a column of their own', async () => {
    const h = upload(gpu, hessian('dead columns', 33));
    setDiagonalWhereDead(h);
    const { u } = await invertedFactor(h, { damping: 0 });
    const values = await u.read();
    for (const column of [4, 13, 22, 31]) {
      expect(values[column * 33 + column]).toBeCloseTo(1, 6);
      expect(values.filter((value, i) => i % 33 === column && value !== 0)).toHaveLength(1);
    }
  });

  it.each([5, 33, 100, 256])(
    'detects that %i columns from half as many tokens have no factor undamped',
    async (cols) => {
      const h = upload(gpu, hessian('fewer tokens than columns', cols));
      const { damping, attempts } = await invertedFactor(h, { damping: 0 });
      expect(damping).toBe(0.01);
      expect(attempts.map((attempt) => [attempt.damping, attempt.device])).toEqual([
        [0, 'gpu'],
        [0, 'cpu-float64'],
        [0.01, 'gpu'],
      ]);
      expect(attempts[0].clampedPivots).toBeGreaterThan(0);
      expect(attempts[1].clampedPivots).toBe(1);
      // As many pivots as there are tokens are sound.
      expect(attempts[0].firstPivot).toBeGreaterThanOrEqual(Math.ceil(cols / 2));
    },
  );

  it('detects one column that repeats another', async () => {
    const x = randomMatrix(90, 40, 1);
    for (let t = 0; t < 90; t++) x.data[t * 40 + 7] = x.data[t * 40 + 30];
    const h = upload(gpu, matrix(40, 40, Float32Array.from(reference.gram(x).data)));
    const { damping, attempts } = await invertedFactor(h, { damping: 0 });
    expect(attempts[0]).toEqual({ damping: 0, device: 'gpu', clampedPivots: 1, firstPivot: 39 - 7 });
    expect(damping).toBe(0.01);
  });

  it('uses float64 on the CPU where only f32 fails, and says so', async () => {
    // Columns 2 and 5 correlate so closely that the pivot, 4.8e-7, is below f32's floor and above the rounding of H.
    const h = generate(8, 8, (r, c) => (r === c ? 1 : r + c === 7 && Math.abs(r - c) === 3 ? 1 - 2 ** -22 : 0));
    const { u, device, damping, attempts } = await invertedFactor(upload(gpu, h), { damping: 0 });
    expect([device, damping]).toEqual(['cpu-float64', 0]);
    expect(attempts[0]).toEqual({ damping: 0, device: 'gpu', clampedPivots: 1, firstPivot: 5 });
    expect(residuals(matrix(8, 8, await u.read()), h)[0]).toBeLessThan(1e-4);
  });

  it('raises the damping to ten times, then gives up in one sentence', async () => {
    const indefinite = upload(
      gpu,
      generate(12, 12, (r, c) => (r === c ? 1 : 2)),
    );
    const before = gpu.buffers.bytesInUse;
    await expect(invertedFactor(indefinite, { damping: 0.02 })).rejects.toMatchObject({
      code: 'QS-NUM-01',
      message:
        'The Hessian is not positive definite (pivot 2 of 12) at a damping of 2 %, 4 %, 10 %, 20 %: use more calibration text or more damping.',
      facts: { pivot: 2, columns: 12 },
    });
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it.each([NaN, Infinity, -Infinity])('refuses a Hessian that holds %d', async (value) => {
    const h = hessian('independent columns', 33);
    h.data[500] = value;
    await expect(invertedFactor(upload(gpu, h), { damping: 0.01 })).rejects.toMatchObject({
      code: 'QS-NUM-02',
      facts: { columns: 33, nonFinite: 1 },
    });
  });

  it.each([-0.01, NaN, Infinity])('refuses a damping of %d', async (damping) => {
    const h = Tensor.zeros(gpu, 4, 4);
    await expect(invertedFactor(h, { damping })).rejects.toMatchObject({ code: 'QS-RECIPE-01' });
  });
});
