import { describe, expect, it } from 'vitest';
import { LIMIT_CHOICES, testGpu } from '../gpu/testing/gpus';
import { deadColumns, diagonal, readDiagonal, reviveDead, setDiagonalWhereDead } from './diagonal';
import * as reference from './reference/linalg';
import { expectClose, randomMatrix, upload } from './testing';

describe.each(LIMIT_CHOICES)('diagonal at %s limits', async (limits) => {
  const gpu = await testGpu({ limits });

  it.each([1, 5, 8, 33, 100])('of size %i equals its twin', async (n) => {
    const h = randomMatrix(n, n, 1);
    await expectClose(diagonal(upload(gpu, h)), reference.diagonal(h), 1e-12);
    expect([...(await readDiagonal(upload(gpu, h)))]).toEqual([...reference.diagonal(h).data]);
  });

  it('sets dead columns to one, leaves the others, and names them', async () => {
    const h = randomMatrix(13, 13, 1);
    for (const dead of [0, 4, 12]) h.data[dead * 13 + dead] = 0;
    const tensor = upload(gpu, h);
    const { dead, diagonal: before } = await reviveDead(tensor);
    expect(dead).toEqual([0, 4, 12]);
    expect(deadColumns(before)).toEqual(dead);
    for (const column of dead) h.data[column * 13 + column] = 1;
    await expectClose(tensor, h, 1e-12);
    setDiagonalWhereDead(tensor);
    await expectClose(tensor, h, 1e-12);
  });
});
