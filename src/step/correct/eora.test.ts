/** EoRA: the identities of its closed form, and whole runs on tiny networks. */
import { describe, expect, it } from 'vitest';
import { defaultOptions, type Options } from '../../method/parameters';
import { testGpu } from '../../gpu/testing/gpus';
import { decodeOnGpu } from '../../method/finish';
import { InputStatistics } from '../../method/statistics';
import type { Linear } from '../../model/architecture';
import { decodeQuantized, ledger, type QuantizedPart } from '../../quantizer/quantized';
import { storeSparse } from '../../quantizer/sparse';
import { dot, matrix, multiply, transpose, type Matrix } from '../../numerics/matrix';
import { symmetricEigen } from '../../numerics/eigen';
import { svd } from '../../numerics/svd';
import { plannedLedger } from '../../recipe/rows';
import { expectSameAgain, expectSound, runPipelines, TINY_NETWORKS } from '../../run/testing/pipelines';
import { calibrationTaps } from '../../run/testing/taps';
import { randomMatrix, relativeDifference, upload } from '../../tensor/testing';
import { ACTIVATION_PARAMETERS } from '../activations/activations.face';
import { formatOf, quantizer } from '../activations/activations';
import { rankOf } from '../rank-options';
import { eora } from './eora';
import { eoraFace } from './eora.face';

const gpu = await testGpu();

const LINEAR = { name: 'layer', index: 0 } as Linear;
const optionsOf = (given: Options): Options => ({ ...defaultOptions(eoraFace.parameters), ...given });
const square = (size: number, at: (r: number, c: number) => number) =>
  matrix(
    size,
    size,
    Float64Array.from({ length: size * size }, (_, i) => at(Math.floor(i / size), i % size)),
  );
const minus = (a: Matrix, b: ArrayLike<number>) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => value - b[i]),
  );
const loss = (delta: Matrix, h: Matrix) => dot(multiply(delta, h).data, delta.data);

/** XᵀX of inputs and (X̃ − X)ᵀX; and (X − X̂)ᵀX of what rounds them for the codes. */
interface Seen {
  readonly drift?: Matrix;
  readonly rounding?: Matrix;
}

/** The product that is added to Ŵ, rows × cols, with the GPU's memory as it was. */
async function product(w: Matrix, q: Matrix, h: Matrix, given: Options, { drift, rounding }: Seen = {}) {
  const before = gpu.buffers.bytesInUse;
  const statistics = InputStatistics.of(upload(gpu, h), drift ? upload(gpu, drift) : null);
  const branch = { inputs: statistics, rounding: rounding ? upload(gpu, rounding) : null };
  const [weight, solved] = [upload(gpu, w), upload(gpu, q)];
  // Q stands in the layer's codes where they are asked for: as columns that are all kept.
  const places = Array.from({ length: w.cols }, (_, c) => c);
  const form = { rows: w.rows, cols: w.cols, layout: 'columns', bits: 32, places } as const;
  const tensor: QuantizedPart = storeSparse(Float32Array.from(q.data), form);
  const quantized = { tensor, q: solved, damping: null, retries: 0, note: null };
  const means = () => Promise.reject(new Error('not asked'));
  const layer = { linear: LINEAR, weight, statistics, branch, q: solved, quantized, means };
  const { parts = [], bias } = (await eora.correct?.(layer, optionsOf(given))) ?? {};
  await statistics.release();
  for (const used of [weight, solved, branch.rounding]) used?.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
  expect(bias).toBeUndefined();
  expect(parts).toHaveLength(1);
  return { part: parts[0], values: decodeQuantized(parts[0]) };
}

/** XᵀX of correlated inputs, of fewer tokens than inputs where it is to be singular. */
function hessianOf(cols: number, tokens: number): Matrix {
  const x = multiply(randomMatrix(tokens, cols, 4), randomMatrix(cols, cols, 5));
  return multiply(transpose(x), x);
}

