/** What learned and fixed rotations are made of, there and back: Hadamard, Kronecker, Cayley, products, and diagonals. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { hadamardRows } from '../numerics/fwht';
import { hadamardFactors } from '../numerics/hadamard';
import * as dense from '../numerics/matrix';
import * as twin from '../numerics/orthogonal';
import { cayleyBound, cayleyMap, orthogonalityDefect } from '../tensor/cayley';
import { Hadamard } from '../tensor/hadamard';
import { Tensor } from '../tensor/tensor';
import { randomMatrix, relativeDifference, upload } from '../tensor/testing';
import { cayley } from './cayley';
import { hadamard } from './hadamard';
import { kronecker } from './kronecker';
import { matmul, transpose } from './matmul';
import { gateRows } from './modulation';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

describe('rotations', async () => {
  const gpu = await testGpu();

  it.each([
    [3, 8, 8, {}],
    [5, 12, 12, {}],
    [4, 12, 30, { first: 5, blocks: 2 }],
    [2, 24, 48, { transposed: true }],
    [2, 4, 9, { scale: 0.3, first: 1 }],
  ] as const)('go back through the Hadamard transform of %i rows by order %i', async (rows, order, cols, use) => {
    const factors = hadamardFactors(order);
    if (!factors) throw new Error(`no construction for ${order}`);
    const h = new Hadamard(gpu, factors);
    // The signs are uploaded once, and are the operation's own.
    for (const transposed of [false, true]) h.rows(upload(gpu, randomMatrix(1, order, 1)), { transposed }).release();
    await expectGradients(gpu, {
      inputs: [randomMatrix(rows, cols, 1)],
      operation: (tape, [x]) => hadamard(tape, x, h, use),
      twin: ([x]) => hadamardRows(x, factors, use),
    });
  });

  /** Rows, then the shapes of A and B. */
  it.each([
    [1, [1, 1], [1, 1]],
    [3, [2, 2], [3, 3]],
    [9, [8, 8], [8, 8]],
    [5, [11, 11], [4, 4]],
    [17, [3, 5], [7, 2]],
    [4, [16, 16], [22, 22]],
  ] as const)('go back through the Kronecker product on %i rows, A of %o and B of %o', async (rows, a, b) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(rows, a[0] * b[0], 1), randomMatrix(a[0], a[1], 2), randomMatrix(b[0], b[1], 3)],
      operation: (tape, [x, a, b]) => kronecker(tape, x, a, b),
      twin: ([x, a, b]) => dense.multiply(x, dense.kronecker(a, b)),
    });
  });

  it('send nothing back through a Kronecker product where nothing is asked for', async () => {
    for (const wanted of [[0], [1], [2]]) {
      await expectGradients(gpu, {
        inputs: [randomMatrix(5, 12, 1), randomMatrix(3, 3, 2), randomMatrix(4, 4, 3)],
        operation: (tape, [x, a, b]) => kronecker(tape, x, a, b),
        twin: ([x, a, b]) => dense.multiply(x, dense.kronecker(a, b)),
        wanted,
      });
    }
    const tape = new Tape(gpu);
    const [x, a, b] = [randomMatrix(5, 13, 1), randomMatrix(3, 3, 2), randomMatrix(4, 4, 3)].map((input) =>
      tape.constant(upload(gpu, input)),
    );
    expect(() => kronecker(tape, x, a, b)).toThrow('rows of 13 times (3 × 3) ⊗ (4 × 4)');
  });

  it.each([1, 2, 3, 8, 17, 32, 33])('go back through the Cayley map of order %i', async (n) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(n, n, 4, 1 / Math.sqrt(n))],
      operation: (tape, [p]) => cayley(tape, p),
      twin: ([p]) => twin.cayley(twin.skewPart(p)),
    });
  });

  /** A skew matrix with one plane of singular value `sigma` and all others of `others`, in a random basis. */
  const skew = (n: number, sigma: number, others: number): dense.Matrix => {
    const turns = dense.matrix(n, n);
    for (let i = 0; i + 1 < n; i += 2) {
      turns.data[i * n + i + 1] = i === 0 ? sigma : others;
      turns.data[(i + 1) * n + i] = i === 0 ? -sigma : -others;
    }
    const basis = twin.randomOrthogonal(n, 3);
    return dense.matrix(n, n, Float32Array.from(dense.matmul('nt', dense.multiply(basis, turns), basis).data));
  };

  it.each([
    [2, 1, 1],
    [16, 0.01, 0.01],
    [64, 1, 0.3],
    [64, 30, 30],
    [64, 100, 0.3],
    [64, 1000, 0.3],
    [100, 100, 100],
    [128, 1, 0.5],
  ])('are exact enough by Cayley: order %i, σ = %d, else %d', async (n, sigma, others) => {
    const p = skew(n, sigma, others);
    const tensor = upload(gpu, p);
    const { q, inverse } = cayleyMap(tensor);
    const values = dense.matrix(n, n, await q.read());
    expect(dense.largestDifference(values, twin.cayley(twin.skewPart(p)))).toBeLessThan(cayleyBound(sigma));
    expect(dense.orthogonalityDefect(values)).toBeLessThan(cayleyBound(sigma));
    expect(await orthogonalityDefect(q)).toBeLessThan(n * cayleyBound(sigma));
    for (const made of [q, inverse, tensor]) made.release();
  });

  it('are orthogonal by Cayley at order 512', async () => {
    // The entries' deviation gives a largest singular value of about 1; the norm sums over 512² entries.
    const { q } = cayleyMap(upload(gpu, randomMatrix(512, 512, 5, 1 / 32)));
    expect(await orthogonalityDefect(q)).toBeLessThan(512 * cayleyBound(1));
  });

  it('tell where f32 cannot hold a turn', async () => {
    const { q } = cayleyMap(upload(gpu, skew(64, 1e4, 0.3)));
    // Nothing that is below any bound: NaN, or large.
    expect((await orthogonalityDefect(q)) < 1e-3).toBe(false);
  });

  it('say that a matrix is not orthogonal, or no number', async () => {
    expect(await orthogonalityDefect(upload(gpu, dense.matrix(2, 2, [2, 0, 0, 1])))).toBe(3);
    expect(await orthogonalityDefect(upload(gpu, dense.matrix(1, 1, [NaN])))).toBeNaN();
    const { q } = cayleyMap(upload(gpu, dense.matrix(2, 2, [0, NaN, 0, 0])));
    expect(await orthogonalityDefect(q)).toBeNaN();
    expect(() => cayleyMap(upload(gpu, randomMatrix(2, 3, 1)))).toThrow('a Cayley map of 2 × 3');
  });

  it.each([
    ['nn', [5, 7], [7, 3]],
    ['nt', [5, 7], [3, 7]],
    ['tn', [7, 5], [7, 3]],
    ['nn', [9, 17], [17, 33]],
  ] as const)('go back through both sides of a product: %s', async (form, a, b) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(a[0], a[1], 1), randomMatrix(b[0], b[1], 2)],
      operation: (tape, [a, b]) => matmul(tape, form, a, b),
      twin: ([a, b]) => dense.matmul(form, a, b),
    });
  });

  it('go back through a transposition', async () => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(9, 5, 1)],
      operation: (tape, [x]) => transpose(tape, x),
      twin: ([x]) => dense.transpose(x),
    });
  });

  it('flip signs and scale by powers of two to the bit, there and back', async () => {
    const [x, g] = [randomMatrix(9, 13, 1), randomMatrix(9, 13, 2)];
    const factors = Float32Array.from(twin.randomSigns(13, 3), (sign, c) => sign * 2 ** ((c % 5) - 2));
    const [input, s] = [new Parameter(upload(gpu, x)), Tensor.from(gpu, 1, 13, factors)];
    const tape = new Tape(gpu);
    const y = gateRows(tape, input, tape.constant(s), 9);
    tape.backward(y, upload(gpu, g));
    const scaled = (m: dense.Matrix) => Float32Array.from(m.data, (value, i) => value * factors[i % 13]);
    expect(await y.value.read()).toEqual(scaled(x));
    expect(await input.grad?.read()).toEqual(scaled(g));
    expect(relativeDifference(await input.value.read(), x.data)).toBe(0);
  });
});
