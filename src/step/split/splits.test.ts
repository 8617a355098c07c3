/** What is split off a weight: SVDQuant's branch and outlier columns, by themselves and in rows on tiny networks. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { decodeOnGpu } from '../../method/finish';
import { defaultOptions, type Options } from '../../method/parameters';
import { InputStatistics } from '../../method/statistics';
import { methodOf } from '../../method/table';
import type { Linear } from '../../model/architecture';
import { dot, matrix, multiply, productOfRows, transpose, type Matrix } from '../../numerics/matrix';
import { svd } from '../../numerics/svd';
import { decodeQuantized, ledger, type QuantizedPart } from '../../quantizer/quantized';
import { plannedLedger } from '../../recipe/rows';
import { expectSameAgain, expectSound, openTiny, pipelineRecipe, runPipelines } from '../../run/testing/pipelines';
import { prepareTiny } from '../../run/testing/runs';
import { calibrationTaps } from '../../run/testing/taps';
import { randomMatrix, upload } from '../../tensor/testing';
import { untiled } from '../../tensor/weight';
import type { Tensor } from '../../tensor/tensor';
import { ACTIVATION_PARAMETERS } from '../activations/activations.face';
import { formatOf, quantizer } from '../activations/activations';
import { STEP_FACES } from '../faces';
import { SPLITS } from '../table';
import { energies, leading } from './outlier-columns';

const gpu = await testGpu();
const LINEAR = { name: 'layer', index: 0 } as Linear;
const GRID = { bits: 3, groupSize: null, symmetric: false, clip: 'none' };

async function rounded(weight: Tensor): Promise<Tensor> {
  return untiled((await methodOf('rtn').quantize({ weight, statistics: null }, GRID)).q);
}

const minus = (a: Matrix, b: ArrayLike<number>) =>
  matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => value - b[i]),
  );
const loss = (delta: Matrix, h: Matrix) => dot(multiply(delta, h).data, delta.data);

interface Done {
  readonly parts: readonly QuantizedPart[];
  readonly rest: Float32Array;
  /** The rest as it was rounded. */
  readonly q: Float32Array;
  /** Of the whole, with the parts as they stand in the end. */
  readonly loss: number;
}

/** Splits, rounds what is left, and fits anew; the GPU's memory is as it was. */
async function split(step: 'svdquant' | 'outlier_columns', w: Matrix, h: Matrix, given: Options): Promise<Done> {
  const options = { ...defaultOptions(STEP_FACES[step].parameters), ...given };
  const before = gpu.buffers.bytesInUse;
  const statistics = InputStatistics.of(upload(gpu, h), null);
  const branch = { inputs: statistics, rounding: null };
  const weight = upload(gpu, w);
  const apart = await SPLITS[step].split({ linear: LINEAR, weight, statistics, branch, rounded, grid: GRID }, options);
  const rest = Float32Array.from(await apart.rest.read());
  const solved = await rounded(untiled(apart.rest));
  apart.rest.release();
  const parts = (await apart.refit?.(solved)) ?? apart.parts;
  const q = Float32Array.from(await solved.read());
  for (const used of [weight, solved]) used.release();
  await statistics.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
  expect(parts.map(ledger)).toEqual([STEP_FACES[step].storage?.(options, w.rows, w.cols)]);
  const left = minus(minus(w, q), decodeQuantized(parts[0]));
  return { parts, rest, q, loss: loss(left, h) };
}

/** Of inputs with a hot channel. */
function hessianOf(cols: number): Matrix {
  const x = multiply(randomMatrix(4 * cols, cols, 4), randomMatrix(cols, cols, 5));
  for (let i = 0; i < x.rows; i++) x.data[i * cols + 3] *= 6;
  return multiply(transpose(x), x);
}

