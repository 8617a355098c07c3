/** Learned grids on the tape: against central differences of what their gradients stand for, and the identities that must hold exactly. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { settledRoundings, softStart, roundedCodes, type ClipSpec, type RoundingSpec } from '../tensor/learned-grid';
import {
  clippedGridReference,
  roundedCodesReference,
  roundedReference,
  softRounding,
  softStartReference,
  surrogate,
  undecidedReference,
} from '../tensor/reference/learned-grid';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';
import { expectClose, randomMatrix, upload } from '../tensor/testing';
import { clippedGrid, roundedWeights, undecided } from './learned-grid';
import { scalarsOf } from './loss';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

const gpu = await testGpu();

/** rows, cols, columns a group: single ones, ragged groups, a group of several pieces. */
const SHAPES = [
  [1, 1, 1],
  [5, 9, 9],
  [9, 17, 8],
  [3, 300, 300],
  [13, 140, 137],
] as const;

/** Scales and zeros such that some weights are clamped, and no value within a hair of where it would be rounded or judged otherwise. */
function example(rows: number, cols: number, size: number, bits: number, seed = 1) {
  const groups = Math.ceil(cols / size);
  const random = new Random(seed);
  const top = 2 ** bits - 1;
  const grid = matrix(rows, 2 * groups);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < groups; group++) {
      grid.data[row * 2 * groups + group] = 0.05 + 0.1 * random.uniform();
      grid.data[row * 2 * groups + groups + group] = Math.floor(top * random.uniform()) + 0.3;
    }
  }
  const latent = matrix(rows, cols);
  const weight = matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, (_, at) => {
      const cell = Math.floor(at / cols) * 2 * groups + Math.floor((at % cols) / size);
      const level = Math.floor((top + 6) * random.uniform()) - 3 - Math.round(grid.data[cell + groups]);
      const rest = 0.1 + 0.25 * random.uniform() + (random.uniform() < 0.5 ? 0.5 : 0);
      latent.data[at] = 0.8 * rest - 0.5;
      return grid.data[cell] * (level + rest);
    }),
  );
  // As the GPU has them.
  for (const { data } of [grid, latent, weight]) data.forEach((value, i) => (data[i] = Math.fround(value)));
  return { weight, grid, latent, groups, top };
}

