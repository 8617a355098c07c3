import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { add, axpy, combine, scaleColumns, scaleRows, subtract } from './elementwise';
import * as reference from './reference/rearrange';
import { expectClose, randomMatrix, SHAPES, upload } from './testing';

describe('elementwise operations', async () => {
  const gpu = await testGpu();

  it.each(SHAPES)('on %i × %i equal their twins', async (rows, cols) => {
    const [a, b] = [randomMatrix(rows, cols, 1), randomMatrix(rows, cols, 2)];
    const [byRow, byColumn] = [randomMatrix(1, rows, 3), randomMatrix(1, cols, 4)];
    const [onA, onB] = [upload(gpu, a), upload(gpu, b)];
    await expectClose(add(onA, onB), reference.combine(1, a, 1, b), 1e-6);
    await expectClose(subtract(onA, onB), reference.combine(1, a, -1, b), 1e-6);
    await expectClose(combine(0.5, onA, -3, onB), reference.combine(0.5, a, -3, b), 1e-6);
    const y = upload(gpu, b);
    axpy(-2, onA, y);
    await expectClose(y, reference.combine(-2, a, 1, b), 1e-6);
    const rowsScaled = upload(gpu, a);
    scaleRows(rowsScaled, upload(gpu, byRow));
    await expectClose(rowsScaled, reference.scaleRows(a, byRow), 1e-6);
    const columnsScaled = upload(gpu, a);
    scaleColumns(columnsScaled, upload(gpu, byColumn));
    await expectClose(columnsScaled, reference.scaleColumns(a, byColumn), 1e-6);
  });

  it('refuses shapes that do not fit, and a tensor updated from itself', () => {
    const [a, b] = [upload(gpu, randomMatrix(3, 4, 1)), upload(gpu, randomMatrix(4, 3, 2))];
    expect(() => add(a, b)).toThrow('3 × 4 with 4 × 3');
    expect(() => scaleRows(a, upload(gpu, randomMatrix(1, 4, 1)))).toThrow('1 × 4 scale for a length of 3');
    expect(() => axpy(1, a, a)).toThrow('from itself');
  });
});
