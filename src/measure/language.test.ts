import { describe, expect, it } from 'vitest';
import { languageFigures } from './language';

describe('languageFigures', () => {
  it('is the exponential of the mean loss over all positions', () => {
    const figures = languageFigures({ nll: [10, 30], kl: [1, 3], positions: 10 });
    expect(figures.perplexity).toBeCloseTo(Math.exp(2), 12);
    expect(figures.kl).toBeCloseTo(0.2, 12);
    expect(figures.tokens).toBe(20);
  });

  it('gives an interval that holds the estimate and shrinks with more windows', () => {
    const losses = (count: number) => Array.from({ length: count }, (_, i) => 20 + (i % 5));
    const width = (count: number) => {
      const { interval, perplexity } = languageFigures({ nll: losses(count), kl: losses(count), positions: 10 });
      expect(interval[0]).toBeLessThanOrEqual(perplexity);
      expect(interval[1]).toBeGreaterThanOrEqual(perplexity);
      return interval[1] - interval[0];
    };
    expect(width(200)).toBeLessThan(width(10) / 2);
  });

  it('has a single window’s perplexity as its own interval', () => {
    const { interval, perplexity } = languageFigures({ nll: [12], kl: [0], positions: 4 });
    expect(interval).toEqual([perplexity, perplexity]);
  });
});