describe('weights on learned grids', () => {
  const FORMS: readonly Pick<RoundingSpec, 'form' | 'decide'>[] = [
    { form: 'nearest' },
    { form: 'nearest', decide: 'real' },
    { form: 'soft' },
    { form: 'added' },
    { form: 'codes' },
  ];

  for (const [rows, cols, size] of SHAPES) {
    it.each(FORMS)(`$form $decide at ${rows} × ${cols} in groups of ${size}`, async (how) => {
      for (const bits of [2, 4]) {
        const { weight: real, grid, latent: free } = example(rows, cols, size, bits);
        const spec: RoundingSpec = { ...how, bits, size };
        const asks = spec.form === 'soft' || spec.form === 'added';
        const latent = asks ? free : null;
        const weight =
          spec.form === 'codes'
            ? roundedCodesReference({ weight: real, grid, latent }, { ...spec, form: 'nearest' })
            : real;
        const near = surrogate({ weight, grid, latent }, spec);
        await expectGradients(gpu, {
          inputs: [weight, grid, free],
          wanted: spec.form === 'nearest' ? [0, 1] : asks ? [1, 2] : [1],
          operation: (tape, [w, s, v]) => roundedWeights(tape, { weight: w, grid: s, latent: asks ? v : null }, spec),
          twin: ([w, s, v]) => near({ weight: w, grid: s, latent: asks ? v : null }),
          tolerance: 1e-5,
        });
        await expectClose(
          roundedCodes(
            { weight: upload(gpu, weight), grid: upload(gpu, grid), latent: latent && upload(gpu, latent) },
            spec,
          ),
          roundedCodesReference({ weight, grid, latent }, spec),
          1e-5,
        );
      }
    });
  }

  async function slopes(weight: Matrix, grid: Matrix, spec: RoundingSpec, g: Matrix) {
    const tape = new Tape(gpu);
    const [w, s] = [new Parameter(upload(gpu, weight)), new Parameter(upload(gpu, grid))];
    const y = roundedWeights(tape, { weight: w, grid: s, latent: null }, spec);
    const value = await y.value.read();
    tape.backward(y, upload(gpu, g));
    const [dw, ds] = await Promise.all([(w.grad as Tensor).read(), (s.grad as Tensor).read()]);
    tape.release();
    return { value, dw, ds };
  }

  it('leaves weights on the grid as they are, with all of the gradient and none to their scale', async () => {
    const weight = matrix(
      2,
      4,
      Float64Array.from([-2, -1, 0, 1, 1, 0, -2, -1]).map((k) => k * 0.25),
    );
    const grid = matrix(2, 2, Float64Array.from([0.25, 2, 0.25, 2]));
    const g = randomMatrix(2, 4, 3);
    const { value, dw, ds } = await slopes(weight, grid, { form: 'nearest', bits: 2, size: 4 }, g);
    expect([...value]).toEqual([...weight.data]);
    expect(dw).toEqual(Float32Array.from(g.data));
    expect([...ds]).toEqual([0, 0, 0, 0]);
  });

  it('gives saturated weights no gradient, and the scale what their level is', async () => {
    const weight = matrix(1, 3, Float64Array.of(9, -9, 9));
    const grid = matrix(1, 2, Float64Array.of(0.5, 2));
    const { value, dw, ds } = await slopes(
      weight,
      grid,
      { form: 'nearest', bits: 2, size: 3 },
      matrix(1, 3, Float64Array.of(1, 2, 4)),
    );
    expect([...value]).toEqual([0.5, -1, 0.5]);
    expect([...dw]).toEqual([0, 0, 0]);
    // Σ g (c − z), and −s Σ g.
    expect([...ds]).toEqual([1 * 1 + 2 * -2 + 4 * 1, -0.5 * 7]);
  });

  it('counts a weight at the bound that it is rounded to as inside, or as outside where it is judged before', async () => {
    // v = 1.3 is rounded to the last level, 1.
    const weight = matrix(1, 1, Float64Array.of(1.3));
    const grid = matrix(1, 2, Float64Array.of(1, 2));
    const one = matrix(1, 1, Float64Array.of(1));
    for (const [decide, inside] of [
      ['rounded', 1],
      ['real', 0],
    ] as const) {
      const { dw } = await slopes(weight, grid, { form: 'nearest', bits: 2, size: 1, decide }, one);
      expect([...dw]).toEqual([inside]);
    }
  });

  it('is homogeneous of the first degree: ⟨∂w, w⟩ + s ∂s = ⟨g, ŵ⟩', async () => {
    const { weight, grid } = example(9, 40, 40, 3);
    const g = randomMatrix(9, 40, 5);
    const { value, dw, ds } = await slopes(weight, grid, { form: 'nearest', bits: 3, size: 40 }, g);
    for (let row = 0; row < 9; row++) {
      const sum = (f: (at: number) => number) =>
        Array.from({ length: 40 }, (_, c) => f(row * 40 + c)).reduce((a, b) => a + b, 0);
      const left = sum((at) => dw[at] * weight.data[at]) + grid.data[2 * row] * ds[2 * row];
      const right = sum((at) => g.data[at] * value[at]);
      expect(Math.abs(left - right)).toBeLessThan(1e-5 * sum((at) => Math.abs(g.data[at] * value[at])));
    }
  });

  it('is nearly the identity with 16 bits', async () => {
    const weight = randomMatrix(5, 33, 2, 1);
    const grid = matrix(
      5,
      2,
      Float64Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? 2 ** -12 : 2 ** 15)),
    );
    const g = randomMatrix(5, 33, 3);
    const { value, dw } = await slopes(weight, grid, { form: 'nearest', bits: 16, size: 33 }, g);
    value.forEach((one, i) => expect(Math.abs(one - weight.data[i])).toBeLessThanOrEqual(2 ** -13 * 1.001));
    expect(dw).toEqual(Float32Array.from(g.data));
  });
});

