/** The languages of the page, English first, and which of them a visitor gets. A language is a line here and a part beside each file of words. */

interface Spoken {
  /** Called by its own name, in every language. */
  readonly name: string;
  /** What browsers call it by, and the kinds of it that it does not serve. */
  readonly primary: string;
  readonly refuses: readonly string[];
  /** For Intl.ListFormat. */
  readonly lists: string;
  /** What code puts between and behind words. */
  readonly marks: { readonly comma: string; readonly semicolon: string; readonly stop: string; readonly gap: string };
  readonly bits: string;
}

export const LANGUAGES = {
  en: {
    name: 'English',
    primary: 'en',
    refuses: [],
    // Without the comma before 'and'.
    lists: 'en-GB',
    marks: { comma: ', ', semicolon: '; ', stop: '.', gap: ' ' },
    bits: 'bits',
  },
  'zh-CN': {
    name: '简体中文',
    primary: 'zh',
    // Who asks for traditional characters alone is not served by simplified ones.
    refuses: ['zh-tw', 'zh-hk', 'zh-mo', 'zh-hant'],
    lists: 'zh-CN',
    marks: { comma: '，', semicolon: '；', stop: '。', gap: '' },
    bits: '比特',
  },
} as const satisfies Record<string, Spoken>;

export type Language = keyof typeof LANGUAGES;

export const LANGUAGE_IDS = Object.keys(LANGUAGES) as Language[];

export interface Wishes {
  /** Of the address, '?lang=zh-CN': for this visit, and never stored. */
  readonly asked: string | null;
  /** What was chosen here before. */
  readonly stored: unknown;
  /** The browser's languages, the dearest first. */
  readonly preferred: readonly string[];
}

/** The address before the choice, the choice before the browser; English where none of them names a language that there is. */
export function chooseLanguage({ asked, stored, preferred }: Wishes): Language {
  const known = (id: unknown) => LANGUAGE_IDS.find((one) => one === id);
  return known(asked) ?? known(stored) ?? preferred.map(spokenAs).find((one) => one !== null) ?? 'en';
}

/** Digits, dates and lists: the visitor's own kind of the language ('en-GB'), else the language as such. */
export function localeOf(language: Language, preferred: readonly string[]): string {
  return preferred.find((one) => spokenAs(one) === language && isTag(one)) ?? language;
}

/** Browsers also hand on what their system calls a language, 'en-US@posix' for one, and Intl throws at that. */
function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false;
  }
}

function spokenAs(tag: string): Language | null {
  const lower = tag.toLowerCase();
  const is = (start: string) => lower === start || lower.startsWith(`${start}-`);
  const of = LANGUAGE_IDS.find((id) => is(LANGUAGES[id].primary) && !LANGUAGES[id].refuses.some(is));
  return of ?? null;
}
