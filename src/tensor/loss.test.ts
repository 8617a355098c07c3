import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { Indices } from './indices';
import { argmaxRows, crossEntropy, klDivergence, NO_TARGET } from './loss';
import { matrix } from './reference/matrix';
import * as reference from './reference/model';
import { expectClose, randomMatrix, relativeDifference, SHAPES, upload } from './testing';

describe('losses', async () => {
  const gpu = await testGpu();
  const cases = SHAPES.flatMap(([rows, cols]) => [1, 8, 32].map((lanes) => ({ rows, cols, lanes })));

  it.each(cases)('cross-entropy of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const logits = randomMatrix(rows, cols, 1, 4);
    const targets = Uint32Array.from({ length: rows }, (_, r) => (r % 5 === 3 ? NO_TARGET : (r * 7) % cols));
    const nll = crossEntropy(upload(gpu, logits), Indices.from(gpu, targets), { lanes });
    await expectClose(nll, reference.crossEntropy(logits, targets), 2e-6);
  });

  it.each(cases)('KL divergence of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const [p, q] = [randomMatrix(rows, cols, 1, 2), randomMatrix(rows, cols, 2, 2)];
    const kl = klDivergence(upload(gpu, p), upload(gpu, q), { lanes });
    await expectClose(kl, reference.klDivergence(p, q), 5e-6);
  });

  it.each(cases)('argmax of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const x = randomMatrix(rows, cols, 1);
    x.data.forEach((value, i) => (x.data[i] = Math.round(value))); // many equals: the first must win
    await expectClose(argmaxRows(upload(gpu, x), { lanes }), reference.argmaxRows(x), 1e-9);
  });

  it('is stable where logits are far apart, shifted or all negative', async () => {
    const logits = matrix(3, 4, [300, -300, 0, 200, -1000, -1001, -1002, -1003, 5000, 5001, 5000, 4999]);
    const targets = Uint32Array.of(1, 2, 0);
    const nll = crossEntropy(upload(gpu, logits), Indices.from(gpu, targets));
    await expectClose(nll, reference.crossEntropy(logits, targets), 1e-6);
    expect([...(await argmaxRows(upload(gpu, logits)).read())]).toEqual([0, 0, 1]);
  });

  it.each([1e-1, 1e-2, 1e-3])('keeps digits of a KL divergence between logits %f apart', async (apart) => {
    const [p, noise] = [randomMatrix(5, 200, 1, 2), randomMatrix(5, 200, 2, apart)];
    const q = matrix(5, 200, Float32Array.from(p.data.map((value, i) => value + noise.data[i])));
    const kl = await klDivergence(upload(gpu, p), upload(gpu, q)).read();
    expect(relativeDifference(kl, reference.klDivergence(p, q).data)).toBeLessThan(2e-3);
    expect(Math.min(...kl)).toBeGreaterThan(0);
  });

  it('finds no divergence between equals and a finite one between opposites', async () => {
    const p = matrix(2, 3, [1, 2, 3, 400, -400, 0]);
    const q = matrix(2, 3, [1, 2, 3, -400, 400, 0]);
    const kl = await klDivergence(upload(gpu, p), upload(gpu, q)).read();
    expect(kl[0]).toBe(0);
    expect(kl[1]).toBeCloseTo(800, 3);
  });
});
