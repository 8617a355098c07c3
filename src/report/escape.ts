/**
 * Text from anywhere within files that a program reads: labels, names of models and layers may hold whatever a person typed. Each function
 * is for one place of one format; what control characters there are becomes a space.
 */

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]+/g;
/** Half of a pair is no character, and XML has no place for it. */
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** One line of whole characters. */
export function oneLine(text: string): string {
  return text.replace(CONTROLS, ' ').replace(LONE, '\ufffd');
}

const TEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''",
  // Letters that labels of rows have, and pdflatex has no glyphs for.
  Δ: '$\\Delta$',
  α: '$\\alpha$',
  β: '$\\beta$',
  γ: '$\\gamma$',
  λ: '$\\lambda$',
  μ: '$\\mu$',
  '→': '$\\rightarrow$',
  '±': '$\\pm$',
  '²': '\\textsuperscript{2}',
  '×': '$\\times$',
  '÷': '$\\div$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '−': '$-$',
  '·': '$\\cdot$',
  '–': '--',
  '—': '---',
  '’': "'",
  '“': '``',
  '”': "''",
  '…': '\\ldots{}',
  '\u00a0': '~',
  // What stood for no character has no glyph either.
  '\ufffd': '?',
};

/** Within a paragraph, a table's cell or a legend entry of LaTeX. Characters that are not named here stay: they need a Unicode font. */
export function tex(text: string): string {
  return [...oneLine(text)].map((letter) => TEX[letter] ?? letter).join('');
}

/** Letters that pdflatex has fonts for: those of Latin alphabets, and what `tex` writes in another way. */
const LATIN = /^[\u0020-\u017f]*$/;

/** A line that says so where a name holds others: none where all of them are Latin. */
export function unicodeNote(texts: readonly string[]): string[] {
  const latin = texts.every((text) => [...oneLine(text)].every((letter) => letter in TEX || LATIN.test(letter)));
  return latin ? [] : [texComment('Names in it hold letters that pdflatex has no font for: use lualatex or xelatex.')];
}

/** Within a comment of LaTeX: it ends with the line, so there is but one. */
export function texComment(text: string): string {
  return `% ${oneLine(text)}`;
}

/** Within a cell of a Markdown table: no cell ends early, and nothing becomes a link, a tag or emphasis. */
export function markdown(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]()#+!|~<>&$:@]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : `\\${sign}`))
    .replace(/www\./gi, (start) => `${start.slice(0, 3)}\\.`)
    .replace(/^[-=]/, '\\$&');
}

const XML: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' },
};

/** Within text or an attribute's value of XML and HTML. */
export function xml(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (sign) => XML[sign]);
}
