/** The methods that learn roundings and grids: what they begin with, what they end in, and that they end in it every time. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { affineFault, decodeAffine, type AffineTensor } from '../../quantizer/affine';
import { ledger } from '../../quantizer/quantized';
import { matrix } from '../../tensor/reference/matrix';
import { upload, randomMatrix } from '../../tensor/testing';
import { FAMILIES, wantsHessian, worksByRows } from '../families';
import { defaultOptions, type Options } from '../parameters';
import type { QuantizedLayer } from '../quantized-layer';
import { METHODS } from '../table';
import type { Trainer } from '../training';
import { GRID_FACES } from './grid-faces';
import { hessianError, testLayer, testProblem, TestHost, trainToEnd } from './testing';

const gpu = await testGpu();
const layer = testLayer(24, 32, 1);

function affine({ tensor }: QuantizedLayer): AffineTensor {
  if (tensor.kind !== 'affine') throw new Error(`a ${tensor.kind} tensor`);
  return tensor;
}

const quick = (id: keyof typeof METHODS, given: Options = {}): Options => {
  return { ...defaultOptions(METHODS[id].face.parameters), steps: 24, ...given };
};

/** What RTN makes of the layer. */
async function rounded(given: Options): Promise<AffineTensor> {
  const weight = upload(gpu, layer.w);
  const options = Object.fromEntries(
    Object.keys(METHODS.rtn.face.parameters).map((name) => [name, given[name] ?? quick('rtn')[name]]),
  );
  const made = await METHODS.rtn.quantize({ weight, statistics: null }, options);
  weight.release();
  made.q.release();
  return affine(made);
}

