import { describe, expect, it } from 'vitest';
import { fakeResult, FAKE_RECIPE } from '../app/testing/fake-figures';
import { plannedLedgerOf } from '../recipe/rows';
import { sumLedgers } from '../quantizer/ledger';
import { rowLedgers } from './ledgers';
import { rowOf } from './presets';
import { figuresOf } from './run-view';
import { methodIn } from '../recipe/rows';

describe('ledgers of rows', () => {
  const result = fakeResult();
  const { plan } = result;

  it('are planned from the recipe where a result has none', () => {
    const ledgers = rowLedgers(figuresOf(result), FAKE_RECIPE);
    expect([...ledgers.keys()]).toEqual(plan.rows.map(({ row }) => row));
    for (const row of plan.rows) expect(ledgers.get(row.row)?.bitsPerWeight).toBe(row.bitsPerWeight);
  });

  it('are those of the layers where they are known', () => {
    const rows = [{ ...rowOf('kmeans', { codewords: 16, dim: 2 }) }];
    const own = sumLedgers(
      plan.layers.map(({ rows: r, cols }) => plannedLedgerOf(methodIn(rows[0]), [{ rows: r, cols }])),
    );
    const summaries = result.rows.map((one) => ({ ...one, ledger: own }));
    const ledgers = rowLedgers({ ...figuresOf(result), rows: summaries }, FAKE_RECIPE);
    expect([...ledgers.values()].every((ledger) => ledger === own)).toBe(true);
    expect(own.parts.zeros).toBe(0);
  });

  it('are none before a plan, and for a method that is not known here', () => {
    expect(rowLedgers({ ...figuresOf(result), plan: null }, FAKE_RECIPE).size).toBe(0);
    const foreign = { ...FAKE_RECIPE, rows: [{ steps: [{ step: 'later' as never, options: {} }] }] };
    expect(rowLedgers(figuresOf(result), foreign).size).toBe(0);
  });
});
