import { expect, it } from 'vitest';
import { precomputed } from '../app/precomputed';
import { overlapOf } from './overlap';
import { seriesOf, type Series } from './series';

const line = (row: number, factor: number): Series => ({
  ...{ row, method: 'gptq', label: `GPTQ ${row}`, short: `${row}`, baseline: row === 0, bits: 3, passing: null },
  points: [0.001, 0.01, 0.1, 1].map((y, x) => ({ x, name: `layer ${x}`, y: y * factor, status: 'done' })),
});

it('counts neighbours that are nearer than a fiftieth of the axis', () => {
  // Three decades of layers and their air: a fiftieth of it is some 16 %.
  expect(overlapOf([line(0, 1), line(1, 0.95)])).toEqual({ near: 4, pairs: 4, hides: true });
  expect(overlapOf([line(0, 1), line(1, 0.5)])).toEqual({ near: 0, pairs: 4, hides: false });
  expect(overlapOf([line(0, 1), line(1, 0.5), line(2, 0.49)])).toEqual({ near: 4, pairs: 8, hides: true });
  expect(overlapOf([line(0, 1), line(1, 0.5), line(2, 0.25), line(3, 0.245)]).hides).toBe(false);
});

it('has nothing to count without lines, with one, and at zero', () => {
  expect(overlapOf([])).toEqual({ near: 0, pairs: 0, hides: false });
  expect(overlapOf([line(0, 1)]).hides).toBe(false);
  expect(overlapOf([line(0, 0), line(1, 0)]).pairs).toBe(0);
});

it('says of the sample what one sees', () => {
  const { near, pairs, hides } = overlapOf(seriesOf(precomputed, 'heldOutOutput'));
  expect(pairs).toBe(3 * 35);
  expect(hides).toBe(2 * near >= pairs);
});
