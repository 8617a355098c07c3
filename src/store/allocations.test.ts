import { describe, expect, it } from 'vitest';
import { FAKE_RECIPE, fakeAllocation, fakeResult } from '../app/testing/fake-figures';
import '../step/faces';
import { parseRecipe } from '../recipe/recipe';
import { shownAllocations } from './allocations';
import { figuresOf, type RunFigures } from './run-view';

const rtn = (bits: number) => ({ step: 'rtn', options: { bits, groupSize: 32 } });
const allocate = { step: 'allocate', options: { budget: 2.5, candidates: '2,3,4' } };
const recipe = parseRecipe({
  ...FAKE_RECIPE,
  rows: [{ steps: [rtn(2)] }, { steps: [allocate, rtn(3)] }, { steps: [rtn(3)] }],
});

describe('an allocation', () => {
  const result = fakeResult(recipe);
  const row = 1;
  const allocation = fakeAllocation(result.plan);
  const rows = result.rows.map((one) => (one.row === row ? { ...one, allocation } : one));
  const figures: RunFigures = figuresOf({ ...result, rows });

  it('stands beside what all layers alike would come to, and the rows that are so', () => {
    const [shown, ...others] = shownAllocations(figures, recipe);
    expect(others).toEqual([]);
    expect(shown).toMatchObject({ row, allocation });
    expect(shown.uniform.map(({ name }) => name)).toEqual(allocation.candidates);
    // The first layer is pinned, at 120 bits.
    const [two] = shown.uniform;
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(two.bits).toBe(sum(allocation.layers.map(({ bits }) => bits[0])) + 120);
    expect(two.error).toBe(sum(allocation.layers.map(({ errors }) => errors[0])));
    expect(shown.uniform.map((one) => one.row)).toEqual([0, 2, null]);
    expect(shown.uniform.map((one) => one.measured?.row)).toEqual([0, 2, undefined]);
  });

  it('is there as soon as it was told, and once only at the end', () => {
    const { rows: _, ...rest } = figures;
    const live = { ...rest, rows: [], allocations: [{ row, allocation }] };
    expect(shownAllocations(live, recipe)).toMatchObject([{ row, measured: null }]);
    expect(shownAllocations({ ...figures, allocations: live.allocations }, recipe)).toHaveLength(1);
  });

  it('is none where nothing is known of the layers', () => {
    expect(shownAllocations({ ...figures, plan: null }, recipe)).toEqual([]);
    const plan = { ...result.plan, layers: result.plan.layers.map((layer) => ({ ...layer, rows: NaN })) };
    expect(shownAllocations({ ...figures, plan }, recipe)).toEqual([]);
  });
});
