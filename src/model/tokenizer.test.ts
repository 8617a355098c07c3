import { describe, expect, it } from 'vitest';
import { openTokenizer } from './tokenizer';

/** Letters a … d, '_' for a space, and <s>, </s>; BOS by template or not. */
function tokenizerJson(template: boolean) {
  const vocab = { '<s>': 0, '</s>': 1, '<unk>': 2, _: 3, a: 4, b: 5, c: 6, d: 7, ab: 8 };
  const special = (content: string, id: number) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  });
  return {
    version: '1.0',
    added_tokens: [special('<s>', 0), special('</s>', 1)],
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '_' },
    pre_tokenizer: null,
    post_processor: template
      ? {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
          special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
        }
      : null,
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Replace', pattern: { String: '_' }, content: ' ' }, { type: 'Fuse' }],
    },
    model: { type: 'BPE', unk_token: '<unk>', fuse_unk: false, byte_fallback: false, vocab, merges: ['a b'] },
  };
}

const CONFIG = { bos_token: '<s>', eos_token: { content: '</s>' } };

describe('openTokenizer', () => {
  it('begins each text with one BOS where the post-processor says so', () => {
    const tokenizer = openTokenizer(tokenizerJson(true), CONFIG);
    expect(tokenizer.encode('ab cd')).toEqual([0, 8, 3, 6, 7]);
    expect(tokenizer.encode('<s>cd')).toEqual([0, 6, 7]);
    expect(tokenizer.encode('')).toEqual([0]);
    expect([tokenizer.beginning, tokenizer.end]).toEqual([0, 1]);
  });

  it('adds none where neither file does, and one where only the config does', () => {
    expect(openTokenizer(tokenizerJson(false), CONFIG).encode('cd')).toEqual([6, 7]);
    expect(openTokenizer(tokenizerJson(false), { ...CONFIG, add_bos_token: true }).encode('cd')).toEqual([0, 6, 7]);
    expect(openTokenizer(tokenizerJson(true), { ...CONFIG, add_bos_token: true }).encode('cd')).toEqual([0, 6, 7]);
  });

  it('gives back the text, without special tokens', () => {
    const tokenizer = openTokenizer(tokenizerJson(true), null);
    expect(tokenizer.decode(tokenizer.encode('ab cd a'))).toBe('ab cd a');
    expect(tokenizer.decode(Uint32Array.of(0, 6, 1))).toBe('c');
    expect(tokenizer.beginning).toBeNull();
  });

  it.each([
    ['no tokenizer', null, 'no tokenizer.json'],
    ['an empty object', {}, 'cannot be used'],
    ['an unknown model', { ...tokenizerJson(true), model: { type: 'Oracle' } }, 'cannot be used'],
  ])('refuses %s', (_, json, words) => {
    expect(() => openTokenizer(json, CONFIG)).toThrow(expect.objectContaining({ code: 'QS-FILE-08' }));
    expect(() => openTokenizer(json, CONFIG)).toThrow(words);
  });
});
