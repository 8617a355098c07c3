import { describe, expect, it } from 'vitest';
import { fakeResult } from '../../app/testing/fake-figures';
import type { RunResult } from '../../run/events';
import { describeSummary, summaryOf } from './summary';

/** Row 0 and row 1 are parts of row 2: by the losses of their windows. */
function withParts(losses: readonly (readonly number[])[]): RunResult {
  const result = fakeResult();
  const without = [[{ row: 2, steps: ['Rotate'] }], [{ row: 2, steps: ['A4 token', 'GPTQ 3-bit'] }]];
  return {
    ...result,
    plan: { ...result.plan, rows: result.plan.rows.map((row, i) => (i < 2 ? { ...row, without: without[i] } : row)) },
    rows: result.rows.map((row, i) =>
      i < losses.length ? { ...row, windows: { of: 'nll' as const, values: losses[i] } } : row,
    ),
  };
}

const said = (result: RunResult) => describeSummary(summaryOf(result, 2, 0)).split('\n');

describe('the summary of a run', () => {
  it('says what each part of a row loses against it', () => {
    const full = [1, 2, 3, 4, 5, 6];
    const result = withParts([full.map((loss) => loss + 0.25), full, full]);
    expect(said(result).slice(-3)).toEqual([
      'against GPTAQ 3-bit (log perplexity, nats a token, 6 windows):',
      '  without Rotate: +0.25 [0.25, 0.25]',
      '  without A4 token, GPTQ 3-bit: 0 [0, 0]',
    ]);
    expect(summaryOf(result, 2, 0).parts).toEqual([
      {
        ...{ row: 'GPTAQ 3-bit', of: 'nll', windows: 6 },
        parts: [
          { row: 'RTN 3-bit', without: ['Rotate'], difference: 0.25, interval: [0.25, 0.25] },
          { row: 'GPTQ 3-bit', without: ['A4 token', 'GPTQ 3-bit'], difference: 0, interval: [0, 0] },
        ],
      },
    ]);
  });

  it('gives no interval of few windows, and nothing where a window is no number', () => {
    const lines = said(
      withParts([
        [1, 2],
        [1, NaN],
        [2, 2],
      ]),
    ).slice(-2);
    expect(lines).toEqual(['  without Rotate: -0.5', '  without A4 token, GPTQ 3-bit: not available']);
  });

  it('says nothing of rows that are no parts of each other', () => {
    expect(summaryOf(fakeResult(), 1, 0).parts).toEqual([]);
  });
});