describe('soft roundings', () => {
  it('begin at the weight inside the grid, and on the side of the nearest level', async () => {
    const { weight, grid } = example(9, 40, 16, 3);
    // Ties and levels themselves.
    weight.data.set([0, 0.5, 1.5, 2.5, -0.5, -1.5, 1, 2].map((k) => k * grid.data[0]));
    const onGpu = { weight: upload(gpu, weight), grid: upload(gpu, grid) };
    const spec = { bits: 3, size: 16 };
    const latent = softStart(onGpu.weight, onGpu.grid, spec);
    const [soft, hard, nearest] = await Promise.all([
      roundedCodes({ ...onGpu, latent }, { ...spec, form: 'soft' }).read(),
      roundedCodes({ ...onGpu, latent }, { ...spec, form: 'hard' }).read(),
      roundedCodes({ ...onGpu, latent: null }, { ...spec, form: 'nearest' }).read(),
    ]);
    expect(hard).toEqual(nearest);
    const groups = grid.cols / 2;
    let inside = 0;
    weight.data.forEach((w, at) => {
      const cell = Math.floor(at / 40) * grid.cols + Math.floor((at % 40) / 16);
      const level = w / grid.data[cell] + Math.round(grid.data[cell + groups]);
      if (level < 0 || level > 7) return;
      inside++;
      expect(Math.abs(soft[at] - level)).toBeLessThan(1e-4);
    });
    expect(inside).toBeGreaterThan(100);
  });

  it('begin where the hand case says: w = 2.3 of scale 1 at α = −0.693, h = 0.3', async () => {
    const [w, s] = [upload(gpu, matrix(1, 1, Float64Array.of(2.3))), upload(gpu, matrix(1, 2, Float64Array.of(1, 0)))];
    const [alpha] = await softStart(w, s, { bits: 3, size: 1 }).read();
    expect(alpha).toBeCloseTo(-Math.LN2, 5);
    expect(alpha).toBeCloseTo(softStartReference(2.3), 5);
    expect(softRounding(alpha)).toBeCloseTo(0.3, 6);
  });

  it.each([2, 7.5, 20])('have the regulariser Σ (1 − |2h − 1|^β), β %d', async (beta) => {
    const latent = randomMatrix(9, 17, 4, 2);
    await expectGradients(gpu, {
      inputs: [latent],
      operation: (tape, [v]) => undecided(tape, v, beta, 0.3),
      twin: ([v]) => matrix(1, 1, Float64Array.of(0.3 * undecidedReference(v, beta))),
    });
  });

  it('have one that averages β / (β + 1) over uniform h, and share what has settled', async () => {
    const count = 4000;
    const h = Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count);
    const latent = upload(
      gpu,
      matrix(
        40,
        100,
        h.map((h) => -Math.log(1.2 / (h + 0.1) - 1)),
      ),
    );
    const tape = new Tape(gpu, { recording: false });
    for (const beta of [2, 8, 20]) {
      const [sum] = await scalarsOf(undecided(tape, tape.constant(latent), beta, 1 / count));
      expect(sum).toBeCloseTo(beta / (beta + 1), 4);
    }
    tape.release();
    const scalars = new Scalars(gpu);
    scalars.sumOfSquares(settledRoundings(latent));
    expect(await scalars.read()).toEqual([h.filter((h) => Math.abs(h - 0.5) > 0.49).length]);
  });

  it('reach what no rounding to the nearest does where inputs go together', async () => {
    // tr(ΔHΔᵀ) with H of ones: (Σ Δ)².
    const weight = matrix(1, 2, Float64Array.of(0.4, 0.4));
    const grid = matrix(1, 2, Float64Array.of(1, 0));
    const error = (latent: readonly number[] | null) => {
      const of = { weight, grid, latent: latent && matrix(1, 2, Float64Array.from(latent)) };
      const { data } = roundedReference(of, { form: latent ? 'hard' : 'nearest', bits: 2, size: 2 });
      return (0.8 - data[0] - data[1]) ** 2;
    };
    expect(error(null)).toBeCloseTo(0.64, 9);
    expect(error([1, -1])).toBeCloseTo(0.04, 9);
  });
});

describe('clipped ranges', () => {
  const reach = matrix(
    5,
    4,
    Float64Array.from({ length: 20 }, (_, i) => (i % 4 < 2 ? -0.3 - 0.01 * i : 0.25 + 0.013 * i)),
  );
  const specs: ClipSpec[] = [true, false].flatMap((sigmoid) =>
    [true, false].map((symmetric) => ({ bits: 3, symmetric, sigmoid, zeroSlopes: true })),
  );

  it.each(specs)('make a grid: symmetric $symmetric, sigmoid $sigmoid', async (spec) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(5, 4, 3, 0.1)].map((m) =>
        matrix(
          5,
          4,
          m.data.map((x) => 0.8 + x),
        ),
      ),
      operation: (tape, [f]) => clippedGrid(tape, tape.keep(upload(gpu, reach)), f, spec),
      twin: ([f]) => clippedGridReference(reach, f, spec),
    });
  });

  it('pass nothing by their zeros where the released code passes nothing', async () => {
    const spec = { bits: 3, symmetric: false, sigmoid: true, zeroSlopes: false };
    const factors = new Parameter(upload(gpu, matrix(5, 4, new Float64Array(20).fill(4))));
    const tape = new Tape(gpu);
    const grid = clippedGrid(tape, upload(gpu, reach), factors, spec);
    // To the zeros alone.
    tape.backward(
      grid,
      upload(
        gpu,
        matrix(
          5,
          4,
          Float64Array.from({ length: 20 }, (_, i) => (i % 4 < 2 ? 0 : 1)),
        ),
      ),
    );
    expect([...(await (factors.grad as Tensor).read())]).toEqual(new Array(20).fill(0));
    tape.release();
  });
});
