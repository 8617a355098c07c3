import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import {
  codebookFault,
  codebookLedger,
  decodeCodebook,
  indexBits,
  integerBook,
  type CodebookLayout,
  type CodebookTensor,
} from './codebook';
import { LATER_PARTS, sumLedgers } from './ledger';
import { decodeQuantized, ledger, quantizedFault } from './quantized';

/** 3 × 5 in sub-vectors of 2: the last of a row is padded. Two books side by side, 4 and 1 columns wide. */
const SMALL: CodebookTensor = {
  kind: 'codebook',
  rows: 3,
  cols: 5,
  dim: 2,
  codewords: 3,
  bookRows: 3,
  bookCols: 4,
  codebooks: Float32Array.of(1, 2, 3, 4, 5, 6, 10, 0, 20, 0, 30, 0),
  codebookBits: 32,
  assignments: Uint16Array.of(0, 1, 2, 2, 2, 1, 1, 0, 0),
  scales: null,
  signs: null,
  sharedBy: null,
};

const LATER = Object.fromEntries(LATER_PARTS.map((part) => [part, 0]));

describe('decoding', () => {
  it('takes each sub-vector from the book of its tile, and drops the padding', () => {
    expect([...decodeCodebook(SMALL)]).toEqual([1, 2, 3, 4, 30, 5, 6, 5, 6, 20, 3, 4, 1, 2, 10]);
  });

  it('numbers tiles row by row', () => {
    const tiles = { ...SMALL, cols: 4, bookRows: 2, assignments: Uint16Array.of(0, 1, 0, 0, 2, 1) };
    expect([...decodeCodebook(tiles)]).toEqual([1, 2, 3, 4, 1, 2, 1, 2, 30, 0, 20, 0]);
  });

  it('applies signs, one bit a weight without gaps between rows, then scales', () => {
    // Set bits: weights 1, 5 and 14.
    const signs = Uint8Array.of(0b0010_0010, 0b0100_0000);
    const scales = { values: Float32Array.of(1, 10, 2, 20, 3, 30), block: 3, bits: 32 } as const;
    expect([...decodeCodebook({ ...SMALL, signs, scales })]).toEqual([
      ...[1, -2, 3, 40, 300],
      ...[-10, 12, 10, 120, 400],
      ...[9, 12, 3, 60, -300],
    ]);
  });

  it('rounds a product once, as f32 arithmetic does', () => {
    const random = new Random(1);
    const [value, scale] = [Math.fround(random.normal()), Math.fround(random.normal())];
    const tensor: CodebookTensor = {
      ...SMALL,
      ...{ rows: 1, cols: 1, dim: 1, codewords: 2, bookRows: 1, bookCols: 1 },
      codebooks: Float32Array.of(0, value),
      assignments: Uint16Array.of(1),
      signs: Uint8Array.of(1),
      scales: { values: Float32Array.of(scale), block: 1, bits: 32 },
    };
    expect(decodeCodebook(tensor)[0]).toBe(Math.fround(scale * -value));
    expect(decodeQuantized(tensor)).toEqual(decodeCodebook(tensor));
  });
});

/** A layout with one 16-bit book for the whole matrix. */
function layout(
  rows: number,
  cols: number,
  dim: number,
  codewords: number,
  more: Partial<CodebookLayout> = {},
): CodebookLayout {
  const whole = { rows, cols, dim, codewords, bookRows: rows, bookCols: cols };
  return { ...whole, codebookBits: 16, scales: null, signs: false, sharedBy: null, ...more };
}

