/**
 * A checkpoint somebody else trained, against figures from PyTorch: ../shared/checkpoints/stories260K, which is not part of the
 * project. Without it these tests are skipped, with a word about it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint';
import { readTexts } from '../checkpoint/text';
import { testGpu } from '../gpu/testing/gpus';
import { openModel, type Model } from './architecture';
import { LanguageModel } from './forward';
import { openTokenizer, type TextTokenizer } from './tokenizer';
import { describeShared } from '../testing/shared';
import { cutWindows } from './windows';

interface Reference {
  readonly greedy: { readonly prompt: string; readonly text: string };
  readonly fullPrecision: { readonly perplexity: number; readonly windows: number; readonly length: number };
}

describeShared('checkpoints/stories260K', 'a real checkpoint', async (folder) => {
  const gpu = await testGpu();
  let checkpoint: Checkpoint;
  let reference: Reference;
  let tokenizer: TextTokenizer;
  let model: Model;

  beforeAll(async () => {
    const names = (await readdir(folder)).filter((name) => name !== 'reference.json');
    const files = names.map(async (name) => memorySource(await readFile(folder + name), `stories260K/${name}`));
    checkpoint = await openCheckpoint(await Promise.all(files));
    reference = JSON.parse(await readFile(`${folder}reference.json`, 'utf8')) as Reference;
    tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
    model = openModel(checkpoint);
  });

  it('opens as a Llama of 5 blocks with a tied head', () => {
    expect(model).toMatchObject({ title: 'Llama', hidden: 64, vocabulary: 512, maxLength: 512, notes: [] });
    expect(model.blocks).toHaveLength(5);
    expect(model.ends.head).toBe(model.ends.embedding);
    expect(model.parameters).toBe(
      [...checkpoint.tensors.values()].reduce((sum, { begin, end }) => sum + (end - begin) / 4, 0),
    );
  });

  it('tokenizes with one BOS, and back', () => {
    expect(tokenizer.encode('Zoo')).toEqual([1, 410, 469, 347]);
    expect(tokenizer.encode('<s>Zoo').filter((id) => id === 1)).toHaveLength(1);
    expect([tokenizer.beginning, tokenizer.end]).toEqual([1, 2]);
    const text = 'Tom’s cat said: "Wow, 3 trees !" and left.\n\nThe end.';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('continues "Zoo" as PyTorch does', async () => {
    const language = await LanguageModel.load(gpu, checkpoint, model);
    const prompt = tokenizer.encode(reference.greedy.prompt);
    const ids = await language.generateGreedy(prompt, 50);
    expect(tokenizer.decode([...prompt, ...ids])).toBe(reference.greedy.text);
    language.release();
  });

  it('has the perplexity that PyTorch measures on held-out text', async () => {
    const { perplexity, windows, length } = reference.fullPrecision;
    const text = [...checkpoint.texts].find(([name]) => name.endsWith('heldout.jsonl'));
    if (!text) throw new Error('there is no heldout.jsonl');
    const cut = cutWindows(await readTexts(text[1]), tokenizer, length, windows);
    expect(cut.windows).toBe(windows);
    const before = gpu.buffers.bytesInUse;
    const language = await LanguageModel.load(gpu, checkpoint, model);
    const losses = await language.negativeLogLikelihood(cut.ids, cut);
    language.release();
    expect(losses).toHaveLength(windows * (length - 1));
    const measured = Math.exp(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
    console.log(`stories260K: perplexity ${measured.toFixed(5)}, PyTorch ${perplexity}`);
    expect(Math.abs(measured - perplexity)).toBeLessThan(0.001);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
