import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { diagonal, fallingOrder, setDiagonalWhereDead } from './diagonal';
import * as reference from './reference/linalg';
import { matrix } from './reference/matrix';
import { expectClose, randomMatrix, upload } from './testing';

describe('diagonal', async () => {
  const gpu = await testGpu();

  it.each([1, 5, 8, 33, 100])('of size %i equals its twin', async (n) => {
    const h = randomMatrix(n, n, 1);
    await expectClose(diagonal(upload(gpu, h)), reference.diagonal(h), 1e-12);
  });

  it('sets dead columns to one and leaves the others', async () => {
    const h = randomMatrix(13, 13, 1);
    for (const dead of [0, 4, 12]) h.data[dead * 13 + dead] = 0;
    const tensor = upload(gpu, h);
    for (const column of [0, 4, 12]) h.data[column * 13 + column] = 1;
    for (let twice = 0; twice < 2; twice++) {
      setDiagonalWhereDead(tensor);
      await expectClose(tensor, h, 1e-12);
    }
  });

  it.each([1, 7, 64, 65, 300])('%i columns in falling order, equal ones in their own', async (n) => {
    // Few different values, so that many are equal; negative ones and zeros among them.
    const values = randomMatrix(1, n, 3).data.map((value) => Math.round(2 * value) / 2 + 0);
    const { order, position } = fallingOrder(upload(gpu, matrix(1, n, values)));
    const expected = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
    expect([...(await order.read())]).toEqual(expected);
    expect([...(await position.read())]).toEqual([...values.keys()].map((column) => expected.indexOf(column)));
  });

  it('orders what is not a number as well: a permutation comes out whatever goes in', async () => {
    const values = matrix(1, 6, [1, NaN, Infinity, 2, -Infinity, NaN]);
    const { order } = fallingOrder(upload(gpu, values));
    expect([...(await order.read())].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
