/** RSQ: weights by hand, and rows whose Hessians weigh tokens. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { expectSteady, figuresOf, runPipelines } from '../../run/testing/pipelines';
import { attentionWeights } from './attention-weights';

const gpu = await testGpu();
const gptq = { step: 'gptq', options: { bits: 3 } };
const weighed = (options: object = {}) => ({ step: 'attention_weights', options });

describe('weights of tokens', () => {
  it('by hand: sums of 1, 2 and 5 among 1 … 3 are 1, 1.5 and 3, with a mean of 1', () => {
    const weights = attentionWeights.weights(Float64Array.from([1, 2, 5]), { most: 3, visibility: 'none' });
    [1, 1.5, 3].forEach((weight, t) => expect(weights[t]).toBeCloseTo((weight * 3) / 5.5, 12));
  });

  it('of equal sums are exactly 1, whatever their number', () => {
    for (const length of [1, 3, 7, 10, 49]) {
      const weights = attentionWeights.weights(new Float64Array(length).fill(0.3), { most: 3, visibility: 'none' });
      expect([...weights]).toEqual(new Array(length).fill(1));
    }
  });
});

describe('rows that weigh tokens', () => {
  it('up to 1 are rows without, to the bit', async () => {
    const { result } = await runPipelines(gpu, 'qwen2', [[gptq], [weighed({ most: 1 }), gptq], [weighed(), gptq]]);
    const { layers, rows } = figuresOf(result);
    const of = (row: number) => layers.filter((layer) => layer.row === row).map(({ row: _, ...layer }) => layer);
    expect(of(2)).toEqual(of(1));
    expect(rows[2].kl).toBe(rows[1].kl);
    expect(of(3)).not.toEqual(of(1));
  });

  it.each(['qwen2', 'gpt2', 'vit', 'dit'] as const)('come to the same figures of %s again', async (name) => {
    const gptaq = { step: 'gptaq', options: { bits: 3 } };
    await expectSteady(gpu, name, [
      [weighed(), gptq],
      [{ step: 'smooth' }, { step: 'activations', options: { bits: 6 } }, weighed({ most: 10 }), gptaq],
    ]);
  });

  it('are refused where there is no attention, or no Hessian', async () => {
    await expect(runPipelines(gpu, 'vim', [[weighed(), gptq]])).rejects.toThrow(/no attention whose tokens/);
    await expect(runPipelines(gpu, 'vit', [[weighed({ visibility: 'root' }), gptq]])).rejects.toThrow(/choose none/);
    const rtn = [weighed(), { step: 'rtn', options: { bits: 3 } }];
    await expect(runPipelines(gpu, 'qwen2', [rtn])).rejects.toThrow(/RTN asks for none: choose a method/);
  });
});
