/** The lesson on codebooks against the engine on the same weights, and against the twins of its loops. */
import { describe, expect, it } from 'vitest';
import { kmeans, releaseKMeans } from '../../codebook/kmeans';
import { mixtureReference } from '../../codebook/reference-mixture';
import { subVectors, tilesOf } from '../../codebook/tiles';
import { testGpu } from '../../gpu/testing/gpus';
import { gptvqReference } from '../../method/gptvq-reference';
import { matrix } from '../../numerics/matrix';
import { Tensor } from '../../tensor/tensor';
import { cutOf } from '../cut';
import file from '../data/attention-output.json';
import { readLayerFile } from '../layer-data';
import { DAMPING, problemOf } from '../residual/problem';
import { codebookBits } from './bits';
import { candidatesOf, DIM, kmeansSteps, nearest } from './clusters';
import { columnsTrace } from './columns';
import { CODEWORDS } from './fields';
import { CANDIDATES, logitGradients, mixed, ratioTrace } from './ratios';
import { signSplit } from './signs';

const piece = readLayerFile(file);
const points = piece.weight.data;

describe.each(CODEWORDS)('k-means to %s codewords', (text) => {
  const steps = kmeansSteps(points, Number(text));

  it('ends at the engine’s codes and codewords', async () => {
    const gpu = await testGpu();
    const weight = Tensor.from(gpu, piece.weight.rows, piece.weight.cols, Float32Array.from(points));
    const codewords = Number(text);
    const result = await kmeans(subVectors(weight, DIM), { codewords, iterations: 100, init: 'mahalanobis' });
    const [codes, codebooks] = [await result.codes.read(), await result.codebooks.read()];
    releaseKMeans(result);
    weight.release();
    const end = steps[steps.length - 1];
    expect([...codes]).toEqual([...end.codes]);
    end.codebook.forEach((value, i) => expect(Math.abs(value - codebooks[i])).toBeLessThan(1e-6));
  });

  it('never gets worse, and ends where nothing changes', () => {
    steps.forEach(({ error }, i) => expect(error).toBeLessThanOrEqual(i === 0 ? 1 : steps[i - 1].error + 1e-12));
    expect(steps[steps.length - 1].changed).toBe(0);
    expect(signSplit(points, Number(text) / 4).steps.at(-1)?.changed).toBe(0);
  });
});

it('GPTVQ’s loop chooses what the twin of the engine’s loop chooses', () => {
  for (const seed of [1, 9]) {
    const { weight, hessian, u } = problemOf(cutOf(piece, seed));
    const { codebook } = kmeansSteps(points, 8)[0];
    const { rows, cols } = weight;
    const trace = columnsTrace(weight, u, codebook);
    const twin = gptvqReference({
      tiles: tilesOf(rows, cols, DIM),
      w: weight,
      h: hessian,
      damping: DAMPING,
      codebooks: codebook,
      codewords: 8,
      scales: null,
      weighted: true,
    });
    expect(trace.codes).toEqual(twin.codes);
    expect(trace.weights[cols / DIM]).toEqual(twin.q);
    const plain = columnsTrace(weight, null, codebook);
    expect([...plain.codes]).toEqual([...nearest(weight.data, codebook)]);
  }
});

it('ratios and their gradients are those of the twin of the engine’s mixture', () => {
  const { weight } = problemOf(cutOf(piece, 2));
  const { codebook } = kmeansSteps(points, 16)[4];
  const pairs = weight.data.length / DIM;
  const candidates = Uint32Array.from(
    Array.from({ length: pairs }, (_, i) => candidatesOf(weight.data, i, codebook, CANDIDATES)).flat(),
  );
  const logits = Float64Array.from(candidates, (_, at) => Math.sin(at));
  const gradient = matrix(
    weight.rows,
    weight.cols,
    weight.data.map((_, i) => Math.cos(i)),
  );
  const tiles = tilesOf(weight.rows, weight.cols, DIM);
  const twin = mixtureReference(tiles, codebook, candidates, logits, null, gradient.data);
  const { ratios, weights } = mixed(weight, candidates, logits, codebook);
  const slopes = logitGradients(ratios, candidates, codebook, gradient);
  twin.ratios.forEach((value, i) => expect(ratios[i]).toBeCloseTo(value, 12));
  twin.weights.forEach((value, i) => expect(weights.data[i]).toBeCloseTo(value, 12));
  twin.logitGradients.forEach((value, i) => expect(slopes[i]).toBeCloseTo(value, 12));
});

it('ratios of a pair always add up to one, and begin in the order of the distances', () => {
  const { weight, hessian } = problemOf(cutOf(piece, 2));
  const { steps } = ratioTrace(weight, hessian, kmeansSteps(points, 16)[4].codebook);
  for (const { ratios } of steps) {
    for (let i = 0; i < ratios.length; i += CANDIDATES) {
      const own = ratios.subarray(i, i + CANDIDATES);
      expect(own.reduce((sum, ratio) => sum + ratio, 0)).toBeCloseTo(1, 12);
      if (ratios === steps[0].ratios) expect([...own]).toEqual([...own].sort((a, b) => b - a));
    }
  }
});

it('signs and magnitudes make the weights again', () => {
  const { magnitudes, signs } = signSplit(points, 4);
  expect(magnitudes.map((value, i) => (signs[i] === 1 ? -value : value))).toEqual(points);
});

it('bits are counted with the codebook, a shared one in its part', () => {
  const layout = { rows: 32, cols: 32, codewords: 16, signs: false, sharedBy: 1 };
  expect(codebookBits(layout).bitsPerWeight).toBe(2 + (16 * 2 * 16) / 1024);
  expect(codebookBits({ ...layout, sharedBy: 4 }).bitsPerWeight).toBe(2 + (16 * 2 * 16) / 1024 / 4);
  expect(codebookBits({ ...layout, codewords: 4, signs: true }).parts).toMatchObject({ indices: 1024, signs: 1024 });
});
