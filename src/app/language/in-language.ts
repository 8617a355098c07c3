/**
 * How a file of words comes to another language. The English words stand in the file itself, those of a language in one beside it
 * ('words.zh-CN.ts', the same names exported), fetched only where it is spoken, with the screen that needs it. The last line of the file
 *
 *     await inLanguage({ shared }, { 'zh-CN': () => import('./words.zh-CN') });
 *
 * puts them in the place of the English ones, before anything that imports the file is evaluated (what the first screen needs comes in one file,
 * first.zh-CN.ts). Whatever is missing stays English. A part must
 * import nothing that waits for it: of the page only format.ts, which is why that lies in a chunk of its own (vite.config.ts).
 */
import { language } from './language';
import type { Language } from './languages';

/** Words of the same form in another language: every string and every function of it, and nothing else. */
export type Said<T> = T extends string
  ? string
  : T extends (...given: infer Given) => infer Out
    ? (...given: Given) => Said<Out>
    : T extends readonly unknown[]
      ? { readonly [K in keyof T]: Said<T[K]> }
      : T extends object
        ? { readonly [K in keyof T]: Said<T[K]> }
        : T;

/** The same names, whatever is in them: what is missing there, a test tells. */
export type Parts<T> = {
  readonly [L in Exclude<Language, 'en'>]: () => Promise<{ readonly [Name in keyof T]: object }>;
};

/** How many parts did not come: the page says it once. */
let missing = 0;
const listeners = new Set<() => void>();

export const missingParts = {
  count: () => missing,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

export async function inLanguage<T extends object>(english: T, parts: Parts<T>): Promise<void> {
  if (language === 'en') return;
  const part = await come(parts[language]);
  if (part) fill(english, part);
}

/** What is said in tables that are not the page's own, by its English; what the part has no words for stays English. */
export async function dictionaryIn(parts: {
  readonly [L in Exclude<Language, 'en'>]: () => Promise<{ readonly said: Dictionary }>;
}): Promise<(english: string) => string> {
  const said = language === 'en' ? {} : ((await come(parts[language]))?.said ?? {});
  return (english) => (Object.hasOwn(said, english) ? said[english] : english);
}

export type Dictionary = Readonly<Record<string, string>>;

/** Null where a part does not come: offline with files of an older version, say. English words are better than no screen. */
async function come<T>(part: () => Promise<T>): Promise<T | null> {
  try {
    return await part();
  } catch {
    missing++;
    for (const listener of listeners) listener();
    return null;
  }
}

/** Objects are gone through; strings, lists and functions are put in the place of those before. What only the words know is let be. */
export function fill(words: object, translated: object): void {
  const into = words as Record<string, unknown>;
  for (const [key, value] of Object.entries(translated)) {
    if (!Object.hasOwn(into, key)) continue;
    if (isTable(value) && isTable(into[key])) fill(into[key], value);
    else if (typeof value === typeof into[key]) into[key] = value;
  }
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
