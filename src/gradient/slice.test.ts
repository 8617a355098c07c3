import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import * as twin from '../tensor/reference/gradient';
import { matrix } from '../tensor/reference/matrix';
import * as model from '../tensor/reference/model';
import { RowIndex } from '../tensor/rows';
import { randomMatrix, upload } from '../tensor/testing';
import { gatherRows, reverseRows } from './rows';
import { concatColumns, concatRows, placeColumns, sliceColumns, sliceRows } from './slice';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

describe('slices', async () => {
  const gpu = await testGpu();

  /** Rows, columns, first, count: aligned to vec4 and in every way not. */
  it.each([
    [1, 1, 0, 1],
    [3, 13, 0, 13],
    [3, 13, 5, 1],
    [9, 32, 8, 16],
    [5, 24, 4, 12],
    [2, 29, 1, 26],
    [2, 29, 2, 17],
    [2, 29, 3, 10],
    [2, 29, 21, 8],
  ])('of %i × %i: from %i on, %i of them', async (rows, cols, first, count) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(rows, cols, 1)],
      operation: (tape, [x]) => sliceColumns(tape, x, first, count),
      twin: ([x]) => twin.sliceColumns(x, first, count),
    });
    await expectGradients(gpu, {
      inputs: [randomMatrix(cols, rows, 1)],
      operation: (tape, [x]) => sliceRows(tape, x, first, count),
      twin: ([x]) => twin.sliceRows(x, first, count),
    });
  });

  it.each([
    [1, 1, 1, 0],
    [3, 5, 9, 2],
    [9, 16, 32, 8],
    [2, 4, 13, 9],
  ])('sets %i × %i among %i columns from %i on', async (rows, cols, all, first) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(rows, cols, 1)],
      operation: (tape, [x]) => placeColumns(tape, x, all, first),
      twin: ([x]) => {
        const y = matrix(rows, all);
        for (let at = 0; at < x.data.length; at++)
          y.data[Math.floor(at / cols) * all + first + (at % cols)] = x.data[at];
        return y;
      },
    });
  });

  it.each([[[1]], [[8, 8]], [[1, 1]], [[5, 3, 1, 7]], [[3, 16, 9]], [[4, 12, 4]]])(
    'sets parts of %j beside each other',
    async (sizes) => {
      for (const rows of [1, 9]) {
        await expectGradients(gpu, {
          inputs: sizes.map((cols, i) => randomMatrix(rows, cols, i)),
          operation: (tape, parts) => concatColumns(tape, parts),
          twin: (parts) => twin.concatColumns(parts),
        });
        await expectGradients(gpu, {
          inputs: sizes.map((height, i) => randomMatrix(height, rows, i)),
          operation: (tape, parts) => concatRows(tape, parts),
          twin: (parts) => twin.concatRows(parts),
        });
      }
    },
  );

  it.each([
    [1, 1, 1],
    [1, 7, 5],
    [3, 5, 13],
    [5, 1, 8],
  ])('reverses %i windows of %i tokens and %i columns', async (windows, length, cols) => {
    await expectGradients(gpu, {
      inputs: [randomMatrix(windows * length, cols, 1)],
      operation: (tape, [x]) => reverseRows(tape, x, length),
      twin: ([x]) => twin.reverseRows(x, length),
    });
  });

  it.each([
    { what: 'one row', rows: 1, ids: [0], distinct: true },
    { what: 'distinct rows', rows: 11, ids: [4, 0, 10, 7], distinct: true },
    { what: 'a permutation', rows: 9, ids: [3, 8, 0, 1, 7, 2, 6, 5, 4], distinct: true },
    { what: 'repeated rows', rows: 5, ids: [4, 0, 4, 4, 2, 0, 4, 4, 2], distinct: false },
    { what: 'one row many times', rows: 3, ids: new Array<number>(20).fill(1), distinct: false },
  ])('takes $what', async ({ rows, ids, distinct }) => {
    const index = RowIndex.from(gpu, ids, rows);
    expect(index.distinct).toBe(distinct);
    for (const cols of [1, 13, 24]) {
      await expectGradients(gpu, {
        inputs: [randomMatrix(rows, cols, 1)],
        operation: (tape, [table]) => gatherRows(tape, table, index),
        twin: ([table]) => model.gather(table, ids),
      });
    }
    index.release();
  });

  it('gives the same bits again for repeated rows', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => (i * i) % 7);
    const index = RowIndex.from(gpu, ids, 7);
    const [table, seed] = [new Parameter(upload(gpu, randomMatrix(7, 9, 1))), upload(gpu, randomMatrix(300, 9, 2))];
    const once = async () => {
      const tape = new Tape(gpu);
      tape.backward(gatherRows(tape, table, index), seed);
      const gradient = await table.grad?.read();
      tape.release();
      table.clearGrad();
      return gradient;
    };
    expect(await once()).toEqual(await once());
  });

  it('refuses what is not there', () => {
    expect(() => RowIndex.from(gpu, [0, 5], 5)).toThrow('row 5 of a table of 5');
    expect(() => RowIndex.from(gpu, [-1], 5)).toThrow('row -1');
    const tape = new Tape(gpu);
    const x = tape.constant(upload(gpu, randomMatrix(3, 4, 1)));
    expect(() => sliceColumns(tape, x, 2, 3)).toThrow('columns 2 + 3 of 3 × 4');
    expect(() => reverseRows(tape, x, 2)).toThrow('3 rows in windows of 2');
  });
});
