import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../method/catalogue';
import { assignStyles, METHOD_STYLES, SPARE_STYLES } from '../report/palette';

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

  it('gives every row of a full recipe and its baseline another dash or marker, in its method’s colour', () => {
    for (const methods of [
      ['rtn', ...Array.from({ length: 9 }, () => 'gptq')],
      Array.from({ length: 10 }, () => 'rtn'),
      ['rtn', 'gptq', 'gptaq', 'gptq', 'kmeans', 'gptaq', 'gptq', 'rtn', 'kmeans', 'vq4dit'],
    ]) {
      const styles = assignStyles(methods);
      expect(new Set(styles.map(({ dash, marker }) => `${dash.join(' ')} ${marker}`)).size).toBe(methods.length);
      styles.forEach(({ light, dark }, i) => {
        expect({ light, dark }).toEqual({
          light: METHOD_STYLES[methods[i]].light,
          dark: METHOD_STYLES[methods[i]].dark,
        });
      });
      methods.forEach((method, i) => {
        if (methods.indexOf(method) === i) expect(styles[i]).toBe(METHOD_STYLES[method]);
      });
    }
  });

  it('gives a method its colour whatever the order of the rows, and unknown ones colours of their own', () => {
    const [a, b] = [assignStyles(['gptq', 'gptaq', 'gptq']), assignStyles(['gptaq', 'gptq', 'gptq'])];
    expect(a[2].light).toBe(b[2].light);
    const unknown = assignStyles(['from-the-future', 'gptq', 'from-the-past']);
    expect(unknown[1]).toBe(METHOD_STYLES.gptq);
    expect(new Set(unknown.map((one) => one.light)).size).toBe(3);
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
