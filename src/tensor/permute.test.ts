import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { Indices } from './indices';
import { gatherColumns, permuteSymmetric, strictUpper, transpose } from './permute';
import * as twin from './reference/matrix';
import * as reference from './reference/rearrange';
import { expectClose, randomMatrix, SHAPES, upload } from './testing';

function permutation(n: number, seed: number): Uint32Array<ArrayBuffer> {
  const random = new Random(seed);
  const index = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const other = random.integer(i + 1);
    [index[i], index[other]] = [index[other], index[i]];
  }
  return index;
}

describe('rearrangements', async () => {
  const gpu = await testGpu();

  it.each(SHAPES)('of %i × %i equal their twins', async (rows, cols) => {
    const a = randomMatrix(rows, cols, 1);
    const index = permutation(cols, 2);
    await expectClose(transpose(upload(gpu, a)), twin.transpose(a), 1e-12);
    await expectClose(gatherColumns(upload(gpu, a), index), reference.gatherColumns(a, index), 1e-12);
    const upper = upload(gpu, a);
    strictUpper(upper);
    await expectClose(upper, reference.strictUpper(a), 1e-12);
  });

  it.each([1, 5, 8, 33, 100])('permutes rows and columns of size %i, and back', async (n) => {
    const h = randomMatrix(n, n, 1);
    const index = permutation(n, 3);
    const there = permuteSymmetric(upload(gpu, h), index);
    await expectClose(there, reference.permuteSymmetric(h, index), 1e-12);
    await expectClose(
      permuteSymmetric(
        there,
        index.map((_, column) => index.indexOf(column)),
      ),
      h,
      1e-12,
    );
  });

  it('takes some columns, some of them twice, from an index that stays on the GPU', async () => {
    const a = randomMatrix(9, 20, 1);
    const index = Uint32Array.of(19, 0, 0, 7, 3, 3, 3, 12, 1, 2, 5);
    const held = Indices.from(gpu, index);
    await expectClose(gatherColumns(upload(gpu, a), held), reference.gatherColumns(a, index), 1e-12);
    held.release();
  });

  it('drops NaN with the lower triangle', async () => {
    const a = randomMatrix(6, 6, 1);
    a.data[6] = NaN;
    const tensor = upload(gpu, a);
    strictUpper(tensor);
    await expectClose(tensor, reference.strictUpper(a), 1e-12);
  });

  it('refuses an index outside the columns or of another length', () => {
    const square = upload(gpu, randomMatrix(3, 3, 1));
    expect(() => gatherColumns(square, Uint32Array.of(0, 3))).toThrow('index 3 into 3 columns');
    expect(() => permuteSymmetric(square, Uint32Array.of(0, 1))).toThrow('2 indices for 3 columns');
  });
});
