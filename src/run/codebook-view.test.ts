import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { decodeCodebook, type CodebookTensor } from '../quantizer/codebook';
import { viewCodebook, type CodebookView } from './codebook-view';

/** Random codes of a layout; the weight is what they decode to, so that every sub-vector lies on its codeword. */
function made(rows: number, cols: number, more: Partial<CodebookTensor> = {}) {
  const random = new Random(3);
  const { dim = 4, codewords = 8, bookRows = rows, bookCols = Math.ceil(cols / dim) * dim } = more;
  const books = Math.ceil(rows / bookRows) * Math.ceil(cols / bookCols);
  const tensor: CodebookTensor = {
    ...{ kind: 'codebook', rows, cols, dim, codewords, bookRows, bookCols, codebookBits: 16, sharedBy: null },
    codebooks: Float32Array.from(random.normals(books * codewords * dim)),
    assignments: Uint16Array.from({ length: rows * Math.ceil(cols / dim) }, () => random.integer(codewords)),
    scales: null,
    signs: null,
    ...more,
  };
  return { tensor, weight: decodeCodebook(tensor) };
}

const PLACE = { row: 2, layer: 5, name: 'a layer', book: 0 };

/** Every dot is its codeword, in the view's own words. */
function expectOnCodewords({ dots, words }: CodebookView, digits = 6) {
  const place = new Map(Array.from(words.index, (index, i) => [index, i]));
  dots.index.forEach((index, i) => {
    const at = place.get(index);
    expect(at).toBeDefined();
    expect(dots.first[i]).toBeCloseTo(words.first[at ?? 0], digits);
    expect(dots.second[i]).toBeCloseTo(words.second[at ?? 0], digits);
  });
}

describe('a view of a codebook', () => {
  it('says how codewords are used, to the last sub-vector', () => {
    const { tensor, weight } = made(24, 32);
    const view = viewCodebook(tensor, weight, PLACE);
    expect(view).toMatchObject({ row: 2, layer: 5, name: 'a layer', books: 1, book: 0, codewords: 8, dim: 4 });
    expect(view.usage.subVectors).toBe(24 * 8);
    expect(view.words.count.reduce((sum, count) => sum + count, 0)).toBe(24 * 8);
    expect([...view.words.count]).toEqual([...view.words.count].sort((a, b) => b - a));
    expect(view.usage.used).toBe(new Set(tensor.assignments).size);
    expect(view.usage.entropy).toBeGreaterThan(0.9);
    expect(view.usage.entropy).toBeLessThanOrEqual(1);
    expect([...view.usage.bars]).toEqual([...view.words.count]);
    expect(view.dots.first).toHaveLength(24 * 8);
    expectOnCodewords(view);
  });

  it('has entropy 1 where all are used alike and 0 where one is', () => {
    const alike = made(4, 8, {
      dim: 2,
      codewords: 4,
      assignments: Uint16Array.from([0, 1, 2, 3, ...[3, 2, 1, 0], ...[0, 1, 2, 3], ...[0, 1, 2, 3]]),
    });
    expect(viewCodebook(alike.tensor, alike.weight, PLACE).usage.entropy).toBeCloseTo(1);
    const one = made(4, 8, { dim: 2, codewords: 4, assignments: new Uint16Array(16) });
    const { usage } = viewCodebook(one.tensor, one.weight, PLACE);
    expect([usage.entropy, usage.used]).toEqual([0, 1]);
  });

  it('sees sub-vectors without their scales and stored signs', () => {
    const random = new Random(9);
    const signs = Uint8Array.from({ length: (12 * 16) / 8 }, () => random.integer(256));
    const values = Float32Array.from({ length: 12 * 2 }, () => 0.5 + random.uniform());
    values[3] = 0;
    const { tensor, weight } = made(12, 16, { signs, scales: { values, block: 8, bits: 16 } });
    const view = viewCodebook(tensor, weight, PLACE);
    // What a scale of zero wiped out is no sub-vector of the codebook any more.
    expect(view.dots.first).toHaveLength(12 * 4 - 2);
    expectOnCodewords(view, 5);
    expect(view.scaleBlock).toBe(8);
    expect(view.signs).toMatchObject({ rows: 12, cols: 16, ofRows: 12, ofCols: 16 });
    const bit = (at: number) => (signs[at >> 3] >> (at & 7)) & 1;
    expect([...(view.signs?.values ?? [])]).toEqual(Array.from({ length: 12 * 16 }, (_, at) => bit(at)));
    expect(view.signs?.minus).toBeCloseTo(view.signs ? view.signs.values.filter((one) => one === 1).length / 192 : 0);
  });

  it('shows one book and its tile at a time', () => {
    const { tensor, weight } = made(20, 16, { bookRows: 8, bookCols: 8 });
    const view = viewCodebook(tensor, weight, { ...PLACE, book: 5 });
    expect(view).toMatchObject({ books: 6, book: 5, tile: { row: 16, col: 8, rows: 4, cols: 8 } });
    expect(view.map).toMatchObject({ rows: 4, cols: 2, ofRows: 4, ofCols: 2 });
    expect([...view.map.values.slice(0, 2)]).toEqual([...tensor.assignments.slice(16 * 4 + 2, 16 * 4 + 4)]);
    expect(view.words.first[0]).toBe(tensor.codebooks[(5 * 8 + view.words.index[0]) * 4]);
    expectOnCodewords(view);
    expect(viewCodebook(tensor, weight, { ...PLACE, book: 99 }).book).toBe(5);
  });

  it('is small however large the layer is, and the same every time', () => {
    const { tensor, weight } = made(300, 1200, { codewords: 2048, dim: 2 });
    const view = viewCodebook(tensor, weight, PLACE);
    expect(view.dots.first).toHaveLength(2000);
    expect(view.words.index).toHaveLength(1024);
    expect(view.usage.bars.length).toBeLessThanOrEqual(64);
    expect(view.usage.codewordsEach).toBe(32);
    expect(view.shades).toHaveLength(2048);
    expect(view.map).toMatchObject({ rows: 128, cols: 128, ofRows: 300, ofCols: 600 });
    expect(viewCodebook(tensor, weight, PLACE)).toEqual(view);
  });

  it('takes odd sizes: one dimension, and columns that sub-vectors do not fill', () => {
    const flat = made(6, 5, { dim: 1, codewords: 4 });
    const view = viewCodebook(flat.tensor, flat.weight, PLACE);
    expect([...view.words.second, ...view.dots.second].every((value) => value === 0)).toBe(true);
    expectOnCodewords(view);
    const odd = made(6, 9);
    const padded = viewCodebook(odd.tensor, odd.weight, PLACE);
    // Of each row's last sub-vector only one weight is there.
    expect(padded.dots.first).toHaveLength(6 * 2);
    expect(padded.map).toMatchObject({ rows: 6, cols: 3 });
  });

  it('shades codewords by their first value', () => {
    const { tensor, weight } = made(8, 8);
    const { shades } = viewCodebook(tensor, weight, PLACE);
    const order = [...shades.keys()].sort((a, b) => shades[a] - shades[b]);
    const first = order.map((word) => tensor.codebooks[word * 4]);
    expect(first).toEqual(first.toSorted((a, b) => a - b));
    expect([Math.min(...shades), Math.max(...shades)]).toEqual([0, 255]);
  });
});