describe('SVDQuant', () => {
  const w = randomMatrix(32, 24, 1, 0.1);
  const outlying = multiply(randomMatrix(32, 1, 2), randomMatrix(1, 24, 3));
  outlying.data.forEach((value, i) => (w.data[i] += value));
  const h = hessianOf(24);

  it('takes the leading singular directions, so that the rest is what Eckart and Young leave', async () => {
    let before = Infinity;
    for (const rank of [1, 2, 4, 8]) {
      const { rest, parts } = await split('svdquant', w, h, { rank, iterations: 1, refit: false });
      const energy = rest.reduce((sum, value) => sum + value * value, 0);
      const best = svd(w)
        .sigma.slice(rank)
        .reduce((sum, value) => sum + value ** 2, 0);
      expect(energy / best).toBeGreaterThan(1 - 1e-3);
      expect(energy / best).toBeLessThan(1.02);
      expect(energy).toBeLessThan(before);
      before = energy;
      // What is left and what is apart are the weight, but for one rounding.
      const product = decodeQuantized(parts[0]);
      rest.forEach((value, i) => expect(value).toBe(Math.fround(Math.fround(w.data[i]) - product[i])));
    }
  });

  it('leaves nothing at full rank', async () => {
    const whole = await split('svdquant', w, h, { rank: 24, iterations: 1, refit: false });
    expect(Math.max(...whole.rest.map(Math.abs))).toBeLessThan(2e-3);
    expect(whole.loss).toBeLessThan(1e-5 * loss(w, h));
  });

  it.each(['plain', 'hessian'])('is no worse by more rounds, nor by a last fit, in the metric %s', async (metric) => {
    const of = (given: Options) => split('svdquant', w, h, { rank: 3, metric, ...given });
    const once = await of({ iterations: 1, refit: false });
    const more = await of({ iterations: 6, refit: false });
    expect(more.loss).toBeLessThanOrEqual(once.loss * (1 + 1e-5));
    const refitted = await of({ iterations: 1, refit: true });
    expect(refitted.q).toEqual(once.q);
    expect(refitted.loss).toBeLessThanOrEqual(once.loss * (1 + 1e-5));
    if (metric === 'hessian') expect(refitted.loss).toBeLessThan(0.95 * once.loss);
    // Nothing rounded so coarsely is as good without a branch.
    const bare = upload(gpu, w);
    const q = await rounded(bare);
    expect(once.loss).toBeLessThan(loss(minus(w, await q.read()), h));
    for (const used of [bare, q]) used.release();
  });
});

describe('outlier columns', () => {
  it('are those with the largest part in the outputs, by hand', () => {
    const w = Float32Array.of(1, 2, 3, 4, 0, 5);
    const found = energies(w, Float32Array.of(10, 1, 2));
    expect(Array.from(found)).toEqual([170, 4, 68]);
    expect(leading(found, 2)).toEqual([0, 2]);
    expect(leading(Float64Array.of(1, 3, 3, 3), 2)).toEqual([1, 2]);
  });

  it('are kept to the bit in 32 bits, and nothing is left in their place', async () => {
    const w = randomMatrix(16, 40, 1);
    const { parts, rest, q } = await split('outlier_columns', w, hessianOf(40), { count: 5, bits: '32' });
    const [part] = parts;
    if (part.kind !== 'sparse') throw new Error('not sparse');
    expect(part.places).toContain(3);
    const kept = decodeQuantized(part);
    w.data.forEach((value, i) => {
      const own = part.places.includes(i % 40);
      // A zero may have a sign.
      expect([kept[i] + 0, rest[i] + 0]).toEqual(own ? [value, 0] : [0, value]);
      if (own) expect(q[i] + 0).toBe(0);
    });
  });

  it('take a share of the inputs, at least one, and at most all', async () => {
    const w = randomMatrix(8, 24, 1);
    for (const [given, kept] of [
      [{ share: 0 }, 1],
      [{ share: 0.25 }, 6],
      [{ count: 99 }, 24],
    ] as const) {
      const { parts } = await split('outlier_columns', w, hessianOf(24), given);
      expect(parts[0].kind === 'sparse' && parts[0].places.length).toBe(kept);
    }
  });
});