describe('the ledger', () => {
  it('GPTVQ d = 2, K = 16, 8-bit books of 2048 weights: 2 + 0.125 bits, and 16 bits a book for its step', () => {
    const account = codebookLedger(layout(64, 512, 2, 16, { codebookBits: 8, bookRows: 8, bookCols: 256 }));
    // 64 · 256 indices of 4 bits; 8 · 2 books of 16 · 2 · 8 + 16 bits.
    expect(account.parts).toEqual({
      ...LATER,
      indices: 65536,
      codebooks: 16 * 272,
      scales: 0,
      zeros: 0,
      signs: 0,
      groups: 0,
    });
    expect(account.bitsPerWeight).toBe(2 + 0.125 + 16 / 2048);
    expect(account.compression16).toBeCloseTo(16 / 2.1328125, 12);
  });

  it('GPTVQ d = 4, K = 256, 8-bit books of 65536 weights: 2 + 0.125 bits', () => {
    const account = codebookLedger(layout(256, 256, 4, 256, { codebookBits: 8 }));
    expect(account.bitsPerWeight).toBe(2 + 0.125 + 16 / 65536);
  });

  it('block scales of 4 bits for 64 inputs: 0.0625 bits, and two floats a column of blocks', () => {
    const scales = { block: 64, bits: 4 } as const;
    const account = codebookLedger(layout(128, 256, 2, 16, { codebookBits: 8, scales }));
    // 128 · 4 scales of 4 bits; 4 columns of blocks.
    expect(account.parts.scales).toBe(2048 + 4 * 64);
    expect(account.parts.scales / account.weights).toBe(0.0625 + 256 / 32768);
    // At 16 bits a scale is stored as it is.
    expect(codebookLedger(layout(8, 100, 2, 16, { scales: { block: 64, bits: 16 } })).parts.scales).toBe(8 * 2 * 16);
  });

  it('SSVQ k = 16, d = 8: a sign and half a bit a weight, 21 times smaller than 32 bits', () => {
    const account = codebookLedger(layout(4096, 4096, 8, 16, { signs: true }));
    expect(account.parts).toMatchObject({ indices: 2 ** 23, signs: 2 ** 24, codebooks: 2048 });
    expect(account.bitsPerWeight).toBe(1.5 + 2048 / 2 ** 24);
    expect(account.compression32).toBeCloseTo(32 / 1.5, 2);
  });

  it('VQ4DiT on DiT-XL/2 at K = 256, d = 4: 159.47 MiB of indices and 0.77 MiB of 32-bit books', () => {
    const h = 1152;
    const shapes = [...Array.from({ length: 4 }, () => [h, h]), [4 * h, h], [h, 4 * h], [6 * h, h]];
    const block = shapes.map(([rows, cols]) => codebookLedger(layout(rows, cols, 4, 256, { codebookBits: 32 })));
    const whole = sumLedgers(Array.from({ length: 28 }, () => block).flat());
    const mebibytes = (bits: number) => bits / 8 / 2 ** 20;
    expect(mebibytes(whole.parts.indices)).toBeCloseTo(159.47, 2);
    expect(mebibytes(whole.parts.codebooks)).toBeCloseTo(0.77, 2);
    expect(whole.compression32).toBeCloseTo(15.9, 1);
  });

  it('a codebook that many layers share is counted once, with each in proportion', () => {
    const sizes = [8, 16, 40];
    const sharedBy = sizes.reduce((sum, rows) => sum + rows * 8, 0);
    const all = sizes.map((rows) => codebookLedger(layout(rows, 8, 8, 65536, { sharedBy })));
    expect(all.map(({ parts }) => parts.indices / 16)).toEqual(sizes);
    expect(sumLedgers(all).parts.codebooks).toBeCloseTo(65536 * 8 * 16, 3);
    expect(all[1].parts.codebooks).toBeCloseTo(2 * all[0].parts.codebooks, 3);
  });

  it('an index takes whole bits, and the padded last sub-vector takes an index', () => {
    expect([2, 3, 4, 5, 16, 17, 65536].map(indexBits)).toEqual([1, 2, 2, 3, 4, 5, 16]);
    expect(ledger(SMALL).parts).toMatchObject({ indices: 9 * 2, codebooks: 2 * 3 * 2 * 32 });
  });
});

describe('an 8-bit book', () => {
  it('gives its integers and its step back from the values', () => {
    const books = fc.tuple(
      fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 1, maxLength: 64 }),
      fc.float({ min: Math.fround(1e-6), max: 100, noNaN: true }),
    );
    fc.assert(
      fc.property(books, ([integers, step]) => {
        const values = Float32Array.from(integers, (k) => step * k);
        const found = integerBook(values);
        expect(found).not.toBeNull();
        expect(Float32Array.from(found?.integers ?? [], (k) => (found?.step ?? 0) * k).map(plain)).toEqual(
          values.map(plain),
        );
      }),
    );
  });

  it('is not found where there is none', () => {
    expect(integerBook(Float32Array.of(1, Math.PI, 0.001))).toBeNull();
  });
});

/** −0 and 0 are the same number; an integer cannot tell them apart. */
function plain(value: number): number {
  return value === 0 ? 0 : value;
}

describe('a tensor from storage', () => {
  it('is taken when it is whole', () => {
    expect(quantizedFault(structuredClone(SMALL))).toBeNull();
  });

  it.each([
    [{ rows: 0 }, 'size is 0 × 5'],
    [{ rows: 1.5 }, 'size is 1.5 × 5'],
    [{ codewords: 1 }, 'books have 1 codewords'],
    [{ bookCols: 3 }, 'books cover 3 × 3 weights, which sub-vectors of 2 must fill'],
    [{ codebookBits: 7 }, 'codewords are stored in 7 bits'],
    [{ assignments: new Uint16Array(8) }, 'assignments are 8, not 9'],
    [{ assignments: new Uint32Array(9) }, 'assignments are not a Uint16Array'],
    [{ assignments: new Uint16Array(9).fill(3) }, 'assignments name a codeword beyond the 3'],
    [{ codebooks: new Float32Array(12).fill(NaN) }, 'codewords are not all finite numbers'],
    [{ codebooks: new Float32Array(6) }, 'codebooks are 6, not 12'],
    [{ signs: new Uint8Array(1) }, 'signs are 1, not 2'],
    [{ scales: { block: 2, bits: 5, values: new Float32Array(9) } }, 'scales are stored in 5 bits'],
    [{ scales: { block: 2, bits: 4, values: new Float32Array(8) } }, 'scales are 8, not 9'],
    [{ scales: { block: 0, bits: 4, values: new Float32Array(9) } }, 'scales do not say what they cover'],
    [{ sharedBy: 3 }, 'codebook is shared by 3 weights, its own among them'],
    [{ kind: 'trellis' }, 'form is trellis'],
  ])('is refused with %o', (change, fault) => {
    expect(quantizedFault({ ...SMALL, ...change })).toBe(fault);
  });

  it('is refused when it is nothing of the kind', () => {
    for (const value of [undefined, null, 3, 'x', {}, [], { kind: 'toString' }]) {
      expect(quantizedFault(value)).not.toBeNull();
    }
    expect(codebookFault({ ...SMALL, dim: 65, bookCols: 65 })).toMatch(/65 inputs/);
  });
});
