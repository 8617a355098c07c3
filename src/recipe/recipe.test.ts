import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../step/faces';
import { isStudioError } from '../base/errors';
import { CATALOGUE } from '../method/catalogue';
import { expandRows, labelOf } from './rows';
import { parseRecipe } from './recipe';
import { parseMethodRow } from './row';
import { shownRecipe } from './shown';

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
    for (const { id, family, parameters } of CATALOGUE) {
      const words = labelOf(parseMethodRow({ method: id }, ''));
      // What a codebook costs depends on the layer, so no label promises bits.
      if (family === 'codebook') expect(words).not.toMatch(/\d b\b/);
      if (family === 'affine') expect(words).toContain(` ${String(parameters.bits.default)}-bit`);
      else expect(words).toMatch(/K\d+ d\d+/);
      expect(words).not.toMatch(/undefined|null/);
    }
  });
});

describe('rows of version 2', () => {
  const parsed = (rows: unknown) => parseRecipe({ ...recipe, version: 2, rows });
  const gptq = { step: 'gptq', options: { bits: 3 } };

  it('are what rows of version 1 are read as', () => {
    const steps = recipe.rows.map(({ method, ...rest }) => ({ steps: [{ step: method, ...rest }] }));
    expect(parsed(steps)).toEqual(parseRecipe(recipe));
    expect(parseRecipe(recipe).version).toBe(2);
  });

  it('may have a name, which is their label, and say which preset they were set from', () => {
    const [row] = parsed([{ name: 'Three bits', paper: 'gptq', steps: [{ step: 'gptq' }] }]).rows;
    expect(row).toMatchObject({ name: 'Three bits', paper: 'gptq', steps: [{ step: 'gptq', options: { bits: 3 } }] });
    expect(labelOf(row)).toBe('Three bits');
  });

  it.each([
    [[{ steps: [] }], 'row 1.steps has 0 steps: it must have 1 to 16'],
    [[{ steps: 'gptq' }], 'row 1.steps is "gptq": it must be a list'],
    [[{ steps: [{ step: 'awq' }] }], 'row 1: there is no step "awq"'],
    [[{ steps: [{ step: 'constructor' }] }], 'row 1: there is no step "constructor"'],
    [[{ steps: [gptq, gptq] }], 'row 1: GPTQ and GPTQ are both steps of the slot weights, of which a row has one'],
    [[{ steps: [gptq], method: 'gptq' }], 'row 1 has "method": it may have name, paper, steps'],
    [[{ steps: [{ ...gptq, bits: 4 }] }], 'row 1, step 1 has "bits": it may have step, options'],
    [[{ steps: [gptq], name: 7 }], 'row 1.name is 7: it must be a text'],
    [[{ method: 'gptq' }], 'row 1 has "method"'],
  ])('refuse %j', (rows, sentence) => {
    expect(() => parsed(rows)).toThrow(sentence);
  });
});

describe('the recipe of a result', () => {
  it('is read whole where its steps are known', () => {
    expect(shownRecipe(recipe)).toEqual(parseRecipe(recipe));
  });

  it('loses its rows where a step is not, and keeps the data', () => {
    const later = { ...recipe, version: 9, rows: [{ steps: [{ step: 'from-the-future' }] }] };
    expect(shownRecipe(later)).toMatchObject({ rows: [], calibration: recipe.calibration });
    expect(() => shownRecipe({ version: 9 })).toThrow('recipe.rows is undefined');
    expect(() => shownRecipe({ version: 9, rows: [] })).toThrow('recipe.calibration is undefined');
  });
});
