import { describe, expect, it } from 'vitest';
import { fakeResult } from '../app/testing/fake-figures';
import { createResultFiles, parseResult } from './result-file';

const file = (value: unknown) => new File([typeof value === 'string' ? value : JSON.stringify(value)], 'results.json');

describe('a results file', () => {
  it('opens as it was written', async () => {
    const store = createResultFiles();
    const result = fakeResult();
    const id = await store.getState().open(file(result));
    expect(id).toBe('file:1');
    expect(store.getState().imported[0].result).toEqual(result);
  });

  it.each([
    ['no JSON', 'not json'],
    ['a list', []],
    ['another version', { ...fakeResult(), version: 2 }],
    ['no plan', { ...fakeResult(), plan: null }],
    ['layers of another shape', { ...fakeResult(), layers: [{ row: 'one' }] }],
    [
      'errors that are words',
      { ...fakeResult(), layers: [{ ...fakeResult().layers[0], errors: { weight: 'small' } }] },
    ],
    [
      'a ledger that is none',
      {
        ...fakeResult(),
        rows: [{ ...fakeResult().rows[0], ledger: { weights: 1, total: 2, compression16: 8, parts: {} } }],
      },
    ],
  ])('is refused in one sentence: %s', async (_, value) => {
    const store = createResultFiles();
    expect(await store.getState().open(file(value))).toBeNull();
    expect(store.getState().failure?.code).toBe('QS-FILE-04');
    expect(store.getState().failure?.sentence).toMatch(/^This file is not a result of the studio: .+\.$/);
  });

  it('may be of a method that this version does not have', () => {
    const result = fakeResult();
    const rows = result.plan.rows.map((row) => ({ ...row, method: 'from-the-future' }));
    expect(parseResult({ ...result, plan: { ...result.plan, rows } }).plan.rows[0].method).toBe('from-the-future');
  });
});
