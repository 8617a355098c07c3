import { expect, it } from 'vitest';
import { Random } from '../base/random';
import { leastSalient, normalizedAttention, probeQueries, tokenWeights } from './token-weights';

it('divides received attention by who can see a token', () => {
  const received = [8, 6, 2, 1];
  expect([...normalizedAttention(received, 'none')]).toEqual(received);
  expect([...normalizedAttention(received, 'linear')]).toEqual([2, 2, 1, 1]);
  expect([...normalizedAttention(received, 'root')]).toEqual([4, 6 / Math.sqrt(3), Math.SQRT2, 1].map(near));
  // Probes 0 and 2: tokens 0 is seen by both, 1 and 2 by one, 3 by none.
  expect([...normalizedAttention([1.5, 0.25, 0.25, 0], 'probes', [1, 0, 1, 0])]).toEqual([0.75, 0.25, 0.25, 0]);
});

it('brings scores to 1 … most, and equal ones to 1', () => {
  expect([...tokenWeights([0.5, 1.5, 1], 3)]).toEqual([1, 3, 2]);
  expect([...tokenWeights([0.5, 0.5], 10)]).toEqual([1, 1]);
  expect(() => tokenWeights([1], 0.5)).toThrow('at most 0.5');
});

it('finds the least salient tokens, none at a share of 0', () => {
  expect([...leastSalient([3, 1, 2, 1, 9], 0.4)]).toEqual([0, 1, 0, 1, 0]);
  expect([...leastSalient([3, 1, 2], 0)]).toEqual([0, 0, 0]);
  expect([...leastSalient([1, 1, 1], 0.67)]).toEqual([1, 1, 0]);
});

it('takes the last queries and as many others as probes, the same for a seed', () => {
  const probes = probeQueries(100, new Random(1));
  expect(probes.filter((v) => v === 1)).toHaveLength(10);
  expect([...probes.slice(95)]).toEqual([1, 1, 1, 1, 1]);
  expect(probeQueries(100, new Random(1))).toEqual(probes);
  expect([...probeQueries(1, new Random(2))]).toEqual([1]);
});

const near = (v: number) => expect.closeTo(v, 12) as number;
