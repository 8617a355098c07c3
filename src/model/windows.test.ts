import { describe, expect, it } from 'vitest';
import { cutWindows, randomWindows } from './windows';

/** 'abc' → [0, 97, 98, 99]: a BOS and the letters. */
const letters = { encodeFirst: (text: string) => [0, ...[...text].map((letter) => letter.charCodeAt(0))] };

describe('cutWindows', () => {
  it('strings the ids together in order, across texts, and drops the rest', () => {
    const cut = cutWindows(['abcd', 'e', 'fgh'], letters, 4, 10);
    expect(cut.windows).toBe(2);
    expect([...cut.ids]).toEqual([0, 97, 98, 99, 100, 0, 101, 0]);
  });

  it('stops reading when it has enough', () => {
    function* endless() {
      for (;;) yield 'abc';
    }
    expect(cutWindows(endless(), letters, 6, 3)).toMatchObject({ windows: 3, length: 6 });
  });

  it('takes a text longer than the call stack is deep', () => {
    expect(cutWindows(['x'.repeat(300_000)], letters, 1000, Infinity).windows).toBe(300);
  });

  it.each([
    { texts: ['abc', 'd'], words: '6 tokens, and one window takes 7' },
    { texts: [], words: 'empty' },
  ])('refuses $texts for one window', ({ texts, words }) => {
    const cut = () => cutWindows(texts, letters, 7, 2);
    expect(cut).toThrow(expect.objectContaining({ code: 'QS-FILE-09' }));
    expect(cut).toThrow(words);
  });
});

describe('randomWindows', () => {
  it('covers the vocabulary, and repeats for the same seed', () => {
    const { ids } = randomWindows(7, 10, 30, 5);
    expect(ids).toHaveLength(300);
    expect([...new Set(ids)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(randomWindows(7, 10, 30, 5).ids).toEqual(ids);
    expect(randomWindows(7, 10, 30, 6).ids).not.toEqual(ids);
  });
});
