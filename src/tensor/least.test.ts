/** Masks of the least, against their twin. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { leastSalient, normalizedAttention, probeQueries } from '../numerics/token-weights';
import { leastMask, leastRows } from './least';
import { matrix } from './reference/matrix';
import { expectClose, randomMatrix, upload } from './testing';

describe('the least', async () => {
  const gpu = await testGpu();

  it.each([1, 7, 13, 40])('of rows of %i numbers are the twin’s, divided by how many probes see them', async (cols) => {
    const scores = matrix(3, cols, randomMatrix(3, cols, cols).data.map(Math.abs));
    const byQuery = probeQueries(cols, new Random(cols));
    const seen = Float64Array.from(byQuery, (_, j) => byQuery.slice(j).reduce((a, b) => a + b, 0));
    const divisors = upload(gpu, matrix(1, cols, seen));
    for (const share of [0, 0.4, 1]) {
      const least = Math.floor(share * cols);
      const wide = 8 * Math.ceil(cols / 8);
      const [mask, rows, others] = [matrix(3, cols), matrix(1, 3 * wide), matrix(3, cols)];
      for (let r = 0; r < 3; r++) {
        const row = scores.data.subarray(r * cols, (r + 1) * cols);
        leastSalient(normalizedAttention(row, 'probes', byQuery), share).forEach((mark, j) => {
          mask.data[r * cols + j] = rows.data[r * wide + j] = mark;
          others.data[r * cols + j] = 1 - mark;
        });
      }
      await expectClose(leastMask(upload(gpu, scores), { least, divisors }), mask, 1e-9);
      await expectClose(leastRows(upload(gpu, scores), { least, divisors }), rows, 1e-9);
      await expectClose(leastMask(upload(gpu, scores), { least, divisors, others: true }), others, 1e-9);
    }
  });

  it('takes the earlier of equals', async () => {
    const same = upload(gpu, matrix(1, 5, Float64Array.of(2, 1, 2, 1, 1)));
    expect([...(await leastMask(same, { least: 2 }).read())]).toEqual([0, 1, 0, 1, 0]);
    expect(() => leastMask(same, { least: 2, divisors: upload(gpu, matrix(1, 4)) })).toThrow('1 × 4 divisors');
  });
});
