import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { gather, project, sliceRows, Table } from './embedding';
import { Indices } from './indices';
import * as matrices from './reference/matrix';
import { matrix } from './reference/matrix';
import * as reference from './reference/model';
import { expectClose, randomMatrix, upload } from './testing';

const SHAPES = [
  { rows: 1, cols: 1, tokens: 1 },
  { rows: 37, cols: 13, tokens: 5 },
  { rows: 64, cols: 16, tokens: 8 },
  { rows: 101, cols: 20, tokens: 67 },
];

describe('tables', async () => {
  const gpu = await testGpu();
  // One panel, then panels of 8, 16 and 24 rows.
  const cases = SHAPES.flatMap((shape) =>
    [null, 8, 16, 24].map((panelRows) => ({
      ...shape,
      panelRows,
      panelBytes: panelRows === null ? undefined : panelRows * Math.ceil(shape.cols / 8) * 32,
    })),
  );

  it.each(cases)(
    'gathers $tokens of $rows × $cols in panels of $panelRows',
    async ({ rows, cols, tokens, panelBytes }) => {
      const values = randomMatrix(rows, cols, 1);
      const ids = Uint32Array.from({ length: tokens }, (_, i) => (i * 29 + rows - 1) % rows);
      const table = Table.from(gpu, rows, cols, Float32Array.from(values.data), 'table', panelBytes);
      await expectClose(gather(table, Indices.from(gpu, ids)), reference.gather(values, ids), 1e-9);
    },
  );

  it.each(cases)(
    'projects $tokens on $rows × $cols in panels of $panelRows',
    async ({ rows, cols, tokens, panelBytes }) => {
      const [values, x] = [randomMatrix(rows, cols, 1), randomMatrix(tokens, cols, 2)];
      const table = Table.from(gpu, rows, cols, Float32Array.from(values.data), 'table', panelBytes);
      await expectClose(project(upload(gpu, x), table), matrices.matmul('nt', x, values), 2e-6);
    },
  );

  it.each([
    [0, 1],
    [3, 5],
    [2, 8],
    [1, 12],
  ])('cuts rows from %i, %i of them', async (first, count) => {
    const x = randomMatrix(13, 11, 1);
    const expected = matrix(count, 11, x.data.subarray(first * 11, (first + count) * 11));
    await expectClose(sliceRows(upload(gpu, x), first, count), expected, 1e-9);
  });

  it('refuses rows it does not have', () => {
    expect(() => sliceRows(upload(gpu, randomMatrix(4, 4, 1)), 2, 3)).toThrow('rows 2 + 3 of 4 × 4');
  });
});
