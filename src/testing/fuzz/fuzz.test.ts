/**
 * Ten thousand damaged inputs of every kind that the studio reads: each gets a result, or one sentence with a code. A million:
 * node scripts/fuzz.mjs.
 */
import { describe, expect, it } from 'vitest';
import { casesOf, fuzzKinds } from './kinds';
import { caseRandom, runKind } from './run';

const CASES = 10_000;
const SEED = 1;
const kinds = await fuzzKinds();

describe('damaged input', () => {
  it.each(kinds.map((kind) => [kind.name, kind] as const))('%s', async (_, kind) => {
    const cases = casesOf(kinds, kind, CASES);
    const { taken, refused, faults } = await runKind(kind, { seed: SEED, cases });
    expect(faults).toEqual([]);
    expect(taken + refused).toBe(cases);
    // Damage that everything survives, or nothing, tests one path only.
    expect(refused).toBeGreaterThan(0);
  });

  it('is the same for the same seed', () => {
    const draw = (seed: number, index: number) => caseRandom(seed, 'link', index).uint32();
    expect(draw(1, 5)).toBe(draw(1, 5));
    expect(new Set([draw(1, 5), draw(1, 6), draw(2, 5)]).size).toBe(3);
  });

  it('is that of ten thousand cases in all', () => {
    const all = kinds.reduce((sum, kind) => sum + casesOf(kinds, kind, CASES), 0);
    expect(all).toBeGreaterThanOrEqual(CASES);
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length);
  });
});
