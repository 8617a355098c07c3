import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packAlongInput, packAlongOutput, unpackAlongInput, unpackAlongOutput, wordsFor } from './pack';

const hex = (words: Uint32Array) => Array.from(words, (word) => word.toString(16).toUpperCase().padStart(8, '0'));

/** Bit by bit, by the definition: code i takes bits i·b … i·b+b−1. */
function packedByDefinition(codes: readonly number[], bits: number): number[] {
  const words = new Uint32Array(wordsFor(codes.length, bits));
  codes.forEach((code, i) => {
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      words[at >> 5] |= ((code >> bit) & 1) << (at & 31);
    }
  });
  return [...words];
}

const matrix = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    cols: fc.integer({ min: 1, max: 70 }),
    bits: fc.integer({ min: 1, max: 8 }),
  })
  .chain((size) =>
    fc.record({
      ...Object.fromEntries(Object.entries(size).map(([key, value]) => [key, fc.constant(value)])),
      codes: fc.uint8Array({
        minLength: size.rows * size.cols,
        maxLength: size.rows * size.cols,
        max: 2 ** size.bits - 1,
      }),
    } as Record<keyof typeof size, fc.Arbitrary<number>> & { codes: fc.Arbitrary<Uint8Array<ArrayBuffer>> }),
  );

describe('packing', () => {
  it('is the bit stream by its definition, along the input', () => {
    fc.assert(
      fc.property(matrix, ({ rows, cols, bits, codes }) => {
        const words = packAlongInput(codes, rows, cols, bits);
        for (let n = 0; n < rows; n++) {
          const column = words.filter((_, i) => i % rows === n);
          expect([...column]).toEqual(packedByDefinition([...codes.subarray(n * cols, (n + 1) * cols)], bits));
        }
        expect(unpackAlongInput(words, rows, cols, bits)).toEqual(codes);
      }),
      { numRuns: 500 },
    );
  });

  it('is the bit stream by its definition, along the output', () => {
    fc.assert(
      fc.property(matrix, ({ rows, cols: groups, bits, codes: zeros }) => {
        const words = packAlongOutput(zeros, rows, groups, bits);
        const width = wordsFor(rows, bits);
        for (let j = 0; j < groups; j++) {
          const row = words.subarray(j * width, (j + 1) * width);
          expect([...row]).toEqual(packedByDefinition([...zeros.filter((_, i) => i % groups === j)], bits));
        }
        expect(unpackAlongOutput(words, rows, groups, bits)).toEqual(zeros);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the golden words (K = N = 8, q[k][n] = (3k + 5n) mod 16)', () => {
    const codes = Uint8Array.from({ length: 64 }, (_, i) => (3 * (i % 8) + 5 * Math.floor(i / 8)) % 16);
    const golden = '52FC9630 A741EB85 FC9630DA 41EB852F 9630DA74 EB852FC9 30DA741E 852FC963';
    expect(hex(packAlongInput(codes, 8, 8, 4)).join(' ')).toBe(golden);
    expect(hex(packAlongOutput(Uint8Array.of(8, 8, 7, 0, 15, 1, 9, 8), 8, 1, 4))).toEqual(['891F0788']);
  });

  it('refuses codes that do not fit, odd widths and wrong lengths as bugs', () => {
    expect(() => packAlongInput(Uint8Array.of(1, 4), 1, 2, 2)).toThrow('bug: a code does not fit 2 bits');
    expect(() => packAlongInput(new Uint8Array(2), 1, 2, 9)).toThrow('bug: codes of 9 bits');
    expect(() => packAlongOutput(new Uint8Array(2), 1, 3, 4)).toThrow('bug: 2 elements');
    expect(() => unpackAlongInput(new Uint32Array(2), 1, 2, 4)).toThrow('bug: 2 elements');
  });
});