describe('EoRA', () => {
  it('takes the direction that the inputs weigh most: W = I, H = diag(9, 1)', async () => {
    const h = square(2, (r, c) => (r === c ? [9, 1][r] : 0));
    const w = square(2, (r, c) => (r === c ? 1 : 0));
    const { values } = await product(w, matrix(2, 2), h, { rank: 1 });
    expect(Array.from(values, Math.abs)).toEqual([1, 0, 0, 0]);
    expect(loss(minus(w, values), h)).toBe(1);
  });

  it('is the singular value decomposition where H = I, and leaves nothing at full rank', async () => {
    const [w, q] = [randomMatrix(24, 16, 1), randomMatrix(24, 16, 2, 0.1)];
    const eye = square(16, (r, c) => (r === c ? 1 : 0));
    const delta = minus(w, q.data);
    const { values } = await product(w, q, eye, { rank: 5 });
    const best = svd(delta)
      .sigma.slice(5)
      .reduce((sum, value) => sum + value ** 2, 0);
    expect(loss(minus(delta, values), eye) / best).toBeGreaterThan(1 - 1e-4);
    expect(loss(minus(delta, values), eye) / best).toBeLessThan(1.005);
    const whole = await product(w, q, eye, { rank: 16 });
    expect(loss(minus(delta, whole.values), eye)).toBeLessThan(1e-6 * loss(delta, eye));
    const none = await product(w, w, eye, { rank: 3 });
    expect(none.values.every((value) => value === 0)).toBe(true);
  });

  it('takes from the loss the largest eigenvalues of ΔHΔᵀ, as many as its rank', async () => {
    const [w, q] = [randomMatrix(20, 24, 1), randomMatrix(20, 24, 2, 0.1)];
    const h = hessianOf(24, 60);
    const delta = minus(w, q.data);
    const { values: modes } = symmetricEigen(multiply(multiply(delta, h), transpose(delta)));
    const before = modes.reduce((sum, value) => sum + value, 0);
    expect(before / loss(delta, h)).toBeCloseTo(1, 9);
    for (const rank of [1, 4, 9]) {
      const { values } = await product(w, q, h, { rank });
      const left = modes.slice(rank).reduce((sum, value) => sum + value, 0);
      const after = loss(minus(delta, values), h);
      expect(after / left).toBeGreaterThan(1 - 1e-4);
      expect(after / left).toBeLessThan(1.005);
    }
  });

  it('of nothing quantized is the network’s own directions: LoRD’s output covariance, ASVD’s weighted inputs', async () => {
    const w = randomMatrix(20, 24, 1);
    const h = hessianOf(24, 60);
    const rank = 5;
    // U_r of E[yyᵀ] = W H Wᵀ, in float64.
    const outputs = symmetricEigen(multiply(multiply(w, h), transpose(w)));
    const u = matrix(rank, 20, outputs.vectors.data.slice(0, rank * 20));
    const projected = multiply(transpose(u), multiply(u, w));
    // SVD_r(W·S)·S⁻¹ with S the square root of H is the same matrix.
    const own = symmetricEigen(h);
    const root = (power: number) => {
      const scaled = matrix(24, 24, own.vectors.data.map((value, i) => value * own.values[Math.floor(i / 24)] ** power)); // oxfmt-ignore
      return multiply(transpose(scaled), own.vectors);
    };
    const { u: left, sigma, v: right } = svd(multiply(w, root(0.5)));
    const directions = matrix(rank, 20, left.data.slice(0, rank * 20));
    const strengths = matrix(rank, 24, right.data.slice(0, rank * 24).map((value, i) => value * sigma[Math.floor(i / 24)])); // oxfmt-ignore
    const best = multiply(transpose(directions), strengths);
    expect(relativeDifference(multiply(best, root(-0.5)).data, projected.data)).toBeLessThan(1e-9);
    // What EoRA adds to nothing comes to its loss, and near it.
    const { values } = await product(w, matrix(20, 24), h, { rank });
    expect(loss(minus(w, values), h) / loss(minus(w, projected.data), h)).toBeCloseTo(1, 2);
    expect(loss(minus(projected, values), h)).toBeLessThan(0.05 * loss(projected, h));
  });

  it('takes no account of how H is scaled, and may have a singular one', async () => {
    const [w, q] = [randomMatrix(20, 32, 1), randomMatrix(20, 32, 2, 0.1)];
    const h = hessianOf(32, 12);
    const one = await product(w, q, h, { rank: 4 });
    const scaled = await product(
      w,
      q,
      matrix(
        32,
        32,
        h.data.map((value) => 16 * value),
      ),
      { rank: 4 },
    );
    expect(scaled.values).toEqual(one.values);
    const delta = minus(w, q.data);
    const plain = await product(
      w,
      q,
      square(32, (r, c) => (r === c ? 1 : 0)),
      { rank: 4 },
    );
    expect(loss(minus(delta, one.values), h)).toBeLessThan(loss(minus(delta, plain.values), h));
  });

  it('brings the layer to what it makes of the full-precision stream, where the target is asymmetric', async () => {
    // X 16 inputs × 64 tokens of the row, X̃ of the full-precision stream: H = XXᵀ, D = (X̃ − X)Xᵀ.
    const x = randomMatrix(16, 64, 1);
    const full = minus(x, randomMatrix(16, 64, 2, 0.2).data);
    const [w, q] = [randomMatrix(12, 16, 3), randomMatrix(12, 16, 4, 0.5)];
    const h = multiply(x, transpose(x));
    const drift = multiply(minus(full, x.data), transpose(x));
    const error = (values: ArrayLike<number>) => {
      const mended = multiply(
        matrix(
          12,
          16,
          q.data.map((value, i) => value + values[i]),
        ),
        x,
      );
      const left = minus(multiply(w, full), mended.data);
      return dot(left.data, left.data);
    };
    const given = { rank: 12, damping: 1e-6 };
    const symmetric = await product(w, q, h, given);
    const asymmetric = await product(w, q, h, { ...given, target: 'asymmetric' }, { drift });
    expect(error(asymmetric.values)).toBeLessThan(0.9 * error(symmetric.values));
    // At full rank the outputs' error is orthogonal to the inputs: nothing linear in X is left.
    const mended = multiply(
      matrix(
        12,
        16,
        q.data.map((value, i) => value + asymmetric.values[i]),
      ),
      x,
    );
    const left = multiply(minus(multiply(w, full), mended.data), transpose(x));
    const size = multiply(multiply(w, full), transpose(x));
    expect(
      relativeDifference(
        Array.from(left.data, (value, i) => value + size.data[i]),
        size.data,
      ),
    ).toBeLessThan(2e-3);
  });

  it('is fitted to inputs as the factors read them, before the codes’ are rounded', async () => {
    // Inputs × tokens: X of the row, X̂ as its codes read it, X̃ of the full-precision stream.
    const x = randomMatrix(16, 64, 1);
    const rounded = matrix(16, 64, x.data.map(Math.round));
    const full = minus(x, randomMatrix(16, 64, 2, 0.2).data);
    const [w, q] = [randomMatrix(12, 16, 3), randomMatrix(12, 16, 4, 0.5)];
    const gram = (a: Matrix) => multiply(a, transpose(x));
    const h = gram(x);
    const seen = { drift: gram(minus(full, x.data)), rounding: gram(minus(x, rounded.data)) };
    const leftOf = (target: Matrix, values: ArrayLike<number>) => {
      const codes = minus(multiply(w, target), multiply(q, rounded).data);
      return minus(codes, multiply(matrix(12, 16, Float64Array.from(values)), x).data);
    };
    // Symmetric: of W·X − Q·X̂ all that Δ·X was is gone, and Q·(X − X̂) is left.
    const symmetric = await product(w, q, h, { rank: 12 }, seen);
    const error = multiply(q, minus(x, rounded.data));
    expect(relativeDifference(leftOf(x, symmetric.values).data, error.data)).toBeLessThan(2e-3);
    // Asymmetric: nothing linear in X is left.
    const given = { rank: 12, damping: 1e-6, target: 'asymmetric' };
    const asymmetric = await product(w, q, h, given, seen);
    const size = gram(multiply(w, full));
    const left = gram(leftOf(full, asymmetric.values));
    const of = (values: Float64Array) => Math.hypot(...values);
    expect(of(left.data) / of(size.data)).toBeLessThan(2e-3);
    // What rounding takes is part of it.
    const without = await product(w, q, h, given, { drift: seen.drift });
    expect(of(gram(leftOf(full, without.values)).data) / of(size.data)).toBeGreaterThan(5e-3);
  });

  it.each([
    { rank: null, budget: 0.5, factorBits: '16' },
    { rank: null, budget: 1, factorBits: '8' },
    { rank: 3, budget: 0.5, factorBits: '8' },
    { rank: 99, budget: 0.5, factorBits: '16' },
  ])('takes what its face says it takes: %o', async (given) => {
    const options = optionsOf(given);
    const [w, q] = [randomMatrix(40, 24, 1), randomMatrix(40, 24, 2)];
    const { part } = await product(w, q, hessianOf(24, 30), options);
    expect(ledger(part)).toEqual(eoraFace.storage?.(options, 40, 24));
    expect(rankOf(options, 40, 24)).toBeLessThanOrEqual(24);
  });
});

