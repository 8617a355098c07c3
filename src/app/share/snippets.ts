/** A link in the forms in which it is passed on. Pure functions of text; what is special in a form is escaped. */

export const FORMS = ['link', 'markdown', 'latex', 'html', 'embed'] as const;
export type Form = (typeof FORMS)[number];

export interface Shareable {
  /** The studio's address without its fragment. */
  readonly base: string;
  /** The text after '#/c/'. */
  readonly payload: string;
  /** What it is of, for people: 'RTN and GPTQ at 3 bits on stories-1m'. */
  readonly title: string;
  /** For the embedded view. */
  readonly theme: 'system' | 'light' | 'dark';
}

/** Pixels of an embedded chart with its caption, as it comes out at the width of a column of text. */
const EMBED_HEIGHT = 560;

export function addressOf({ base, payload }: Pick<Shareable, 'base' | 'payload'>): string {
  return `${base}#/c/${payload}`;
}

export function embedAddressOf({ base, payload, theme }: Omit<Shareable, 'title'>): string {
  return `${base}#/e/${payload}${theme === 'system' ? '' : `?theme=${theme}`}`;
}

export const SNIPPETS: Readonly<Record<Form, (of: Shareable) => string>> = {
  link: addressOf,
  markdown: (of) =>
    `[${markdownText(of.title)}](${addressOf(of).replace(/[()<>\\ ]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)})`,
  latex: (of) => `\\href{${latexAddress(addressOf(of))}}{${latexText(of.title)}}`,
  html: (of) => `<a href="${htmlText(addressOf(of))}">${htmlText(of.title)}</a>`,
  embed: (of) => frameOf({ address: embedAddressOf(of), title: of.title, height: EMBED_HEIGHT }),
};

/** A frame for another page's HTML. */
export function frameOf({ address, title, height }: { address: string; title: string; height: number }): string {
  return [
    `<iframe src="${htmlText(address)}"`,
    `  title="${htmlText(title)}" width="100%" height="${height}"`,
    `  loading="lazy" style="border:0"></iframe>`,
  ].join('\n');
}

export function htmlText(text: string): string {
  const special: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (letter) => special[letter]);
}

export function markdownText(text: string): string {
  return text.replace(/[\\`*_[\]<>#|~]/g, (letter) => `\\${letter}`).replace(/\s+/g, ' ');
}

export function latexText(text: string): string {
  const special: Readonly<Record<string, string>> = {
    '\\': '\\textbackslash{}',
    '~': '\\textasciitilde{}',
    '^': '\\textasciicircum{}',
  };
  return text.replace(/\s+/g, ' ').replace(/[\\~^#$%&_{}]/g, (letter) => special[letter] ?? `\\${letter}`);
}

/** Hyperref takes these escaped, also where the link is another command's argument. */
function latexAddress(address: string): string {
  return address.replace(/[#%&]/g, (letter) => `\\${letter}`);
}