describe.each(GRID_FACES.map(({ id }) => id))('%s', (id) => {
  const { face } = METHODS[id];
  const trainer = METHODS[id].train as Trainer;

  it('trains whole blocks, asks for its inputs on one layer, and is not for tiles of rows', () => {
    expect(wantsHessian(face, defaultOptions(face.parameters))).toBe(true);
    expect(worksByRows(face)).toBe(false);
  });

  it('ends no worse than it began, in whole codes, with the same bits every time, interrupted or not', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    const options = quick(id, { groupSize: 12 });
    const host = new TestHost();
    const { progress, layers, values } = await trainToEnd(trainer, problem, options, host);
    const [first, last] = [progress[0], progress[progress.length - 1]];
    expect(last.loss).toBeLessThanOrEqual(first.loss);
    expect(last.loss).toBeCloseTo(hessianError(layer, values[0]), 5);
    for (const { settled, usageEntropy, ratios } of progress) {
      expect(settled).toBeGreaterThanOrEqual(0);
      expect(settled).toBeLessThanOrEqual(1);
      expect([usageEntropy, ratios]).toEqual([null, null]);
    }
    const tensor = affine(layers[0]);
    expect(affineFault(tensor)).toBeNull();
    expect(decodeAffine(tensor)).toEqual(values[0]);
    expect(host.states.map(({ step }) => step)).toEqual([8, 16, 24]);
    for (const from of [host.first, host.states[1], host.states[2]]) {
      const other = await trainToEnd(trainer, problem, options, new TestHost(from));
      expect(other.layers[0].tensor).toEqual(tensor);
      const since = progress.filter(({ step }) => step > (from?.step ?? 0));
      expect(other.progress.slice(0, since.length)).toEqual(since);
    }
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('gives everything back when it is closed early', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    for (const pulls of [0, 1, 3]) {
      const run = trainer(problem, quick(id), new TestHost());
      for (let pull = 0; pull < pulls; pull++) await run.next();
      await run.return([]);
    }
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('takes on one layer what its options promise, zeros and odd shapes included', async () => {
    const cases: Options[] = [
      { bits: 2, groupSize: 8 },
      { bits: 8, symmetric: true },
      { bits: 3, groupSize: 64, symmetric: false },
    ];
    for (const given of cases) {
      for (const [rows, cols] of [
        [1, 1],
        [3, 5],
        [20, 70],
      ]) {
        const before = gpu.buffers.bytesInUse;
        const options = quick(id, { steps: 2, ...given });
        const w = randomMatrix(rows, cols, rows);
        if (rows > 1) w.data.fill(0, 0, cols);
        const weight = upload(gpu, w);
        const { tensor, q } = await METHODS[id].quantize({ weight, statistics: null }, options);
        expect(affineFault(tensor as AffineTensor)).toBeNull();
        expect(ledger(tensor), JSON.stringify(given)).toEqual(FAMILIES.affine.plannedLedger(options, rows, cols));
        for (const used of [weight, q]) used.release();
        expect(gpu.buffers.bytesInUse).toBe(before);
      }
    }
  });
});

describe('without learning anything', () => {
  const STILL: readonly { id: keyof typeof METHODS; options: Options; as: Options }[] = [
    { id: 'adaround', options: { roundingRate: 0, regulariser: 0 }, as: { clip: 'mse' } },
    { id: 'autoround', options: { rate: 1e-30 }, as: {} },
    { id: 'block_ap', options: { weightStep: 0, scaleStep: 0, zeroStep: 0 }, as: {} },
  ];

  it.each(STILL)('$id is RTN to the bit', async ({ id, options, as }) => {
    const { problem, release } = await testProblem(gpu, layer);
    for (const grid of [
      { bits: 3, groupSize: 12, symmetric: false },
      { bits: 4, groupSize: null, symmetric: true },
    ]) {
      const { layers } = await trainToEnd(
        METHODS[id].train as Trainer,
        problem,
        quick(id, { ...options, ...grid, steps: 2 }),
      );
      const { codes, scales, zeros } = await rounded({ ...grid, ...as });
      expect(affine(layers[0]).scales).toEqual(scales);
      expect(affine(layers[0]).zeros).toEqual(zeros);
      expect(affine(layers[0]).codes).toEqual(codes);
    }
    await release();
  });
});

describe('AdaRound', () => {
  const trainer = METHODS.adaround.train as Trainer;

  it('rounds one of two weights up whose inputs go together, where the nearest rounds both down', async () => {
    // w = (0.35, 0.45) on the levels 0 … 3, H of ones: both down cost 0.64, one up 0.04. The third input is alone and spans the grid.
    const pair = {
      w: matrix(1, 3, Float64Array.of(0.35, 0.45, 3)),
      h: matrix(3, 3, Float64Array.of(1, 0.999, 0, 0.999, 1, 0, 0, 0, 1)),
    };
    const { problem, release } = await testProblem(gpu, pair);
    const options = quick('adaround', { bits: 2, clip: 'none', steps: 300, roundingRate: 0.05 });
    const { layers, progress } = await trainToEnd(trainer, problem, options);
    expect(
      affine(layers[0])
        .codes.slice(0, 2)
        .reduce((a, b) => a + b, 0),
    ).toBe(1);
    expect(progress.at(-1)?.settled).toBe(1);
    expect(layers[0].note).toBeNull();
    await release();
  });

  it('moves no code by more than a level from what was cut off', async () => {
    const { problem, release } = await testProblem(gpu, layer);
    const options = quick('adaround', { bits: 3, steps: 40 });
    const { layers } = await trainToEnd(trainer, problem, options);
    const { codes, scales, zeros } = affine(layers[0]);
    const moved = layer.w.data.filter((w, at) => {
      const row = Math.floor(at / 32);
      const level = Math.min(7, Math.max(0, w / scales[row] + zeros[row]));
      return Math.abs(codes[at] - level) > 1 + 1e-4;
    });
    expect(moved).toHaveLength(0);
    await release();
  });

  it('says how much had not settled when it is stopped soon', async () => {
    const { problem, release } = await testProblem(gpu, layer);
    const { layers } = await trainToEnd(trainer, problem, quick('adaround', { steps: 8, roundingRate: 0.01 }));
    expect(layers[0].note).toMatch(
      /^\d+(\.\d)? % of the roundings had settled .* were made hard: Hessian-weighted error/,
    );
    await release();
  });
});