// One of every kind of input: tokens, images in time, steered ones. Parts do not know what network they are of.
describe.each(['qwen2', 'vim', 'dit'] as const)('split rows on a tiny %s', (name) => {
  it('run to sound figures at the planned size, and give the same again', async () => {
    const gptq = { step: 'gptq', options: { bits: 3, groupSize: 8 } };
    const run = await runPipelines(gpu, name, [
      [
        { step: 'svdquant', options: { budget: 2, iterations: 2 } },
        { step: 'rtn', options: { bits: 3 } },
      ],
      [
        { step: 'activations', options: { bits: 4 } },
        { step: 'svdquant', options: { rank: 2, factorBits: '8', metric: 'hessian', iterations: 2 } },
        gptq,
        { step: 'eora', options: { rank: 1 } },
        { step: 'bias_correction' },
      ],
      [{ step: 'outlier_columns', options: { share: 0.2 } }, gptq],
    ]);
    expectSound(run);
    for (const { index, rows, cols } of run.prepared.linears) {
      for (const row of run.prepared.rows) {
        const stored = await run.store.loadLayer(row.row, index);
        if (!stored?.tensor) throw new Error('not stored');
        expect(ledger(stored.tensor)).toEqual(plannedLedger(row, { rows, cols }));
        expect(stored.result.note ?? '').not.toMatch(/left out/);
        const q = decodeOnGpu(gpu, stored.tensor);
        expect(Array.from(await q.read())).toEqual(Array.from(decodeQuantized(stored.tensor)));
        q.release();
      }
    }
    await expectSameAgain(gpu, run, 7);
  });
});

it('a branch sees inputs before the row quantizes them, as the hand computes it', async () => {
  const run = await runPipelines(gpu, 'qwen2', [
    [
      { step: 'activations', options: { bits: 4 } },
      { step: 'svdquant', options: { rank: 2 } },
      { step: 'rtn', options: { bits: 4 } },
    ],
  ]);
  const { prepared, store, result } = run;
  const row = prepared.rows.findIndex(({ steps }) => steps.length === 3);
  const format = formatOf({ ...defaultOptions(ACTIVATION_PARAMETERS), bits: 4 });
  const full = await calibrationTaps(gpu, prepared, null);
  const own = await calibrationTaps(gpu, prepared, { row, store, quantizer: (cols) => quantizer(cols, format, null) });
  for (const linear of prepared.linears) {
    const stored = await store.loadLayer(row, linear.index);
    const [before, after] = [full.get(linear.name), own.get(linear.name)];
    if (stored?.tensor?.kind !== 'sum' || !before || !after) throw new Error('not stored');
    const [codes, factors] = stored.tensor.parts;
    const { rows, cols } = linear;
    const form = (values: ArrayLike<number>) => matrix(rows, cols, Float64Array.from(values));
    const wanted = productOfRows(before.tap, form(await prepared.views[0].current.source.read(linear.weight)));
    const error = (beside: Matrix) => {
      const y = productOfRows(after.rounded, form(decodeQuantized(codes)));
      const more = productOfRows(beside, form(decodeQuantized(factors)));
      const left = wanted.data.map((value, i) => value - y.data[i] - more.data[i]);
      return dot(left, left) / dot(wanted.data, wanted.data);
    };
    const told = result.layers.find((one) => one.row === row && one.name === linear.name)?.errors.output ?? NaN;
    expect(Math.abs(told / error(after.tap) - 1)).toBeLessThan(1e-3);
    // It would show where it saw the quantized ones.
    expect(Math.abs(told / error(after.rounded) - 1)).toBeGreaterThan(1e-2);
  }
});

describe('rows in which there is nothing to split or to correct', () => {
  it.each([
    [[{ step: 'outlier_columns' }], /Outlier columns works on weights that are quantized, and this row keeps them/],
    [[{ step: 'activations' }, { step: 'bias_correction' }], /Bias correction works on weights that are quantized/],
    [
      [{ step: 'vq4dit', options: { codewords: 8, dim: 2 } }, { step: 'eora' }],
      /EoRA works on one layer after another, and this row trains a block’s layers at once/,
    ],
  ])('are refused: %j', async (steps, sentence) => {
    const prepared = prepareTiny(gpu, await openTiny('qwen2'), pipelineRecipe([steps], 'qwen2'));
    await expect(prepared).rejects.toThrow(sentence);
  });
});
