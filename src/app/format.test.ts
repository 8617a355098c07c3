import { describe, expect, it } from 'vitest';
import * as format from './format';

describe('numbers', () => {
  it('are written with a power of ten below a thousandth, in one way', () => {
    expect(format.error(0.000314)).toBe('3.14e-4');
    expect(format.shortError(0.00091)).toBe('9.1e-4');
    expect(format.value(-0.000314)).toBe('-3.14e-4');
    expect(format.tick(0.0009)).toBe('9e-4');
    expect(format.tick(0.00025)).toBe('2.5e-4');
    expect(format.nats(0.00021)).toBe('2.10e-4');
    expect(format.perplexity(1.2e7)).toBe('1.20e7');
    for (const write of [format.error, format.shortError, format.value, format.tick]) {
      expect(write(0.001)).toMatch(/^0\.001/);
      expect(write(0.0009)).toMatch(/e-4$/);
    }
  });

  it('have as many decimals in a column, whatever they are', () => {
    expect([3, 0.212, 0.04, 3.252].map(format.fineBits)).toEqual(['3.000', '0.212', '0.040', '3.252']);
    expect([3, 4.528].map(format.bits)).toEqual(['3.00', '4.53']);
  });

  it('that are none are not available, and never zero', () => {
    for (const write of [format.error, format.perplexity, format.nats, format.distance]) {
      expect(write(NaN)).toBe(format.NOT_AVAILABLE);
      expect(write(Infinity)).toBe(format.NOT_AVAILABLE);
      expect(write(null)).toBe(format.NOTHING);
    }
  });

  it('of stored bits stay on a line with their unit', () => {
    expect(format.withBits('k-means VQ K256 d4', 4.5281)).toBe('k-means VQ K256 d4 ·\u00a04.53\u00a0bits');
    expect(format.bitsRange([3.125, 3.1254])).toBe('3.13');
    expect(format.bitsRange([2.24, 2.25])).toBe('2.24–2.25');
  });
});
