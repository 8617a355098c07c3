/**
 * The first tokens of a long text from a part of it. Tokenizing takes time that grows with the text, faster than it for tokenizers
 * that do not split words first, and a run needs a few thousand tokens of what may be megabytes.
 *
 * A part ends before a space between two letters or digits of ASCII. Where no token of the vocabulary reaches over such a place, no merge
 * does (BPE makes only tokens of the vocabulary), no best path does (Unigram) and no word does, so what stands before it is tokenized as
 * in the whole text. That is read off the vocabulary; as normalizers may do anything, two parts of different lengths must agree as well.
 */

/** Characters that stand for a space in vocabularies: itself, SentencePiece's and that of byte-level BPE. */
const OVER_A_SPACE = /[A-Za-z0-9][ \u2581\u0120]/;
const PLACE = /[A-Za-z0-9] (?=[A-Za-z0-9])/g;

/** Tokens more than are needed, which are compared and dropped: special ones may end a text. */
const MARGIN = 16;

/** Characters a token that are tried first; English has about four. */
const CHARACTERS = 6;

/** True when no token of tokenizer.json reaches over a space after a letter or digit. */
export function splitsAtSpaces({ model, added_tokens: added }: Readonly<Record<string, unknown>>): boolean {
  const vocabulary = typeof model === 'object' && model !== null && 'vocab' in model ? model.vocab : null;
  const names = Array.isArray(vocabulary)
    ? vocabulary.map((entry: unknown) => (Array.isArray(entry) ? (entry[0] as unknown) : entry))
    : Object.keys(vocabulary ?? {});
  const special = Array.isArray(added)
    ? added.map((token: unknown) =>
        typeof token === 'object' && token !== null && 'content' in token ? token.content : '',
      )
    : [];
  return (
    names.length > 0 && [...names, ...special].every((name) => typeof name !== 'string' || !OVER_A_SPACE.test(name))
  );
}

/** Up to this many characters a text is tokenized whole: that takes a moment. */
export const LONG_TEXT = 2 ** 15;

/** At least the first `count` tokens of a text, or all of them. */
export function firstTokens(text: string, count: number, encode: (text: string) => number[]): number[] {
  if (text.length <= LONG_TEXT) return encode(text);
  const needed = count + 2 * MARGIN;
  let before: number[] | null = null;
  for (let size = needed * CHARACTERS; size < text.length; size *= 2) {
    const end = placeBefore(text, size);
    if (end === null) break;
    const ids = encode(text.slice(0, end));
    const sure = ids.length - MARGIN;
    // The first part is compared with a shorter one.
    before ??= shorter(text, end, encode);
    if (before === null || !begins(before, ids)) break;
    if (sure >= count) return ids.slice(0, sure);
    before = ids;
  }
  return encode(text);
}

function shorter(text: string, end: number, encode: (text: string) => number[]): number[] | null {
  const place = placeBefore(text, Math.floor(end * 0.9));
  return place === null ? null : encode(text.slice(0, place));
}

/** True when two encodings begin alike, but for what may end the shorter one. */
function begins(short: readonly number[], long: readonly number[]): boolean {
  const sure = short.length - MARGIN;
  return sure <= long.length && short.slice(0, Math.max(0, sure)).every((id, i) => long[i] === id);
}

/** Where to end a part of at most `size` characters; null when there is no such place in its last half. */
function placeBefore(text: string, size: number): number | null {
  const from = Math.floor(size / 2);
  const found = [...text.slice(from, size).matchAll(PLACE)].at(-1);
  return found === undefined ? null : from + found.index + 1;
}
