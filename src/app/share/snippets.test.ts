import { describe, expect, it } from 'vitest';
import { embedAddressOf, SNIPPETS, type Shareable } from './snippets';

const of: Shareable = {
  base: 'https://example.org/a%20b/?x=1&y=(2)',
  payload: '1.AbC_-9',
  title: 'RTN_3 & "50 %" <x> [y] #1 {z} ~ ^ \\ *b*',
  theme: 'dark',
};

describe('what is passed on', () => {
  it('is the plain address as a link', () => {
    expect(SNIPPETS.link(of)).toBe('https://example.org/a%20b/?x=1&y=(2)#/c/1.AbC_-9');
  });

  it('escapes what LaTeX would read, in the text and in the address', () => {
    const latex = SNIPPETS.latex(of);
    expect(latex).toBe(
      '\\href{https://example.org/a\\%20b/?x=1\\&y=(2)\\#/c/1.AbC_-9}' +
        '{RTN\\_3 \\& "50 \\%" <x> [y] \\#1 \\{z\\} \\textasciitilde{} \\textasciicircum{} \\textbackslash{} *b*}',
    );
  });

  it('keeps Markdown’s brackets to itself', () => {
    expect(SNIPPETS.markdown(of)).toBe(
      '[RTN\\_3 & "50 %" \\<x\\> \\[y\\] \\#1 {z} \\~ ^ \\\\ \\*b\\*](https://example.org/a%20b/?x=1&y=%282%29#/c/1.AbC_-9)',
    );
  });

  it('is no markup of its own in HTML', () => {
    const html = SNIPPETS.html({ ...of, title: '"><script>alert(1)</script>' });
    expect(html).not.toContain('<script');
    expect(html).toContain('x=1&amp;y=(2)#/c/1.AbC_-9"');
  });

  it('embeds with a title, and the theme only where one was chosen', () => {
    expect(SNIPPETS.embed(of)).toMatch(/^<iframe src="[^"]*#\/e\/1\.AbC_-9\?theme=dark"\s+title="/);
    expect(embedAddressOf({ ...of, theme: 'system' })).not.toContain('theme');
  });
});
