import { describe, expect, it } from 'vitest';
import { ladder, withoutEach } from './ablation';
import { parseRow } from './row';

const row = parseRow(
  { steps: [{ step: 'rotate' }, { step: 'activations', options: { bits: 4 } }, { step: 'gptq' }] },
  'row',
);
const steps = (rows: readonly (typeof row)[]) => rows.map((one) => one.steps.map(({ step }) => step).join(' '));

describe('ablation rows', () => {
  it('leave out each step in turn, and say which', () => {
    const rows = withoutEach({ ...row, name: 'Mine', paper: 'quarot' });
    expect(steps(rows)).toEqual(['activations gptq', 'rotate gptq', 'rotate activations']);
    expect(rows.map(({ name }) => name)).toEqual([
      'without Rotate · Mine',
      'without A4 token · Mine',
      'without GPTQ 3-bit · Mine',
    ]);
    for (const one of rows) expect(parseRow(JSON.parse(JSON.stringify(one)), 'row')).toEqual(one);
  });

  it('climb step by step, as far as the row itself', () => {
    const rows = ladder(row);
    expect(steps(rows)).toEqual(['rotate', 'rotate activations']);
    expect(ladder(row, 'QuaRot')[0].name).toBe('1 of 3: Rotate · QuaRot');
    expect(rows.map(({ name }) => name)).toEqual(['1 of 3: Rotate', '2 of 3: Rotate → A4 token']);
  });

  it('are none of a row of one step', () => {
    const one = { steps: row.steps.slice(0, 1) };
    expect([...withoutEach(one), ...ladder(one)]).toEqual([]);
  });
});
