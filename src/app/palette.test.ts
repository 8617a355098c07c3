import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../method/catalogue';
import { assignStyles, looksOf, METHOD_STYLES, SPARE_STYLES, type LineStyle } from '../report/palette';

const tokens = readFileSync(new URL('./styles/tokens.css', import.meta.url), 'utf8');

/** A token's two values: light, dark. */
function token(name: string): [string, string] {
  const found = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(tokens);
  if (!found) throw new Error(`no token --${name}`);
  return [found[1], found[2]];
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours as WCAG counts it. */
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const all = [...Object.values(METHOD_STYLES), ...SPARE_STYLES];
const SURFACES = ['canvas', 'surface'] as const;

describe('the palette', () => {
  it('has a colour of its own for every method', () => {
    for (const { id } of CATALOGUE) expect(METHOD_STYLES[id], id).toBeDefined();
  });

  it('is legible: every line at least 3 : 1 on both surfaces of both themes', () => {
    for (const line of all) {
      for (const name of SURFACES) {
        const [light, dark] = token(name);
        expect(contrast(line.light, light), `${line.light} on ${name}`).toBeGreaterThanOrEqual(3);
        expect(contrast(line.dark, dark), `${line.dark} on dark ${name}`).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('never tells lines apart by colour alone', () => {
    const looks = all.map((line) => `${line.dash.join(' ')} ${line.marker}`);
    expect(new Set(looks).size).toBe(all.length);
  });

  const look = ({ dash, marker }: LineStyle) => `${dash.join(' ')} ${marker}`;
  const rowsOf = (...labels: readonly string[]) =>
    labels.map((label) => ({ method: label.split(' ')[0].toLowerCase().replace('k-means', 'kmeans'), label }));

  it('gives every row another dash or marker, in its method’s colour, and a method’s only row its own look', () => {
    for (const rows of [
      rowsOf('RTN', ...Array.from({ length: 9 }, (_, i) => `GPTQ α ${i}`)),
      rowsOf(...Array.from({ length: 16 }, (_, i) => `RTN ${i}`)),
      rowsOf(
        'RTN 3-bit',
        'GPTQ 3-bit',
        'GPTAQ 3-bit',
        'GPTQ 4-bit',
        'k-means K16',
        'GPTAQ 4-bit',
        'GPTQ 3-bit act',
        'RTN 4-bit',
      ),
      rowsOf(
        'GPTQ 3-bit g64',
        'GPTQ 4-bit g128',
        'GPTAQ 3-bit g64',
        'GPTAQ 4-bit g32',
        'VQ4DiT',
        'RTN 3-bit',
        'RTN 2-bit',
      ),
      rowsOf(...Object.keys(METHOD_STYLES).map((id) => `${id} 3-bit`), 'gptq 4-bit', 'gptaq 4-bit', 'rescomp 4-bit'),
    ]) {
      const styles = assignStyles(rows);
      expect(new Set(styles.map(look)).size).toBe(rows.length);
      rows.forEach(({ method }, i) => {
        expect(styles[i].light).toBe(METHOD_STYLES[method].light);
        expect(styles[i].dark).toBe(METHOD_STYLES[method].dark);
        if (rows.filter((row) => row.method === method).length === 1) expect(styles[i]).toBe(METHOD_STYLES[method]);
      });
    }
  });

  it('lets a dash mean the size in every colour, and a marker what else differs in a method’s rows', () => {
    const rows = rowsOf(
      'RTN 3-bit',
      'GPTQ 3-bit g64',
      'GPTQ 4-bit g64',
      'GPTQ 4-bit g128',
      'GPTAQ 4-bit',
      'GPTAQ 3-bit',
    );
    const { styles, meanings } = looksOf(rows);
    const [, a, b, c, d, e] = styles;
    expect(a.dash).toEqual(e.dash);
    expect(b.dash).toEqual(c.dash);
    expect(b.dash).toEqual(d.dash);
    expect(a.dash).not.toEqual(b.dash);
    expect(a.marker).toBe(b.marker);
    expect(d.marker).toBe(e.marker);
    expect(new Set([a.marker, c.marker, d.marker]).size).toBe(3);
    expect(meanings.map(({ channel, method, entries }) => [channel, method, entries.map(({ text }) => text)])).toEqual([
      ['dash', null, ['3-bit', '4-bit']],
      ['marker', 'gptq', ['g64', 'g128']],
    ]);
    for (const { channel, entries } of meanings) {
      const shown = entries.map(({ style }) => (channel === 'dash' ? style.dash.join(' ') : style.marker));
      expect(shown).toEqual(channel === 'dash' ? ['', b.dash.join(' ')] : [a.marker, c.marker]);
    }
    // The same of the same rows in another order.
    const reversed = looksOf(rows.toReversed());
    expect(reversed.styles.toReversed().map(({ dash }) => dash)).toEqual(styles.map(({ dash }) => dash));
  });

  it('has no meaning to tell where every method has one row', () => {
    const rows = rowsOf('RTN 3-bit', 'GPTQ 3-bit', 'GPTAQ 4-bit');
    expect(looksOf(rows)).toEqual({ styles: rows.map(({ method }) => METHOD_STYLES[method]), meanings: [] });
  });

  it('tells rows apart by lightness past all dashes and markers, ever more legibly', () => {
    const styles = assignStyles(rowsOf(...Array.from({ length: 33 }, (_, i) => `GPTQ ${i}`)));
    expect(new Set(styles.map((line) => `${look(line)} ${line.light} ${line.dark}`)).size).toBe(33);
    expect(new Set(styles.map(({ dash }) => dash.join(' '))).size).toBe(4);
    expect(new Set(styles.map(({ marker }) => marker)).size).toBe(5);
    for (const line of styles) {
      for (const name of SURFACES) {
        const [light, dark] = token(name);
        expect(contrast(line.light, light)).toBeGreaterThanOrEqual(3);
        expect(contrast(line.dark, dark)).toBeGreaterThanOrEqual(3);
      }
    }
  });

  it('gives a method its colour whatever the order of the rows, and unknown ones colours of their own', () => {
    const [a, b] = [rowsOf('GPTQ 3', 'GPTAQ', 'GPTQ 4'), rowsOf('GPTAQ', 'GPTQ 3', 'GPTQ 4')].map(assignStyles);
    expect(a[2].light).toBe(b[2].light);
    const unknown = assignStyles(rowsOf('from-the-future', 'gptq', 'from-the-past', 'constructor'));
    expect(unknown[1]).toBe(METHOD_STYLES.gptq);
    expect(new Set(unknown.map((one) => one.light)).size).toBe(4);
  });
});

describe('the tokens', () => {
  it.each(['text', 'text-2', 'text-3', 'link', 'ok', 'warn', 'error'])('%s is readable on every surface', (name) => {
    for (const surface of ['canvas', 'surface', 'sunken']) {
      token(name).forEach((color, theme) => {
        expect(contrast(color, token(surface)[theme]), `${name} on ${surface}`).toBeGreaterThanOrEqual(4.5);
      });
    }
  });

  it.each(['border', 'focus'])('%s can be seen on every surface', (name) => {
    for (const surface of ['canvas', 'surface', 'sunken']) {
      token(name).forEach((color, theme) => {
        expect(contrast(color, token(surface)[theme]), `${name} on ${surface}`).toBeGreaterThanOrEqual(3);
      });
    }
  });
});
