import { describe, expect, it } from 'vitest';
import type { Plan, PlannedRow, RowSummary, WindowFigures } from './events';
import { differenceOf, partGroups } from './paired-rows';

const planned = (row: number, without?: PlannedRow['without']) => ({ row, without }) as PlannedRow;
const nll = (values: WindowFigures['values']): WindowFigures => ({ of: 'nll', values });
const summary = (row: number, values: WindowFigures['values'] | null) =>
  ({ row, ...(values ? { windows: nll(values) } : {}) }) as RowSummary;

/** Row 2 has both steps, rows 0 and 1 one of them each; row 3 is of another kind. */
const plan = {
  rows: [
    planned(0, [{ row: 2, steps: ['Rotate'] }]),
    planned(1, [{ row: 2, steps: ['GPTQ'] }]),
    planned(2),
    planned(3),
  ],
} as unknown as Plan;

describe('partGroups', () => {
  it('sets each part against the row that has all the steps', () => {
    const full = [1, 2, 3, 4, 5, 6];
    const rows = [
      summary(
        0,
        full.map((value) => value + 0.5),
      ),
      ...[summary(1, full), summary(2, full), summary(3, full)],
    ];
    expect(partGroups(plan, rows)).toEqual([
      {
        full: 2,
        ...{ of: 'nll', windows: 6 },
        parts: [
          { row: 0, without: ['Rotate'], difference: { mean: 0.5, interval: [0.5, 0.5], windows: 6 } },
          { row: 1, without: ['GPTQ'], difference: { mean: 0, interval: [0, 0], windows: 6 } },
        ],
      },
    ]);
  });

  it('says where a part came to no number, and leaves out what has no windows', () => {
    const rows = [summary(0, [1, null]), summary(1, null), summary(2, [1, 2])];
    expect(partGroups(plan, rows)).toMatchObject([{ parts: [{ row: 0, difference: null }] }]);
    expect(partGroups(plan, [summary(0, [1]), summary(2, null)])).toEqual([]);
    expect(partGroups(plan, [])).toEqual([]);
  });
});

describe('differenceOf', () => {
  it('is of the same figure only', () => {
    expect(differenceOf(nll([2]), nll([1]))).toEqual({ mean: 1, interval: null, windows: 1 });
    expect(differenceOf(nll([2]), { of: 'hit', values: [1] })).toBeNull();
  });
});
