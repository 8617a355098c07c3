/** Clip search: its levels, a case by hand, that no group loses by it, and runs on tiny networks. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions, GRID_PARAMETERS } from '../../method/parameters';
import { InputStatistics } from '../../method/statistics';
import { methodOf } from '../../method/table';
import type { Linear } from '../../model/architecture';
import { matrix, multiply, transpose, type Matrix } from '../../numerics/matrix';
import { expectSameAgain, expectSound, runPipelines, figuresOf } from '../../run/testing/pipelines';
import { randomMatrix, upload } from '../../tensor/testing';
import type { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import { clipSearch, levelsOf } from './clip-search';
import { clipSearchFace } from './clip-search.face';

const gpu = await testGpu();

const LINEAR = { name: 'layer', index: 0, role: 'up' } as Linear;

/** The clipped weight, and how the grid then rounds it, row by row. */
async function clipped(w: Matrix, h: Matrix, grid: object, given: object = {}, linear = LINEAR) {
  const options = { ...defaultOptions(clipSearchFace.parameters), ...given };
  const own = { ...defaultOptions(GRID_PARAMETERS), bits: 3, ...grid };
  const rounded = async (weight: Tensor) =>
    untiled((await methodOf('rtn').quantize({ weight, statistics: null }, own)).q);
  const before = gpu.buffers.bytesInUse;
  const statistics = InputStatistics.of(upload(gpu, h), null);
  const branch = { inputs: statistics, rounding: null };
  const weight = upload(gpu, w);
  const layer = { linear, weight, statistics, branch, rounded, grid: own };
  const { rest, parts } = await clipSearch.split(layer, options);
  const [values, q] = [await untiled(rest).read(), await rounded(untiled(rest))];
  const made = { rest: Array.from(values), q: Array.from(await q.read()), parts };
  for (const used of [weight, rest, q]) used.release();
  await statistics.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
  expect(parts).toEqual([]);
  return made;
}

/** δ·H_GG·δᵀ of a row's group. */
function lossOf(q: readonly number[], w: Matrix, h: Matrix, row: number, first: number, size: number): number {
  let loss = 0;
  for (let i = first; i < first + size; i++) {
    for (let j = first; j < first + size; j++) {
      const delta = (c: number) => q[row * w.cols + c] - w.data[row * w.cols + c];
      loss += delta(i) * h.data[i * w.cols + j] * delta(j);
    }
  }
  return loss;
}

describe('clip search', () => {
  it('tries the released levels, and one without clips where nothing is to shrink', () => {
    const options = defaultOptions(clipSearchFace.parameters);
    const wanted = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55];
    expect(levelsOf(options)).toHaveLength(wanted.length);
    levelsOf(options).forEach((level, i) => expect(level).toBeCloseTo(wanted[i], 12));
    expect(levelsOf({ ...options, shrink: 0 })).toEqual([1]);
  });

  it('clips a weight that meets no input, as far as it goes, and none that alone meets inputs', async () => {
    // Two bits from −10 on: 0 … 4 come out better on a narrower range, unless it is −10 itself that counts.
    const w = matrix(1, 4, [-10, 4, 3, 1]);
    const diagonal = (values: readonly number[]) =>
      matrix(
        4,
        4,
        Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? values[i / 5] : 0)),
      );
    const without = await clipped(w, diagonal([0, 1, 1, 1]), { bits: 2 });
    expect(without.rest[0]).toBeGreaterThan(-10);
    expect(without.rest.slice(1)).toEqual([4, 3, 1]);
    const alone = await clipped(w, diagonal([1, 0, 0, 0]), { bits: 2 });
    expect(alone.rest).toEqual([-10, 4, 3, 1]);
  });

  it.each([
    { name: 'rows', groupSize: null, size: 24 },
    { name: 'groups', groupSize: 8, size: 8 },
  ])('makes none of the $name lose more than rounding alone', async ({ groupSize, size }) => {
    const x = multiply(randomMatrix(40, 24, 1), randomMatrix(24, 24, 2));
    const h = multiply(transpose(x), x);
    const w = randomMatrix(10, 24, 3);
    const plain = await clipped(w, h, { groupSize }, { shrink: 0 });
    expect(plain.rest).toEqual(Array.from(Float32Array.from(w.data)));
    const made = await clipped(w, h, { groupSize });
    let better = 0;
    for (let row = 0; row < w.rows; row++) {
      for (let first = 0; first < w.cols; first += size) {
        const [after, before] = [made, plain].map(({ q }) => lossOf(q, w, h, row, first, size));
        expect(after).toBeLessThanOrEqual(before * (1 + 1e-4));
        if (after < 0.99 * before) better++;
      }
    }
    expect(better).toBeGreaterThan(0);
  });

  it('leaves queries and keys alone unless it is asked for them', async () => {
    const [w, h] = [
      randomMatrix(8, 16, 1),
      matrix(16, 16, multiply(randomMatrix(16, 16, 2), randomMatrix(16, 16, 2)).data),
    ];
    const query = { ...LINEAR, role: 'q' } as Linear;
    expect((await clipped(w, h, {}, {}, query)).rest).toEqual(Array.from(Float32Array.from(w.data)));
  });
});

describe.each(['qwen2', 'vit'] as const)('clip search on a tiny %s', (name) => {
  it('runs to finite figures, twice to equal bits, and shrinking nothing is to leave it out', async () => {
    const rtn = { step: 'rtn', options: { bits: 3, groupSize: 8 } };
    const run = await runPipelines(gpu, name, [
      [rtn],
      [{ step: 'clip_search' }, rtn],
      [{ step: 'clip_search', options: { shrink: 0 } }, rtn],
    ]);
    expectSound(run);
    const { rows, layers } = figuresOf(run.result);
    const of = (row: number) => ({
      ...{ ...rows[row], row: 0 },
      layers: layers.filter((one) => one.row === row).map((one) => ({ ...one, row: 0 })),
    });
    expect(of(2)).toEqual(of(0));
    expect(of(1)).not.toEqual(of(0));
    await expectSameAgain(gpu, run);
  });
});
