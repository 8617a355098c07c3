import { expect, it } from 'vitest';
import { Random } from '../../base/random';
import { mixtureOf, mixtureRatios } from '../../codebook/mixture';
import { tilesOf } from '../../codebook/tiles';
import { testGpu } from '../../gpu/testing/gpus';
import { Indices } from '../../tensor/indices';
import { Scalars } from '../../tensor/reduce';
import { randomMatrix, upload } from '../../tensor/testing';
import { ratioOfBin, tally, usageEntropy } from './tally';
import { thresholdFor } from './vimvq';

const gpu = await testGpu();

it('counts what a loop on the host counts', async () => {
  const before = gpu.buffers.bytesInUse;
  const random = new Random(3);
  // Several layers, one with a single candidate, sizes that fill no workgroup.
  const shapes = [
    { rows: 9, cols: 17, dim: 4, codewords: 70, n: 3 },
    { rows: 40, cols: 64, dim: 2, codewords: 5, n: 2 },
    { rows: 3, cols: 5, dim: 8, codewords: 2, n: 1 },
  ];
  const layers = [];
  for (const [i, { rows, cols, dim, codewords, n }] of shapes.entries()) {
    const tiles = tilesOf(rows, cols, dim);
    const points = rows * tiles.subs;
    const candidates = Uint32Array.from({ length: points * n }, () => random.integer(codewords));
    const choices = Uint32Array.from({ length: points }, () => random.integer(n + 1));
    const of = mixtureOf(tiles, { codes: Indices.from(gpu, candidates), n });
    const frozen = Indices.from(gpu, choices);
    const logits = upload(gpu, randomMatrix(rows, tiles.subs * n, i, 3));
    const ratios = mixtureRatios(of, logits, frozen);
    logits.release();
    layers.push({ of, codewords, ratios, frozen, candidates, choices, points });
  }
  const look = tally(gpu, layers, true);
  const bytes = await gpu.read(...look.ranges);
  const seen = look.read(await new Scalars(gpu).read(), bytes);

  const tenths = new Array<number>(10).fill(0);
  let [entropy, frozen, points] = [0, 0, 0];
  for (const [i, layer] of layers.entries()) {
    const { n } = layer.of;
    const ratios = await layer.ratios.read();
    const codes: number[] = [];
    const free: number[] = [];
    for (let p = 0; p < layer.points; p++) {
      const own = [...ratios.subarray(p * n, (p + 1) * n)];
      const largest = Math.max(...own);
      tenths[Math.min(9, Math.floor(Math.fround(10 * largest)))]++;
      codes.push(layer.candidates[p * n + own.indexOf(largest)]);
      if (layer.choices[p] === 0) free.push(largest);
    }
    entropy += usageEntropy(codes, layer.codewords) / layers.length;
    frozen += layer.points - free.length;
    points += layer.points;
    const bins = look.layers[i].free;
    expect(bins.reduce((a, b) => a + b, 0)).toBe(free.length);
    expect(look.layers[i].frozen).toBeCloseTo(1 - free.length / layer.points, 12);
    // Any number of the most decided ones is found by a threshold, give or take what shares their bin.
    for (const wanted of [1, Math.ceil(free.length / 3), free.length].filter((count) => count > 0)) {
      const threshold = thresholdFor(bins, wanted);
      const above = free.filter((ratio) => ratio > threshold - 1e-6).length;
      expect(above).toBeGreaterThanOrEqual(Math.min(wanted, free.length));
      const sorted = free.toSorted((a, b) => b - a);
      expect(1 - threshold).toBeLessThan((1 - sorted[wanted - 1]) * 1.02 + 1e-6);
    }
  }
  expect(seen.ratios).toEqual(tenths);
  expect(seen.settled).toBeCloseTo(frozen / points, 12);
  expect(seen.usageEntropy).toBeCloseTo(entropy, 5);
  for (const { of, ratios, frozen } of layers) for (const used of [of.candidates, ratios, frozen]) used.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
});

it('finds the ratio that a bin begins at', () => {
  expect(ratioOfBin(0)).toBe(0);
  expect(ratioOfBin(64)).toBe(0.5);
  expect(thresholdFor(Uint32Array.of(0, 0, 3, 0), 2)).toBe(ratioOfBin(2));
  expect(thresholdFor(Uint32Array.of(0, 0, 3, 0), 4)).toBe(-1);
});

it('measures how evenly codewords are used', () => {
  expect(usageEntropy([0, 1, 2, 3], 4)).toBeCloseTo(1, 12);
  expect(usageEntropy([1, 1, 1], 4)).toBe(0);
  expect(usageEntropy([0, 0], 1)).toBe(1);
});