const RTN = { step: 'rtn', options: { bits: 3 } };

describe.each(TINY_NETWORKS)('EoRA on a tiny %s', (name) => {
  it('mends what rounding took, at the size that was planned, and gives the same again', async () => {
    const run = await runPipelines(gpu, name, [
      [RTN],
      [RTN, { step: 'eora', options: { budget: 2 } }],
      [
        { step: 'gptq', options: { bits: 3 } },
        { step: 'eora', options: { rank: 2, factorBits: '8', target: 'asymmetric' } },
      ],
    ]);
    expectSound(run);
    for (const { index, rows, cols } of run.prepared.linears) {
      const [plain, mended, gptq] = await Promise.all([0, 1, 2].map((row) => run.store.loadLayer(row, index)));
      const { tensor } = mended ?? {};
      if (tensor?.kind !== 'sum' || !plain || !mended || !gptq?.tensor) throw new Error('no sum');
      expect(tensor.parts.map(({ kind }) => kind)).toEqual(['affine', 'factors']);
      expect(ledger(gptq.tensor)).toEqual(plannedLedger(run.prepared.rows[2], { rows, cols }));
      // Until a layer's inputs differ, its codes are those of the plain row.
      if (index === 0) expect(tensor.parts[0]).toEqual(plain.tensor);
      const q = decodeOnGpu(gpu, tensor);
      expect(Array.from(await q.read())).toEqual(Array.from(decodeQuantized(tensor)));
      q.release();
      const [before, after] = [plain, mended].map(({ result }) => result.errors.hessian ?? 0);
      if (index === 0) expect(after).toBeLessThan(before);
    }
    await expectSameAgain(gpu, run);
  });
});

