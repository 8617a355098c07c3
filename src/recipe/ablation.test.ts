import { describe, expect, it } from 'vitest';
import { ladder, leftOut, withoutEach } from './ablation';
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

describe('what rows leave out of each other', () => {
  const rows = (...all: { step: string; options?: object }[][]) =>
    leftOut(all.map((one) => parseRow({ steps: one }, 'row')));
  const [rotate, a4, gptq] = [{ step: 'rotate' }, { step: 'activations', options: { bits: 4 } }, { step: 'gptq' }];

  it('is each step in turn, and of a ladder what is still to come, whatever the rows are called', () => {
    const full = { ...row, name: 'Mine' };
    const found = leftOut([...ladder(full), full, ...withoutEach(full)]);
    const words = ['Rotate', 'A4 token', 'GPTQ 3-bit'];
    expect(found.map((one) => one.map(({ row: of, steps: left }) => [of, ...left]))).toEqual([
      [[2, words[1], words[2]]],
      [[2, words[2]]],
      [],
      [[2, words[0]]],
      [[2, words[1]]],
      [[2, words[2]]],
    ]);
  });

  it('is said of the largest rows alone, and of all of them', () => {
    expect(rows([gptq], [rotate, gptq], [a4, gptq])).toEqual([
      [
        { row: 1, steps: ['Rotate'] },
        { row: 2, steps: ['A4 token'] },
      ],
      [],
      [],
    ]);
  });

  it('is nothing where options or the order differ, or the steps are the same', () => {
    const other = { step: 'rotate', options: { heads: false } };
    const none = (count: number) => Array.from({ length: count }, () => []);
    expect(rows([rotate], [other, gptq])).toEqual(none(2));
    expect(rows([rotate, gptq], [rotate, gptq])).toEqual(none(2));
    expect(rows([{ step: 'equalize' }, rotate, gptq], [rotate, { step: 'equalize' }])).toEqual(none(2));
  });
});
