/** Quantization beside outliers, against the float64 twin and by hand. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import type { ActivationFormat, Cells } from './activation-format';
import { Dressing, fakeQuantize } from './fake-quant';
import { fakeQuantizeInside, innerRanges } from './outliers';
import * as reference from './reference/outliers';
import { matrix } from './reference/matrix';
import { expectClose, randomMatrix, upload } from './testing';

const CELLS: Cells[] = [
  { per: 'column' },
  { per: 'column', tokens: 5 },
  { per: 'token' },
  { per: 'group', columns: 6 },
  { per: 'tensor' },
];

describe('outliers', async () => {
  const gpu = await testGpu();
  const format = (cells: Cells): ActivationFormat => ({ code: { kind: 'float offset', bits: 2 }, cells });

  it.each(CELLS)('stay beside ranges of the others: per $per', async (cells) => {
    const x = randomMatrix(2 * 24, 13, 5);
    const keptRows = Float64Array.from({ length: x.rows }, (_, row) => (row % 24 < 2 ? 1 : 0));
    const windows = { length: 21, pitch: 24 };
    const dressing = Dressing.of(gpu, x.rows, x.cols, { keptRows: upload(gpu, matrix(1, x.rows, keptRows)) });
    for (const share of [0, 0.05, 0.2, 0.6]) {
      const seen = { windows, dressing };
      const twin = { windows, dress: { keptRows } };
      const ranges = reference.innerRanges(x, cells, share, twin);
      await expectClose(innerRanges(upload(gpu, x), cells, share, seen), ranges, 1e-7);
      const expected = reference.fakeQuantizeInside(x, format(cells), share, twin);
      await expectClose(fakeQuantizeInside(upload(gpu, x), format(cells), share, seen), expected, 1e-5);
    }
    dressing.release();
  });

  it('are none with a share of 0: plain quantization, to the bit', async () => {
    const x = upload(gpu, randomMatrix(30, 12, 6));
    for (const cells of CELLS) {
      const plain = await fakeQuantize(x, format(cells)).read();
      expect(await fakeQuantizeInside(x, format(cells), 0).read()).toEqual(plain);
    }
  });

  it('leave the others their own range, by hand; equal values have an order', async () => {
    // Ten values, a fifth of them outliers: −50 and 90. The others span 0 … 3, whose levels 2 bits have.
    const x = upload(gpu, matrix(10, 1, Float64Array.of(0, 3, 1, 90, 2, 0.9, 0, -50, 2.2, 1.4)));
    const y = await fakeQuantizeInside(x, format({ per: 'column' }), 0.2).read();
    expect([...y]).toEqual([0, 3, 1, 90, 2, 1, 0, -50, 2, 1]);
    const same = upload(gpu, matrix(9, 1, new Float64Array(9).fill(7)));
    expect([...(await innerRanges(same, { per: 'column' }, 0.5).read())]).toEqual([7, 7]);
  });

  it('are found by rows at a time without changing a bit', async () => {
    const x = upload(gpu, randomMatrix(33, 9, 8));
    const whole = await innerRanges(x, { per: 'column' }, 0.3).read();
    const budget = gpu.workBudget;
    gpu.workBudget = 1;
    const cut = await innerRanges(x, { per: 'column' }, 0.3).read();
    gpu.workBudget = budget;
    expect(cut).toEqual(whole);
  });

  it('cannot be of dressed columns', () => {
    const x = upload(gpu, randomMatrix(8, 8, 1));
    const dressing = Dressing.of(gpu, 8, 8, { columnFactor: upload(gpu, randomMatrix(1, 8, 2)) });
    expect(() => innerRanges(x, { per: 'token' }, 0.1, { dressing })).toThrow('dressed columns');
    dressing.release();
  });
});
