import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { CATALOGUE } from '../method/catalogue';
import { expandRows, labelOf } from './rows';
import { parseRecipe } from './recipe';
import { parseMethodRow } from './row';

const recipe = {
  version: 1,
  rows: [{ method: 'gptq', options: { bits: 3 } }, { method: 'rescomp' }],
  calibration: { source: 'file', file: 'calibration.jsonl', windows: 16, length: 256, seed: 0 },
  heldOut: { file: null, windows: 8 },
};

describe('parseRecipe', () => {
  it('fills in defaults and is then stable', () => {
    const parsed = parseRecipe(recipe);
    expect(parsed.rows[1].steps[0].options).toMatchObject({ bits: 3, alpha: 0.25, variant: 'released' });
    expect(parseRecipe(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  it.each([
    [{ ...recipe, version: 3 }, 'version 3'],
    [{ ...recipe, rows: [] }, 'recipe.rows has 0 rows: it must have 1 to 16'],
    [{ ...recipe, rows: [{ method: 'awq' }] }, 'row 1: there is no step "awq"'],
    [{ ...recipe, rows: [{ method: 'gptq', options: { bits: 9 } }] }, 'bits is 9: it must be a whole number in 2 … 8'],
    [{ ...recipe, rows: [{ method: 'rtn', options: { alpha: 1 } }] }, 'RTN has no option "alpha"'],
    [{ ...recipe, rows: [{ method: 'gptq', options: { toString: 1 } }] }, 'no option "toString"'],
    [{ ...recipe, rows: [{ method: 'gptq', options: { damping: NaN } }] }, 'damping is null'],
    [{ ...recipe, calibration: { ...recipe.calibration, windows: 1e9 } }, 'calibration.windows'],
  ])('refuses %o', (given, sentence) => {
    expect(() => parseRecipe(given)).toThrow(sentence);
  });

  it('never fails with anything but its own error', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          parseRecipe(value);
        } catch (error) {
          expect(isStudioError(error)).toBe(true);
        }
      }),
    );
  });
});

describe('expandRows', () => {
  it('adds RTN on the first row’s grid', () => {
    const rows = expandRows(
      parseRecipe({ ...recipe, rows: [{ method: 'gptq', options: { bits: 4, groupSize: 64 } }] }),
    );
    expect(rows.map(({ method, baseline }) => [method, baseline])).toEqual([
      ['rtn', true],
      ['gptq', false],
    ]);
    expect(rows[0].options).toMatchObject({ bits: 4, groupSize: 64 });
  });

  it('takes an RTN row that is already there', () => {
    const rows = expandRows(
      parseRecipe({ ...recipe, rows: [recipe.rows[0], { method: 'rtn', options: { bits: 3 } }] }),
    );
    expect(rows.map(({ baseline }) => baseline)).toEqual([false, true]);
  });

  it('adds RTN at the nearest bits where the first row has codebooks', () => {
    const rows = expandRows(
      parseRecipe({ ...recipe, rows: [{ method: 'kmeans', options: { codewords: 64, dim: 2 } }] }),
    );
    expect(rows.map(({ label, baseline }) => [label, baseline])).toEqual([
      ['RTN 3-bit', true],
      ['k-means VQ K64 d2', false],
    ]);
  });

  it('gives every row a label of its own', () => {
    const rows = expandRows(parseRecipe({ ...recipe, rows: [recipe.rows[0], recipe.rows[0]] }));
    expect(rows.map(({ label }) => label)).toEqual(['RTN 3-bit', 'GPTQ 3-bit', 'GPTQ 3-bit (2)']);
    const row = parseMethodRow({ method: 'gptaq', options: { groupSize: 64, actOrder: true, alpha: 1 } }, '');
    expect(labelOf(row)).toBe('GPTAQ 3-bit g64 act α 1');
  });

  it('knows every method of the catalogue', () => {
    for (const { id, family } of CATALOGUE) {
      const words = labelOf(parseMethodRow({ method: id }, ''));
      // What a codebook costs depends on the layer, so no label promises bits.
      if (family === 'codebook') expect(words).not.toMatch(/\d b\b/);
      expect(words).toMatch(family === 'affine' ? /3-bit/ : /K\d+ d\d+/);
    }
  });
});
