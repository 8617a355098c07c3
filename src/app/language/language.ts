/**
 * The language of this page, chosen once when it loads: files of words fill themselves while they are evaluated, so a change loads the page anew.
 * A chart inside another page touches no storage, and goes by its address and the browser.
 */
import { browserStorage, persistIn } from '../../store/persist';
import { chooseLanguage, localeOf, type Language } from './languages';

const KEY = 'language';
const PARAMETER = 'lang';
const EMBEDDED = /^#\/e\//;

const page = typeof document === 'undefined' ? null : window.location;
const preferred = page ? navigator.languages : [];

/** English where there is no page: in tests, and where links are written. */
export const language: Language = chooseLanguage({
  asked: page && new URLSearchParams(page.search).get(PARAMETER),
  stored: page && !EMBEDDED.test(page.hash) ? persistIn(browserStorage()).read(KEY) : null,
  preferred,
});

/** For Intl; undefined is the machine's own. */
export const locale: string | undefined = page ? localeOf(language, preferred) : undefined;

if (page) document.documentElement.lang = language;

/** Keeps the choice, for the next time that the page loads. */
export function keepLanguage(chosen: Language): void {
  persistIn(browserStorage()).write(KEY, chosen);
}

/** Loads the page anew in the language that is kept: without what its address asked for. */
export function loadAnew(): void {
  const url = new URL(window.location.href);
  if (!url.searchParams.has(PARAMETER)) return window.location.reload();
  url.searchParams.delete(PARAMETER);
  window.location.replace(url);
}
