/** Rotations in real arithmetic: the float64 twin of a network on edited tensors that were never cast, and what a rotation does to outliers. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { matrix, multiply, type Matrix } from '../../numerics/matrix';
import { meanKeepingOrthogonal, randomizedHadamard, randomOrthogonal } from '../../numerics/orthogonal';
import { fakeQuantize } from '../../tensor/fake-quant';
import { tokenFigures, tokenSums } from '../../tensor/observers';
import { upload } from '../../tensor/testing';
import { openModel } from '../architecture';
import { loadFixture, memoryWeights, type MemorySource } from '../testing/fixtures';
import { referenceForward } from '../testing/reference-forward';
import { edited } from './edits';
import { fuseNorms } from './fuse-norms';
import { dense } from './maps';
import { residualOf } from './residual';
import { rotateResidual, rotateValues, UNTIED_HEAD, untied } from './rotate';
import { plainView, type NetworkView, type ViewChange } from './view';

const gpu = await testGpu();

/** The changes in float64, one after the other. */
function exactly({ config, tensors: given }: MemorySource, changes: readonly ViewChange[]): MemorySource {
  const tensors = new Map(given);
  for (const [name, edits] of changes.flatMap((change) => [...change.edits])) {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`no tensor ${name}`);
    const values = edited(Float64Array.from(tensor.values), tensor.shape, edits);
    tensors.set(name, { ...tensor, values: values as unknown as Float32Array });
  }
  return memoryWeights(config, tensors);
}

/** The source with a head of its own. */
function separate({ config, tensors }: MemorySource, embedding: string): MemorySource {
  const head = tensors.get(UNTIED_HEAD) ?? tensors.get(embedding);
  if (!head) throw new Error('no head');
  return memoryWeights({ ...config, tie_word_embeddings: false }, new Map(tensors).set(UNTIED_HEAD, head));
}

const farthest = (a: Matrix, b: Matrix) =>
  a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0) /
  b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe.each(['qwen2', 'llama3-scaled', 'qwen3', 'gpt2'] as const)('in float64 a rotated %s', async (name) => {
  const { source, ids, geometry } = await loadFixture(name);
  const view: NetworkView = untied(plainView(openModel(source), source));
  const stream = residualOf(view.network);
  if ('refusal' in stream) throw new Error(stream.refusal);
  const { hidden } = view.network;
  const q = name === 'gpt2' ? meanKeepingOrthogonal(hidden, 3) : randomOrthogonal(hidden, 3);
  const fused = await fuseNorms(view, stream);
  const turned = rotateResidual(stream, dense(q), 'turned');
  const heads = rotateValues(view.network.blocks, (dim) => dense(randomOrthogonal(dim, 4)), 'heads');
  const before = referenceForward(source, ids, geometry);
  const own = exactly(separate(source, openModel(source).ends.embedding), [fused, turned, heads]);
  const after = referenceForward(own, ids, geometry);

  it('has its residual stream times Q, to the twelfth digit', () => {
    for (const [at, x] of before) {
      if (at !== 'embedding' && !at.endsWith('residual')) continue;
      const y = after.get(at);
      if (!y) throw new Error(`no ${at}`);
      expect(farthest(y, multiply(matrix(x.rows, x.cols, x.data), q)), at).toBeLessThan(1e-12);
      expect(farthest(y, x), at).toBeGreaterThan(0.1);
    }
  });

  // The twin of GPT-2 knows no head but its embedding.
  it.skipIf(name === 'gpt2')('says the same, to the twelfth digit', () => {
    const [x, y] = [before.get('logits'), after.get('logits')];
    if (!x || !y) throw new Error('no logits');
    expect(farthest(y, x)).toBeLessThan(1e-12);
  });
});

describe('outliers under a rotation', () => {
  it('are spread over all channels: one of sixteen is exact in 4 bits', async () => {
    const q = randomizedHadamard(16, 1);
    if (!q) throw new Error('no Hadamard matrix of order 16');
    const x = matrix(1, 16);
    x.data[5] = 1;
    const turned = upload(gpu, multiply(x, q));
    const y = fakeQuantize(turned, { code: { kind: 'symmetric', bits: 4 }, cells: { per: 'token' } });
    const values = await y.read();
    expect([...values].map(Math.abs)).toEqual(new Array(16).fill(Math.fround(Math.fround(0.25 / 7) * 7)));
    expect([...values].map(Math.sign)).toEqual([...(await turned.read())].map(Math.sign));
    for (const used of [turned, y]) used.release();
  });

  it('leave the kurtosis of a random direction, 3n/(n + 2)', async () => {
    const [n, count] = [32, 200];
    const rows = matrix(count, n);
    for (let i = 0; i < count; i++) rows.data.set(randomOrthogonal(n, i).data.subarray(0, n), i * n);
    const of = async (x: Matrix) => {
      const tensor = upload(gpu, x);
      const sums = tokenSums(tensor);
      const figures = tokenFigures(await sums.read(), n);
      for (const used of [tensor, sums]) used.release();
      return figures.reduce((sum, { kurtosis }) => sum + (kurtosis ?? NaN), 0) / x.rows;
    };
    const alone = matrix(1, n);
    alone.data[0] = 1;
    expect(await of(alone)).toBeCloseTo(n, 3);
    expect(Math.abs((await of(rows)) - (3 * n) / (n + 2))).toBeLessThan(0.2);
  });
});
