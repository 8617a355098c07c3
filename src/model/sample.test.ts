/** The bundled sample against what PyTorch computed from the same files (public/samples/stories-1m/reference.json). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { readTexts } from '../checkpoint/text';
import { testGpu } from '../gpu/testing/gpus';
import { openModel } from './architecture';
import { LanguageModel } from './forward';
import { openTokenizer } from './tokenizer';
import { cutWindows } from './windows';

const NAMES = ['model.safetensors', 'config.json', 'tokenizer.json', 'tokenizer_config.json', 'heldout.jsonl'];
const read = (name: string) => readFileSync(new URL(`../../public/samples/stories-1m/${name}`, import.meta.url));

interface Reference {
  readonly heldout: { readonly perplexity: number; readonly windows: number };
  readonly greedy: {
    readonly prompt: string;
    readonly prompt_ids: number[];
    readonly ids: number[];
    readonly text: string;
  };
  readonly forward: { readonly ids: number[]; readonly last_logits_first8: number[]; readonly last_argmax: number };
}

describe('the sample', async () => {
  const gpu = await testGpu();
  const reference = JSON.parse(read('reference.json').toString()) as Reference;
  const checkpoint = await openCheckpoint(NAMES.map((name) => memorySource(read(name), `stories-1m/${name}`)));
  const tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
  const language = await LanguageModel.load(gpu, checkpoint, openModel(checkpoint));

  it('has PyTorch’s logits', async () => {
    const { ids, last_logits_first8, last_argmax } = reference.forward;
    const logits = await language.logits(Uint32Array.from(ids), { windows: 1, length: ids.length });
    const last = (await logits.read()).subarray((ids.length - 1) * logits.cols);
    last_logits_first8.forEach((value, i) => expect(last[i]).toBeCloseTo(value, 2));
    expect(last.indexOf(Math.max(...last))).toBe(last_argmax);
  });

  it('has PyTorch’s perplexity on the first held-out windows, and its greedy text', async () => {
    const source = checkpoint.texts.get('heldout.jsonl');
    if (!source) throw new Error('the sample has no held-out text');
    const cut = cutWindows(await readTexts(source), tokenizer, 256, reference.heldout.windows);
    expect(cut.windows).toBe(reference.heldout.windows);
    const losses = await language.negativeLogLikelihood(cut.ids, cut);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(Math.exp(mean)).toBeCloseTo(reference.heldout.perplexity, 3);

    const { prompt, prompt_ids, ids, text } = reference.greedy;
    expect([...tokenizer.encode(prompt)]).toEqual(prompt_ids);
    expect(await language.generateGreedy(prompt_ids, ids.length)).toEqual(ids);
    expect(tokenizer.decode(ids).trim()).toBe(text.trim());
  });
});
