/** Captions: words to tokens, and a network that is asked for a list of them, each called by its number like a class. */
import { StudioError } from '../../../base/errors';
import { quoted } from '../../../checkpoint/wording';
import type { DiffusionNetwork, TextPlan } from '../image-model';

/** Most captions of a file. */
const MOST = 65_536;

/** Whether a network is asked by captions. */
export function readsCaptions({ ends }: Pick<DiffusionNetwork, 'ends'>): boolean {
  return 'text' in ends && ends.text !== null;
}

/** The start, the words, and padding; null is the caption that says nothing. Throws QS-RECIPE-01 on words there are not, or too many. */
export function tokensOf({ encoder, tokens }: TextPlan, caption: string | null): number[] {
  if (!encoder) throw new Error('bug: words without a text encoder');
  const { vocabulary, start, pad } = encoder;
  if (!vocabulary) {
    throw new StudioError(
      'QS-FILE-09',
      'No file beside this network says its words: add vocabulary.json, a list of them by token.',
    );
  }
  const words = (caption ?? '').trim().toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length + 1 > tokens) {
    throw new StudioError(
      'QS-RECIPE-01',
      `The caption ${quoted(caption ?? '')} has ${words.length} words, and this network reads at most ${tokens - 1}: leave some out.`,
      { words: words.length, limit: tokens - 1 },
    );
  }
  const known = vocabulary.filter((word) => word !== start && word !== pad);
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) {
    throw new StudioError(
      'QS-RECIPE-01',
      `This network does not know the word ${quoted(unknown)}: nearest are ${nearest(unknown, known).map(quoted).join(', ')} of the ${known.length} it knows.`,
      { word: unknown.slice(0, 80) },
    );
  }
  const ids = [start, ...words].map((word) => vocabulary.indexOf(word));
  return [...ids, ...Array<number>(tokens - ids.length).fill(vocabulary.indexOf(pad))];
}

/** The network with captions in the place of classes. Throws as `tokensOf`. */
export function withCaptions<N extends DiffusionNetwork>(network: N, captions: readonly string[]): N {
  const { ends } = network;
  if ('text' in ends && ends.text?.encoder) for (const caption of captions) tokensOf(ends.text, caption);
  return { ...network, classes: captions.length, classNames: captions, unasked: true };
}

/** The lines of a file of captions. Throws QS-FILE-09 where there are none, or too many. */
export function captionsIn(text: string, file: string): string[] {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  if (lines.length === 0 || lines.length > MOST) {
    throw new StudioError(
      'QS-FILE-09',
      `${quoted(file)} has ${lines.length} captions, and it must have 1 to ${MOST}, one a line: choose another file.`,
      { captions: lines.length },
    );
  }
  return [...new Set(lines)];
}

/** Three words that take the fewest changes of letters. */
function nearest(word: string, known: readonly string[]): string[] {
  return [...known].sort((a, b) => distance(word, a) - distance(word, b)).slice(0, 3);
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
