import { describe, expect, it } from 'vitest';
import { LIMIT_CHOICES, testGpu } from '../gpu/testing/gpus';
import { argmaxRows, crossEntropy } from '../tensor/reference/model';
import { relativeDifference } from '../tensor/testing';
import { Tensor } from '../tensor/tensor';
import { loadLinear, openModel } from './architecture';
import { LanguageModel, nextTokens, type LanguageModelOptions } from './forward';
import { altered, loadFixture, type MemorySource } from './testing/fixtures';
import { referenceForward } from './testing/reference-forward';

const llama = await loadFixture('llama3-scaled');
const gpt2 = await loadFixture('gpt2');

/** The twin's logits of one text. */
const twinLogits = (source: MemorySource, ids: Uint32Array) => {
  const logits = referenceForward(source, ids, { windows: 1, length: ids.length }).get('logits');
  if (!logits) throw new Error('the twin made no logits');
  return logits;
};

describe.each(LIMIT_CHOICES)('LanguageModel at %s limits', async (limits) => {
  const gpu = await testGpu({ limits });

  /** Runs `body` on a loaded model and expects every byte back. */
  async function using<T>(
    source: MemorySource,
    options: LanguageModelOptions,
    body: (language: LanguageModel) => Promise<T>,
  ): Promise<T> {
    const before = gpu.buffers.bytesInUse;
    const language = await LanguageModel.load(gpu, source, openModel(source), options);
    const result = await body(language);
    language.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
    return result;
  }

  const losses = (source: MemorySource, options: LanguageModelOptions) =>
    using(source, options, (language) => language.negativeLogLikelihood(llama.ids, llama.geometry));

  it('has the twin’s losses at every predicted position', async () => {
    const { windows, length } = llama.geometry;
    const measured = await losses(llama.source, {});
    const expected = Array.from({ length: windows }, (_, w) => {
      const ids = llama.ids.slice(w * length, (w + 1) * length);
      return [...crossEntropy(twinLogits(llama.source, ids), nextTokens(ids, length)).data.slice(0, length - 1)];
    }).flat();
    expect(measured).toHaveLength(windows * (length - 1));
    expect(relativeDifference(measured, expected)).toBeLessThan(5e-6);
  });

  it('gives the same losses however windows are batched and whatever stays on the GPU', async () => {
    const whole = await losses(llama.source, {});
    expect(await losses(llama.source, { batchTokens: 1 })).toEqual(whole);
    expect(await losses(llama.source, { residentBytes: 0 })).toEqual(whole);
  });

  it('reads each weight once while it may stay, and again when it may not', async () => {
    const count = async (residentBytes: number) => {
      const reads: string[] = [];
      const source = { ...llama.source, read: (name: string) => (reads.push(name), llama.source.read(name)) };
      await using(source, { residentBytes }, async (language) => {
        for (let i = 0; i < 3; i++) await language.negativeLogLikelihood(llama.ids, llama.geometry);
      });
      return reads.filter((name) => name === 'model.layers.1.mlp.up_proj.weight').length;
    };
    expect(await count(1 << 20)).toBe(1);
    expect(await count(0)).toBe(3);
  });

  it('runs with other weights in place of its own, which it neither reads nor releases', async () => {
    const changed = openModel(llama.source).blocks[1].stages[3].linears[0];
    const zeros = Tensor.zeros(gpu, changed.rows, changed.cols);
    const substituted = await losses(llama.source, {
      weights: (linear) => (linear.name === changed.name ? zeros : null),
    });
    const values = new Float32Array(changed.rows * changed.cols);
    const tensors = new Map(llama.source.tensors).set(changed.weight, {
      shape: [changed.rows, changed.cols],
      dtype: 'F32',
      values,
    });
    const source = {
      ...llama.source,
      tensors,
      read: (name: string) => Promise.resolve(tensors.get(name)?.values ?? values),
    };
    expect(substituted).toEqual(await losses(source, {}));
    zeros.release();
  });

  it('runs a checkpoint without prefixes the same', async () => {
    const plain = altered(llama.source, {}, (name) => name.replace(/^model\./, ''));
    expect(await losses(plain, {})).toEqual(await losses(llama.source, {}));
  });

  it.each([llama, gpt2])('continues a prompt with the twin’s likeliest ids', async ({ source, ids }) => {
    const prompt = [...ids.slice(0, 5)];
    const generated = await using(source, {}, (language) => language.generateGreedy(prompt, 9));
    const text = [...prompt];
    for (let i = 0; i < 9; i++) {
      const best = argmaxRows(twinLogits(source, Uint32Array.from(text))).data;
      text.push(best[best.length - 1]);
    }
    expect([...prompt, ...generated]).toEqual(text);
    const stopped = await using(source, {}, (language) => language.generateGreedy(prompt, 9, generated[3]));
    expect(stopped).toEqual(generated.slice(0, generated.indexOf(generated[3])));
  });

  it('sees only its last maxLength ids when it generates on', async () => {
    const { maxLength } = openModel(gpt2.source);
    const long = Array.from({ length: maxLength + 7 }, (_, i) => (i * 5) % 37);
    const next = (prompt: number[]) => using(gpt2.source, {}, (language) => language.generateGreedy(prompt, 1));
    expect(await next(long)).toEqual(await next(long.slice(-maxLength)));
  });

  it('samples windows, the same for the same seed', async () => {
    const sample = (seed: number) => using(llama.source, { batchTokens: 16 }, (l) => l.sampleWindows(3, 6, seed, 1));
    const ids = await sample(4);
    expect(ids).toHaveLength(18);
    expect([ids[0], ids[6], ids[12]]).toEqual([1, 1, 1]);
    expect(Math.max(...ids)).toBeLessThan(37);
    expect(await sample(4)).toEqual(ids);
    expect(await sample(5)).not.toEqual(ids);
  });

  it('gives its memory back to a reader that stops early', async () => {
    await using(llama.source, { batchTokens: 1 }, async (language) => {
      for await (const { firstToken, logits } of language.logitChunks(llama.ids, llama.geometry)) {
        expect([firstToken, logits.rows]).toEqual([0, llama.geometry.length]);
        break;
      }
    });
  });

  it('gives its memory back when a weight cannot be read', async () => {
    const source: MemorySource = {
      ...llama.source,
      read: (name) =>
        name.includes('layers.1.mlp.down') ? Promise.reject(new Error('gone')) : llama.source.read(name),
    };
    await using(source, {}, async (language) => {
      await expect(language.hidden(llama.ids, llama.geometry)).rejects.toThrow('gone');
    });
  });

  it('refuses ids past the vocabulary and windows past its length', async () => {
    await using(gpt2.source, {}, async (language) => {
      const stranger = language.hidden(Uint32Array.of(1, 37), { windows: 1, length: 2 });
      await expect(stranger).rejects.toThrow(expect.objectContaining({ code: 'QS-FILE-08' }));
      const long = language.hidden(new Uint32Array(33), { windows: 1, length: 33 });
      await expect(long).rejects.toThrow(expect.objectContaining({ code: 'QS-RECIPE-01' }));
    });
  });

  it('transposes GPT-2’s weights and leaves others as they are', async () => {
    const conv = openModel(gpt2.source).blocks[0].stages[2].linears[0];
    const stored = await gpt2.source.read(conv.weight);
    const values = await loadLinear(gpt2.source, conv);
    for (const [r, c] of [
      [0, 0],
      [79, 0],
      [0, 19],
      [41, 7],
    ])
      expect(values[r * conv.cols + c]).toBe(stored[c * conv.rows + r]);
    const plain = openModel(llama.source).blocks[0].stages[2].linears[0];
    expect(await loadLinear(llama.source, plain)).toEqual(await llama.source.read(plain.weight));
  });
});
