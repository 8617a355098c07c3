import { deflateSync, strToU8 } from 'fflate';
import { describe, expect, it } from 'vitest';
import { FAKE_RECIPE } from '../app/testing/fake-figures';
import { decodeLink, encodeLink, LINK_LIMIT } from './link';
import { PRESETS, rowOf } from './presets';

const packed = (value: unknown) =>
  `1.${Buffer.from(deflateSync(strToU8(typeof value === 'string' ? value : JSON.stringify(value)))).toString('base64url')}`;

const refused = (link: string) => {
  try {
    decodeLink(link);
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('the link was read');
};

describe('a recipe in a link', () => {
  it('comes out as it went in, with its sample', () => {
    const alone = { note: '', result: null, fault: null };
    expect(decodeLink(encodeLink({ recipe: FAKE_RECIPE, sample: 'stories-1m' }))).toEqual({
      recipe: FAKE_RECIPE,
      sample: 'stories-1m',
      ...alone,
    });
    for (const preset of PRESETS) {
      const recipe = { ...FAKE_RECIPE, rows: preset.rows() };
      expect(decodeLink(encodeLink({ recipe, sample: null }))).toEqual({ recipe, sample: null, ...alone });
    }
  });

  it('is short, and of letters that survive LaTeX and Markdown', () => {
    const nine = Array.from({ length: 9 }, (_, i) => rowOf('rescomp', { bits: 2 + (i % 7), alpha: i / 10 }));
    const link = encodeLink({ recipe: { ...FAKE_RECIPE, rows: nine }, sample: null });
    expect(link).toMatch(/^1\.[A-Za-z0-9_-]+$/);
    expect(link.length).toBeLessThan(600);
    expect(encodeLink({ recipe: FAKE_RECIPE, sample: 'stories-1m' }).length).toBeLessThan(420);
  });

  it('names no model of one’s own, and drops a sample that is not bundled', () => {
    expect(decodeLink(packed({ recipe: FAKE_RECIPE, sample: '../../etc' })).sample).toBeNull();
  });

  it('ignores unknown keys beside the recipe', () => {
    expect(decodeLink(packed({ recipe: FAKE_RECIPE, later: 1 })).recipe).toEqual(FAKE_RECIPE);
  });

  it.each([
    ['nothing', ''],
    ['another version', '2.AAAA'],
    ['other letters', '1.a+b/c='],
    ['bytes that are no deflate', '1.AAAAAAAA'],
    ['no JSON', packed('{')],
    ['no recipe', packed({})],
    ['null', packed('null')],
    ['an unknown method', packed({ recipe: { ...FAKE_RECIPE, rows: [{ method: 'magic' }] } })],
    ['a value out of range', packed({ recipe: { ...FAKE_RECIPE, rows: [rowOf('gptq', { bits: 99 })] } })],
    ['seventeen rows', packed({ recipe: { ...FAKE_RECIPE, rows: Array.from({ length: 17 }, () => rowOf('rtn')) } })],
    ['a cut-off link', encodeLink({ recipe: FAKE_RECIPE, sample: null }).slice(0, 60)],
  ])('refuses %s', (_, link) => {
    expect(refused(link).code).toBe('QS-LINK-01');
  });

  it('refuses a link that is too long before reading it', () => {
    expect(refused(`1.${'A'.repeat(LINK_LIMIT)}`).message).toContain('characters');
  });

  it('refuses a small link that inflates to a large one', () => {
    const bomb = packed(`{"recipe":"${' '.repeat(5_000_000)}"}`);
    expect(bomb.length).toBeLessThan(LINK_LIMIT);
    expect(refused(bomb).message).toContain('inflates');
  });
});
