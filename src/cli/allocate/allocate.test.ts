import { describe, expect, it } from 'vitest';
import type { Linear } from '../../model/architecture';
import type { Allotted } from '../../recipe/allotted';
import { expandRows, methodFor, plannedLedgerOf } from '../../recipe/rows';
import { parseRecipe } from '../../recipe/recipe';
import { Arguments } from '../command';
import { allocatedRecipe } from './recipe';
import { allocatingRow, budgetOf, withBudget } from './row';

const linears = ['a', 'b', 'c', 'd'].map((name, index) => ({ name, index, rows: 8, cols: 32 * (index + 1) }) as Linear);

function recipeFor(values: Record<string, string | boolean>) {
  return parseRecipe({
    version: 2,
    rows: [allocatingRow(new Arguments(values))],
    calibration: { source: 'random', file: null, windows: 4, length: 16, seed: 0 },
    heldOut: { file: null, windows: 2 },
  });
}

describe('the row of allocate', () => {
  it('rounds unless a method is named, and has the step’s own options', () => {
    const [row] = recipeFor({}).rows;
    expect(row.steps.map(({ step }) => step)).toEqual(['allocate', 'rtn']);
    const given = { measure: 'kl', candidates: '3,5', 'kl-windows': '4', tie: true, method: 'gptq', group: '16' };
    const [other] = recipeFor(given).rows;
    expect(other.steps[0].options).toMatchObject({
      measure: 'kl',
      candidates: '3,5',
      windows: 4,
      tie: true,
      keep: false,
    });
    expect(other.steps[1]).toMatchObject({ step: 'gptq', options: { groupSize: 16 } });
    expect(() => recipeFor({ measure: 'trace of nothing' })).toThrow(/measure is "trace of nothing"/);
  });
});

describe('a budget', () => {
  const recipe = recipeFor({});

  it('is bits, or bytes that become the bits at which the layers take no more', () => {
    expect(budgetOf('3.25', recipe, linears)).toBe(3.25);
    for (const bytes of [720, 777, 1000, 2000]) {
      const budget = budgetOf(`${bytes}B`, recipe, linears);
      const row = expandRows(withBudget(recipe, budget)).find(({ from }) => from === 0);
      if (!row) throw new Error('no row');
      const taken = plannedLedgerOf(row, linears).total / 8;
      expect(taken).toBeLessThanOrEqual(bytes);
      expect(taken).toBeGreaterThan(bytes - 0.01);
    }
  });

  it.each([
    ['1kbit', /must be bits for a weight \(3.5\) or bytes/],
    ['-3', /must be bits/],
    ['100B', /take 712 bytes at 2 bits and 2656 at 8/],
    ['1GB', /take 712 bytes at 2 bits and 2656 at 8/],
  ])('of %s is refused', (text, sentence) => {
    expect(() => budgetOf(text, recipe, linears)).toThrow(sentence);
  });
});

describe('an allocation as a recipe', () => {
  it('gives every layer what it got, by as few rules as there can be, and is read again', () => {
    const recipe = recipeFor({ 'or-kept': true });
    const found = expandRows(recipe).find(({ from }) => from === 0);
    if (!found) throw new Error('no row');
    const allocated = new Map<string, Allotted>([
      ['a', { bits: 4 }],
      ['b', { bits: 2 }],
      ['c', { bits: 4 }],
      ['d', 'keep'],
    ]);
    const row = { ...found, allocated };
    const written = parseRecipe(JSON.parse(JSON.stringify(allocatedRecipe(recipe, row, linears))));
    expect(written.rows[0].steps).toMatchObject([
      {
        step: 'rtn',
        options: { bits: 4 },
        layers: [
          { match: 'b', options: { bits: 2 } },
          { match: 'd', keep: true },
        ],
      },
    ]);
    const read = expandRows(written).find(({ from }) => from === 0);
    if (!read) throw new Error('no row');
    for (const { name } of linears) expect(methodFor(read, name)).toEqual(methodFor(row, name));
  });
});