describe('EoRA beside inputs that are rounded', () => {
  it('leaves nothing of the outputs that factors could still mend, at full rank', async () => {
    const steps = [
      { step: 'activations', options: { bits: 3 } },
      RTN,
      { step: 'eora', options: { rank: 1024, target: 'asymmetric', damping: 1e-6 } },
    ];
    const run = await runPipelines(gpu, 'gpt2', [steps]);
    expectSound(run);
    const { prepared, store } = run;
    const row = prepared.rows.length - 1;
    const format = formatOf({ ...defaultOptions(ACTIVATION_PARAMETERS), bits: 3 });
    const full = await calibrationTaps(gpu, prepared, null);
    const own = await calibrationTaps(gpu, prepared, {
      row,
      store,
      quantizer: (cols) => quantizer(cols, format, null),
    });
    for (const { name, index, weight, layout, rows, cols } of prepared.linears) {
      const tensor = (await store.loadLayer(row, index))?.tensor;
      const [before, after] = [full.get(name), own.get(name)];
      if (tensor?.kind !== 'sum' || !before || !after) throw new Error('not stored');
      const values = await prepared.views[0].current.source.read(weight);
      const w = layout === 'out-in' ? matrix(rows, cols, values) : transpose(matrix(cols, rows, values));
      const outputs = (x: Matrix, of: Matrix) => multiply(of, transpose(x));
      const [codes, factors] = tensor.parts.map((part) => matrix(rows, cols, [...decodeQuantized(part)]));
      const wanted = outputs(before.tap, w);
      const left = minus(minus(wanted, outputs(after.rounded, codes).data), outputs(after.tap, factors).data);
      const size = (of: Matrix) => Math.sqrt(dot(multiply(of, after.tap).data, multiply(of, after.tap).data));
      expect(size(left) / size(wanted)).toBeLessThan(5e-3);
    }
  });
});
