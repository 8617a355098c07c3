import { expect, it } from 'vitest';
import { minibatches } from './block-loss';
import type { Chunk } from './chunks';

function chunksOf(sizes: readonly number[]): Chunk[] {
  return sizes.map((windows) => ({ geometry: { windows, length: 16 }, heldOut: false, first: 0 }));
}

it.each([
  [[8], 8],
  [[31], 8],
  [[4, 4, 4, 2], 8],
  [[2, 2, 2, 2, 2, 2, 2], 3],
  [[1], 8],
  [[5, 5], 1],
  [[7, 3], 100],
])('cuts chunks of %j windows into even minibatches of at most %i, in order', (sizes, each) => {
  const heldOut: Chunk = { geometry: { windows: 9, length: 16 }, heldOut: true, first: 0 };
  const batches = minibatches([...chunksOf(sizes), heldOut], each);
  const total = sizes.reduce((sum, windows) => sum + windows, 0);
  expect(batches).toHaveLength(Math.ceil(total / each));
  const counts = batches.map((pieces) => pieces.reduce((sum, { windows }) => sum + windows, 0));
  expect(Math.max(...counts)).toBeLessThanOrEqual(each);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  const seen = batches.flat().flatMap(({ chunk, first, windows }) => {
    return Array.from({ length: windows }, (_, i) => [chunk, first + i]);
  });
  expect(seen).toEqual(sizes.flatMap((windows, chunk) => Array.from({ length: windows }, (_, i) => [chunk, i])));
});
