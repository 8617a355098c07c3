import { expect, it } from 'vitest';
import { scanValues } from './values';

it('counts what is unusual and finds the largest finite magnitude', () => {
  const values = Float32Array.of(0, -0, 1e-40, -1e-45, NaN, Infinity, -Infinity, 2 ** -126, -7.5, 3);
  expect(scanValues(values)).toEqual({ nan: 1, infinite: 2, denormal: 2, zeros: 2, maxAbs: 7.5 });
});

it('works on part of a buffer, and on nothing', () => {
  expect(scanValues(Float32Array.of(NaN, 1, 2).subarray(1)).nan).toBe(0);
  expect(scanValues(new Float32Array())).toEqual({ nan: 0, infinite: 0, denormal: 0, zeros: 0, maxAbs: 0 });
});
