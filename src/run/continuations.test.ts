/** What rows continue a prompt by, against the float64 twin of the network with the weights that the run stored. */
import { describe, expect, it } from 'vitest';
import { fakeResult } from '../app/testing/fake-figures';
import { testGpu } from '../gpu/testing/gpus';
import { loadFixture } from '../model/testing/fixtures';
import { referenceForward } from '../model/testing/reference-forward';
import { decodeQuantized } from '../quantizer/quantized';
import { syntheticLlama } from '../../bench/synthetic-llama';
import { parseRecipe } from '../recipe/recipe';
import { parseResult } from '../report/read-result';
import { resultsText } from './figure-files';
import { MemoryRunStore } from './run-store';
import { prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';

const gpu = await testGpu();
const fixture = await loadFixture('qwen2');
const VOCABULARY = Number(fixture.source.config.vocab_size);
/** A letter a token. */
const letter = (id: number) => String.fromCodePoint(0x4e00 + id);
const tokenizer = {
  model: {
    ...{ type: 'BPE', merges: [], unk_token: null },
    vocab: Object.fromEntries(Array.from({ length: VOCABULARY }, (_, id) => [letter(id), id])),
  },
  ...{ normalizer: null, pre_tokenizer: null, post_processor: null, decoder: { type: 'Fuse' }, added_tokens: [] },
};
const bare = await tinyCheckpoint('qwen2');
const checkpoint = { ...bare, tokenizer, tokenizerConfig: {} };
const PROMPT = [3, 14, 15, 9];
const TOKENS = 6;
const recipeWith = (continuation: unknown) =>
  parseRecipe({
    version: 1,
    rows: [
      { method: 'rtn', options: { bits: 2 } },
      { method: 'rtn', options: { bits: 8 } },
    ],
    calibration: { source: 'random', file: null, windows: 2, length: 8, seed: 1 },
    heldOut: { file: null, windows: 1 },
    continuation,
  });
const asked = { prompt: PROMPT.map(letter).join(''), tokens: TOKENS };

describe('continuations of a prompt', () => {
  it('are in the plan’s memory', async () => {
    // Of many blocks, so that nothing else takes as much as the whole network twice.
    const deep = await syntheticLlama({
      ...{ name: 'deep', hidden: 32, heads: 2, keyHeads: 1, ffn: 128, vocabulary: VOCABULARY, blocks: 12, tied: true },
    });
    const prepare = (continuation?: object) =>
      prepareTiny(gpu, { ...deep, tokenizer, tokenizerConfig: {} }, recipeWith(continuation));
    const prepared = await prepare(asked);
    expect(prepared.plan.gpuBytes).toBeGreaterThan(1.5 * (await prepare()).plan.gpuBytes);
    const before = gpu.buffers.bytesInUse;
    gpu.buffers.resetPeak();
    await runToEnd(prepared, { gpu });
    const ratio = prepared.plan.gpuBytes / (gpu.buffers.peakBytes - before);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });

  it('are the float64 twin’s, with both probabilities of the first token that differs', async () => {
    const prepared = await prepareTiny(gpu, checkpoint, recipeWith(asked));
    expect(prepared.plan.notes.join(' ')).toContain('18 passes of 4 to 9 tokens');
    const before = gpu.buffers.bytesInUse;
    const store = new MemoryRunStore();
    const result = await runToEnd(prepared, { gpu, store });
    expect(gpu.buffers.bytesInUse).toBe(before);
    const found = result.continuations;
    const twin = async (row: number | null) => {
      const own = { ...fixture.source, tensors: new Map(fixture.source.tensors) };
      for (const linear of row === null ? [] : prepared.linears) {
        const stored = await store.loadLayer(row ?? 0, linear.index);
        const plain = fixture.source.tensors.get(linear.weight);
        if (!stored?.tensor || !plain) throw new Error(`the run has stored no ${linear.name}`);
        own.tensors.set(linear.weight, { ...plain, values: decodeQuantized(stored.tensor) });
      }
      const next = (ids: readonly number[]) => {
        const logits = referenceForward(own, Uint32Array.from(ids), { windows: 1, length: ids.length }).get('logits');
        if (!logits) throw new Error('the twin has no logits');
        return [...logits.data.subarray((ids.length - 1) * logits.cols)];
      };
      const ids = [...PROMPT];
      while (ids.length < PROMPT.length + TOKENS) {
        const logits = next(ids);
        ids.push(logits.indexOf(Math.max(...logits)));
      }
      return { ids: ids.slice(PROMPT.length), next };
    };
    const full = await twin(null);
    expect(found?.full).toEqual(full.ids.map(letter));
    expect(found?.rows.map(({ row }) => row)).toEqual([0, 1]);
    const probability = (logits: readonly number[], id: number) =>
      Math.exp(logits[id]) / logits.reduce((sum, value) => sum + Math.exp(value), 0);
    for (const { row, pieces, differs } of found?.rows ?? []) {
      const own = await twin(row);
      expect(pieces).toEqual(own.ids.map(letter));
      const at = own.ids.findIndex((id, i) => id !== full.ids[i]);
      expect(differs?.at ?? -1).toBe(at);
      if (!differs) continue;
      const read = [...PROMPT, ...full.ids.slice(0, at)];
      const [byFull, byRow] = [full.next(read), own.next(read)];
      for (const [chance, id] of [
        [differs.full, full.ids[at]],
        [differs.own, own.ids[at]],
      ] as const) {
        expect(chance.piece).toBe(letter(id));
        expect(chance.byFull).toBeCloseTo(probability(byFull, id), 5);
        expect(chance.byRow).toBeCloseTo(probability(byRow, id), 5);
      }
    }
    // Two bits leave little of so small a network.
    expect(found?.rows[0].differs).not.toBeNull();
    expect(parseResult(JSON.parse(resultsText(result))).continuations).toEqual(found);
  });

  it('are asked for within bounds, and of networks that write', async () => {
    for (const [wrong, why] of [
      [{ prompt: '', tokens: 4 }, 'continuation.prompt is ""'],
      [{ prompt: 'a', tokens: 65 }, 'continuation.tokens is 65'],
      [{ prompt: 'a', tokens: 4, style: 'plain' }, 'it may have prompt, tokens'],
      ['once', 'recipe.continuation is "once"'],
    ] as const) {
      expect(() => recipeWith(wrong)).toThrow(why);
    }
    await expect(prepareTiny(gpu, bare, recipeWith(asked))).rejects.toThrow('There is no tokenizer.json');
    const long = { prompt: letter(3).repeat(2000), tokens: 64 };
    await expect(prepareTiny(gpu, checkpoint, recipeWith(long))).rejects.toThrow('shorten it');
  });

  it('are refused in results where they are none', () => {
    const good = {
      prompt: 'a',
      tokens: 1,
      promptTokens: 1,
      full: ['b'],
      rows: [{ row: 0, pieces: ['c'], differs: null }],
    };
    for (const change of [
      { full: 'b' },
      { full: Array(65).fill('b') },
      { full: ['b'.repeat(1001)] },
      { rows: [{ row: 0, pieces: ['c'], differs: { at: 99, full: {}, own: {} } }] },
      { rows: [{ row: 0, pieces: ['c'], differs: { at: 0, full: { piece: 1 }, own: {} } }] },
    ]) {
      expect(() =>
        parseResult(JSON.parse(resultsText({ ...fakeResult(), continuations: { ...good, ...change } as never }))),
      ).toThrow('not a result of the studio');
    }
  });
});
