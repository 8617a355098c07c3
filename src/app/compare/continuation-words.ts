/** The words of one prompt's continuation under every row. */
import { inLanguage } from '../language/in-language';

interface Chance {
  readonly text: string;
  readonly byRow: string;
  readonly byFull: string;
}

const quoted = (text: string) => (text.trim() === '' ? continuationWords.blank : `“${text.trim()}”`);

export const continuationWords = {
  title: 'The same prompt under every row',
  hint: (tokens: string) =>
    `The likeliest next token, up to ${tokens} times. The first one that is not full precision’s is framed; after it the two read different texts.`,
  prompt: 'Prompt',
  full: 'Full precision',
  same: 'Token for token the same as full precision.',
  end: '■',
  blank: 'the end, or a space',
  differs: (place: string, own: Chance, full: Chance) =>
    `Token ${place} is ${quoted(own.text)} (${own.byRow} here, ${own.byFull} under full precision), and full precision’s is ${quoted(full.text)} (${full.byRow} here, ${full.byFull} under full precision).`,
};

await inLanguage({ continuationWords }, { 'zh-CN': () => import('./continuation-words.zh-CN') });
