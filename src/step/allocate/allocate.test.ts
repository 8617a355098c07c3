import { describe, expect, it } from 'vitest';
import { defaultOptions } from '../../method/parameters';
import type { Linear } from '../../model/architecture';
import type { NetworkFacts } from '../network-facts';
import type { AllottedLayer } from '../step';
import { allocate, totalsOf } from './allocate';
import { allocateFace } from './allocate.face';

const options = defaultOptions(allocateFace.parameters);
const WIDTHS = [2, 3, 4, 8];

/** A layer of so many weights that loses `scale` · 4⁻ᵇ. */
function layerOf(scale: number, weights = 100, stage = ''): AllottedLayer {
  const candidates = WIDTHS.map((bits) => ({ bits: bits * weights, error: scale * 4 ** -bits }));
  return { linear: {} as Linear, stage, candidates };
}

const widths = (layers: readonly AllottedLayer[], budget: number, more = {}) =>
  allocate.choose(layers, budget, { ...options, ...more }).picks.map((pick) => WIDTHS[pick]);

describe('the choice', () => {
  it('gives equal layers equal bits where the budget is a uniform one', () => {
    const layers = [1, 1, 1, 1, 1].map((scale) => layerOf(scale));
    for (const bits of WIDTHS) expect(widths(layers, 500 * bits)).toEqual([bits, bits, bits, bits, bits]);
  });

  it('gives more to a layer that loses more: by hand, two layers at a mean of 3', () => {
    // 2 and 4 bits cost 4⁻² + 100·4⁻⁴ = 0.453; 3 and 3 1.578; 4 and 2 6.254.
    expect(widths([layerOf(1), layerOf(100)], 600)).toEqual([2, 4]);
    expect(allocate.choose([layerOf(1), layerOf(100)], 600, options).front).toContainEqual([
      600,
      4 ** -2 + 100 * 4 ** -4,
    ]);
  });

  it('loses less with every larger budget, and never takes more', () => {
    const layers = [1, 7, 0.3, 20, 3].map((scale, i) => layerOf(scale, 60 + 30 * i));
    let last = Infinity;
    for (let budget = 1200; budget <= 4800; budget += 100) {
      const { bits, error } = totalsOf(layers, allocate.choose(layers, budget, options).picks);
      expect(bits).toBeLessThanOrEqual(budget);
      expect(error).toBeLessThanOrEqual(last);
      last = error;
    }
  });

  it('ties layers of one stage, and no others', () => {
    const layers = [layerOf(1, 100, 'a'), layerOf(100, 100, 'a'), layerOf(10, 100, 'b')];
    const [first, second, other] = widths(layers, 1000, { tie: true });
    expect(first).toBe(second);
    expect(200 * first + 100 * other).toBeLessThanOrEqual(1000);
    expect(widths(layers, 1000)).toEqual([2, 4, 4]);
  });

  it('by minimax spares the worst layer, and counts no sum', () => {
    const layers = [layerOf(1), layerOf(100)];
    expect(widths(layers, 600, { solver: 'minimax' })).toEqual([2, 4]);
    expect(widths(layers, 600, { solver: 'greedy' })).toEqual([2, 4]);
  });
});

describe('the step', () => {
  const facts = { head: true } as NetworkFacts;

  it('refuses a budget that no choice meets, and outputs where there are none', () => {
    expect(allocateFace.refuses?.(facts, options)).toBeNull();
    const narrow = { ...options, candidates: '4,8' };
    expect(allocateFace.refuses?.(facts, narrow)).toMatch(/3 bits .* 4 to 8 bits/);
    const blind = { ...options, measure: 'kl' };
    expect(allocateFace.refuses?.(facts, blind)).toBeNull();
    expect(allocateFace.refuses?.({ ...facts, head: false }, blind)).toMatch(/no output head/);
    expect(allocateFace.refuses?.({ ...facts, head: false }, options)).toBeNull();
  });

  it('says in words what is not usual', () => {
    expect(allocateFace.words(options)).toEqual(['Allocate', 'hessian']);
    const given = { ...options, measure: 'kl', candidates: '2,4', keep: true, tie: true, solver: 'minimax' };
    expect(allocateFace.words(given)).toEqual(['Allocate', 'kl', '2,4', 'or kept', 'tied', 'minimax']);
  });
});
