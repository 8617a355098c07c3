import { describe, expect, it } from 'vitest';
import '../step/faces';
import { recipeDifference } from './difference';
import { parseRecipe } from './recipe';

const smooth = { step: 'smooth', options: { alpha: 0.5 } };
const gptq = { step: 'gptq', options: { bits: 3 } };
const cache = { step: 'cache' };

const recipeOf = (rows: readonly (readonly object[])[], more: object = {}) =>
  parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...more,
  });

describe('the difference of two recipes', () => {
  const before = recipeOf([[gptq], [smooth, gptq]]);

  it('is none of equal ones', () => {
    expect(recipeDifference(before, recipeOf([[gptq], [smooth, gptq]]))).toBeNull();
  });

  it.each([
    [[[gptq], [{ ...smooth, options: { alpha: 0.7 } }, gptq]], {}, 'row 2, Smooth: alpha was 0.5 and is 0.7'],
    [[[gptq], [gptq]], {}, 'row 2: its step 1 was Smooth and is GPTQ'],
    [[[gptq], [smooth, cache, gptq]], {}, 'row 2: its step 2 was GPTQ and is Cache'],
    [
      [
        [gptq, { step: 'eora' }],
        [smooth, gptq],
      ],
      {},
      'row 1: EoRA was added',
    ],
    [[[gptq], [smooth]], {}, 'row 2: GPTQ was taken out'],
    [[[gptq]], {}, '2 rows were to be computed and now 1'],
    [
      [[{ ...gptq, layers: [{ match: '*.down', keep: true }] }], [smooth, gptq]],
      {},
      'row 1, GPTQ: its rules for layers changed',
    ],
    [
      [[gptq], [smooth, gptq]],
      { calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 2 } },
      'calibration.seed was 1 and is 2',
    ],
  ])('is said by row, step and option: %j %j', (rows, more, words) => {
    const own = recipeDifference(before, recipeOf(rows, more));
    expect(own).toBe(words);
  });
});
