import { describe, expect, it } from 'vitest';
import {
  blockFactors,
  describeFactors,
  hadamardFactors,
  hadamardFrom,
  hadamardMatrix,
  nearestHadamard,
  orderOf,
} from './hadamard';

/** Orders with an odd quarter that can be built, with the construction that gives them. */
const QUARTERS: readonly (readonly [number, string])[] = [
  ...([12, 20, 44, 60, 68, 84, 108, 132, 140, 164, 180, 212, 228, 252] as const).map(
    (n) => [n, `Paley I, ${n - 1}`] as const,
  ),
  ...([28, 36, 76, 124, 148, 196, 204, 220, 924] as const).map((n) => [n, `Paley II, ${n / 2 - 1}`] as const),
  ...([52, 156, 172] as const).map((n) => [n, 'Williamson'] as const),
];

/** H·Hᵀ = n·I with entries ±1, in integers: two rows are orthogonal where they differ in half of their signs. */
function expectHadamard(h: Int8Array, n: number): void {
  expect(h.length).toBe(n * n);
  expect(h.every((value) => value === 1 || value === -1)).toBe(true);
  const words = Math.ceil(n / 32);
  const signs = new Uint32Array(n * words);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) if (h[i * n + k] < 0) signs[i * words + (k >> 5)] |= 1 << (k & 31);
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let different = 0;
      for (let w = 0; w < words; w++) different += bitsOf(signs[i * words + w] ^ signs[j * words + w]);
      if (2 * different !== n) throw new Error(`rows ${i} and ${j} of order ${n} differ in ${different} signs`);
    }
  }
}

function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

describe('Hadamard matrices', () => {
  it.each(QUARTERS)('of order %i are built by %s', (n, name) => {
    const h = hadamardMatrix(n);
    if (!h) throw new Error(`order ${n} was not built`);
    expectHadamard(h, n);
    expect(hadamardFactors(n)).toEqual({ K: n, power: 0 });
    expect(describeFactors({ K: n, power: 0 })).toBe(`${n} (${name})`);
  });

  it.each([1, 2, 4, 8, 64, 256])('of order %i are Sylvester’s, and symmetric', (n) => {
    const h = hadamardMatrix(n);
    if (!h) throw new Error(`order ${n} was not built`);
    expectHadamard(h, n);
    expect(h.every((value, i) => value === h[(i % n) * n + Math.floor(i / n)])).toBe(true);
  });

  it('gives a matrix for every multiple of 4 up to 256, but for the eight that these constructions do not reach', () => {
    const missing: number[] = [];
    for (let n = 4; n <= 256; n += 4) {
      const h = hadamardMatrix(n);
      if (h) expectHadamard(h, n);
      else missing.push(n);
    }
    // 184 = 8·23 and 232 = 8·29 have no half either.
    expect(missing).toEqual([92, 100, 116, 184, 188, 232, 236, 244]);
  });

  it.each([3, 5, 6, 10, 14, 18, 54, 231])('of order %i do not exist', (n) => {
    expect(hadamardMatrix(n)).toBeNull();
    expect(hadamardFactors(n)).toBeNull();
  });

  it.each([
    [11008, 172, 6],
    [13824, 108, 7],
    [14336, 28, 9],
    [5632, 44, 7],
    [896, 28, 5],
    [4864, 76, 6],
    [18944, 148, 7],
    [29568, 924, 5],
    [3072, 12, 8],
    [576, 36, 4],
    [1536, 12, 7],
    [768, 12, 6],
    [96, 12, 3],
    [384, 12, 5],
    [172, 172, 0],
    [352, 44, 3],
    [672, 84, 3],
    [4096, 1, 12],
    [1, 1, 0],
    [2, 1, 1],
  ])('takes the width %i of a real network apart as %i times 2^%i', (n, K, power) => {
    const factors = hadamardFactors(n);
    expect(factors).toEqual({ K, power });
    if (n <= 1024) expectHadamard(hadamardFrom({ K, power }), n);
  });

  it('takes a larger K where the smallest is not to be had', () => {
    // 92 and 184 are not reached; 367 is a prime ≡ 3 mod 4.
    expect(hadamardFactors(92 * 16)).toEqual({ K: 368, power: 2 });
    expect(hadamardFactors(92 * 2)).toBeNull();
  });

  it('names the nearest order, itself where it has one', () => {
    expect(nearestHadamard(352)).toEqual({ order: 352, sentence: '352 = 44 · 2^3 (Paley I, 43)' });
    expect(nearestHadamard(64).sentence).toBe('64 = 2^6 (Sylvester)');
    expect(hadamardFactors(13696)).toBeNull();
    const { order, sentence } = nearestHadamard(13696);
    const factors = hadamardFactors(order);
    if (!factors) throw new Error(`${order} was named and has no construction`);
    expect(orderOf(factors)).toBe(order);
    expect(sentence.startsWith(`${order} = ${factors.K} · 2^`)).toBe(true);
    for (let n = 13696 - Math.abs(order - 13696) + 1; n < 13696; n++) {
      expect([hadamardFactors(n), hadamardFactors(2 * 13696 - n)]).toEqual([null, null]);
    }
  });

  it.each([
    [13696, 7, 107],
    [9, 0, 9],
    [64, 6, 1],
  ])('divides %i into blocks of 2^%i, %i of them', (n, power, blocks) => {
    expect(blockFactors(n)).toEqual({ K: 1, power, blocks });
  });

  it.each([0, -4, 2.5, NaN])('refuses an order of %d', (n) => {
    expect(() => hadamardFactors(n)).toThrow('bug: a Hadamard matrix of order');
  });
});
