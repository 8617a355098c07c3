import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { describeShared } from '../testing/shared';
import { firstTokens, LONG_TEXT, splitsAtSpaces } from './text-prefix';
import { openTokenizer } from './tokenizer';

const WORDS =
  'one small red bird sat on the mat, and looked. that tree; "rain" 1999 fell!\n\nOld  house near e.g. café x'.split(
    ' ',
  );

/** Words in any order, with punctuation, blank lines and double spaces. */
function prose(characters: number): string {
  const random = new Random(7);
  const words: string[] = [];
  for (let length = 0; length < characters; length += words[words.length - 1].length + 1) {
    words.push(WORDS[random.integer(WORDS.length)]);
  }
  return words.join(' ');
}

/** What is given to be encoded, in characters. */
function counting(encode: (text: string) => number[]) {
  const seen = { characters: 0 };
  const counted = (text: string) => {
    seen.characters += text.length;
    return encode(text);
  };
  return { seen, counted };
}

const sample = (name: string) =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../public/samples/stories-1m/${name}`, import.meta.url)), 'utf8'),
  ) as Record<string, unknown>;

describe('the first tokens of a long text', () => {
  it("are those of the whole text, with the sample's tokenizer", () => {
    const json = sample('tokenizer.json');
    expect(splitsAtSpaces(json)).toBe(true);
    const tokenizer = openTokenizer(json, sample('tokenizer_config.json'));
    const text = prose(2 * LONG_TEXT);
    const whole = tokenizer.encode(text);
    for (const count of [1, 100, 1024, 5000]) {
      const { seen, counted } = counting((part) => tokenizer.encode(part));
      const ids = firstTokens(text, count, counted);
      expect(ids.length).toBeGreaterThanOrEqual(count);
      expect(ids).toEqual(whole.slice(0, ids.length));
      expect(seen.characters).toBeLessThan(text.length);
      expect(tokenizer.encodeFirst(text, count)).toEqual(ids);
    }
    expect(tokenizer.encodeFirst(text, whole.length + 1)).toEqual(whole);
  });

  it('of 1.6 million characters take a small part of them', () => {
    const { seen, counted } = counting((part) => [...part].map((letter) => letter.charCodeAt(0)));
    expect(firstTokens(prose(1_600_000), 1024, counted).length).toBeGreaterThanOrEqual(1024);
    expect(seen.characters).toBeLessThan(20_000);
  });

  it.each<{ what: string; encode: (text: string) => number[] }>([
    { what: 'special tokens at its end', encode: (text) => [0, ...words(text), 1, 2] },
    {
      what: 'a tokenizer that looks at the end of the text first',
      encode: (text) => words(text).map((id) => id + text.length),
    },
    { what: 'a tokenizer that gives half as many tokens', encode: (text) => words(text).slice(0, text.length / 50) },
    { what: 'truncation', encode: (text) => words(text).slice(0, 500) },
  ])('are those of the whole text with $what', ({ encode }) => {
    const text = prose(3 * LONG_TEXT);
    const ids = firstTokens(text, 1000, encode);
    const whole = encode(text);
    expect(ids.slice(0, 1000)).toEqual(whole.slice(0, 1000));
    expect(ids.length).toBeGreaterThanOrEqual(Math.min(1000, whole.length));
  });

  it('of a text without spaces are taken from all of it', () => {
    const { seen, counted } = counting((part) => [...part].map((letter) => letter.charCodeAt(0)));
    const text = '字'.repeat(LONG_TEXT + 1);
    expect(firstTokens(text, 10, counted)).toHaveLength(text.length);
    expect(seen.characters).toBe(text.length);
  });

  it.each<{ what: string; json: Record<string, unknown>; splits: boolean }>([
    { what: 'words', json: { model: { vocab: { a: 0, '▁a': 1, '▁▁': 2, Ġthe: 3, '.Ġ': 4 } } }, splits: true },
    { what: 'a token over a space', json: { model: { vocab: { a: 0, 'of▁the': 1 } } }, splits: false },
    { what: 'a byte-level token over a space', json: { model: { vocab: { a: 0, ofĠtheĠ: 1 } } }, splits: false },
    {
      what: 'a Unigram vocabulary',
      json: {
        model: {
          vocab: [
            ['a', -1],
            ['▁b', -2],
          ],
        },
      },
      splits: true,
    },
    { what: 'a Unigram token over a space', json: { model: { vocab: [['a b', -1]] } }, splits: false },
    {
      what: 'an added token over a space',
      json: { model: { vocab: { a: 0 } }, added_tokens: [{ id: 1, content: 'end of text' }] },
      splits: false,
    },
    { what: 'no vocabulary', json: { model: {} }, splits: false },
  ])('are looked for only where no token reaches over a space: $what', ({ json, splits }) => {
    expect(splitsAtSpaces(json)).toBe(splits);
  });
});

describeShared(
  'checkpoints/stories260K',
  'the first tokens of a long text, without words that are split first',
  (path) => {
    it('are those of the whole text', () => {
      const json = (name: string) => JSON.parse(readFileSync(path + name, 'utf8')) as Record<string, unknown>;
      const tokenizer = openTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
      const text = prose(2 * LONG_TEXT);
      const whole = tokenizer.encode(text);
      const ids = tokenizer.encodeFirst(text, 2000);
      expect(ids.length).toBeLessThan(whole.length);
      expect(ids).toEqual(whole.slice(0, ids.length));
    });
  },
);

/** A number a word. */
function words(text: string): number[] {
  return text.split(' ').map((word) => word.length);
}
