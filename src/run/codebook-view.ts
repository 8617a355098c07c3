/**
 * One layer's codebook as pictures need it: small plain data out of the stored codes and the checkpoint's weight (rows × cols).
 *
 * A codebook stands for the sub-vectors of its tile as it sees them: the weight without its block's scale, and without the stored signs
 * where signs are kept apart. Only the first two of the d values are told; of more codewords or sub-vectors than a picture holds, the
 * most used and a seeded sample.
 */
import { Random } from '../base/random';
import { bookCount, type CodebookTensor } from '../quantizer/codebook';
import { codebookLedger, codebookLayoutOf } from '../quantizer/codebook';
import type { Ledger } from '../quantizer/ledger';

const MOST_DOTS = 2000;
const MOST_CODEWORDS = 1024;
const MOST_BARS = 64;
/** Sub-vectors of the map and weights of the sign plane, each way. */
const MAP = 128;
const PLANE = 256;

export interface CodebookView {
  readonly row: number;
  readonly layer: number;
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  readonly dim: number;
  /** K, of each book. */
  readonly codewords: number;
  readonly books: number;
  /** The book that is shown, and the rows and columns of the weight that it stands for. */
  readonly book: number;
  readonly tile: Tile;
  readonly codebookBits: number;
  readonly scaleBlock: number | null;
  readonly shared: boolean;
  readonly usage: Usage;
  /** The most used codewords, most used first. */
  readonly words: Words;
  /** Of each codeword of the book: its place among all of them by first value, 0 … 255. */
  readonly shades: Uint8Array<ArrayBuffer>;
  readonly dots: Dots;
  /** Indices of the tile's upper left corner, row by row. */
  readonly map: Corner<Uint16Array<ArrayBuffer>>;
  /** 1 for minus, of the tile's upper left corner; null where signs are not stored apart. */
  readonly signs: (Corner<Uint8Array<ArrayBuffer>> & { readonly minus: number }) | null;
  /** Of the whole layer. */
  readonly ledger: Ledger;
}

export interface Tile {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
}

/** How often each codeword of the book is used. */
export interface Usage {
  /** Sub-vectors of the tile. */
  readonly subVectors: number;
  /** Codewords that are used at all. */
  readonly used: number;
  /** Σ −p log₂ p over log₂ K. */
  readonly entropy: number;
  /** Largest count first; each bar is the mean of `codewordsEach` codewords. */
  readonly bars: Float32Array<ArrayBuffer>;
  readonly codewordsEach: number;
}

export interface Words {
  readonly index: Uint16Array<ArrayBuffer>;
  readonly first: Float32Array<ArrayBuffer>;
  /** Zeros where d is 1. */
  readonly second: Float32Array<ArrayBuffer>;
  readonly count: Uint32Array<ArrayBuffer>;
}

/** A sample of the sub-vectors, as the codebook sees them, and the codeword that each became. */
export interface Dots {
  readonly first: Float32Array<ArrayBuffer>;
  readonly second: Float32Array<ArrayBuffer>;
  readonly index: Uint16Array<ArrayBuffer>;
}

export interface Corner<Values> {
  readonly rows: number;
  readonly cols: number;
  /** Of so many in the tile. */
  readonly ofRows: number;
  readonly ofCols: number;
  readonly values: Values;
}

/** Which layer of which row, and which of its books. */
export interface ViewPlace {
  readonly row: number;
  readonly layer: number;
  readonly name: string;
  readonly book: number;
}

export function viewCodebook(tensor: CodebookTensor, weight: Float32Array, place: ViewPlace): CodebookView {
  const { rows, cols, dim, codewords } = tensor;
  const books = bookCount(tensor);
  const book = Math.min(Math.max(place.book, 0), books - 1);
  const area = areaOf(tensor, book);
  const counts = countsOf(tensor, area);
  return {
    ...{ row: place.row, layer: place.layer, name: place.name, rows, cols, dim, codewords, books, book },
    tile: area.tile,
    codebookBits: tensor.codebookBits,
    scaleBlock: tensor.scales?.block ?? null,
    shared: codebookLayoutOf(tensor).sharedBy !== null,
    usage: usageOf(counts, area),
    words: wordsOf(tensor, book, counts),
    shades: shadesOf(tensor, book),
    dots: dotsOf(tensor, weight, area, new Random(1 + place.layer)),
    map: mapOf(tensor, area),
    signs: signsOf(tensor, area),
    ledger: codebookLedger(codebookLayoutOf(tensor)),
  };
}

/** A book's tile, in weights and in sub-vectors. */
interface Area {
  readonly tile: Tile;
  readonly firstSub: number;
  readonly subs: number;
}

function areaOf({ rows, cols, dim, bookRows, bookCols }: CodebookTensor, book: number): Area {
  const across = Math.ceil(cols / bookCols);
  const [row, col] = [Math.floor(book / across) * bookRows, (book % across) * bookCols];
  const tile = { row, col, rows: Math.min(bookRows, rows - row), cols: Math.min(bookCols, cols - col) };
  return { tile, firstSub: col / dim, subs: Math.ceil(tile.cols / dim) };
}

/** Where the indices of a row of the tile begin. */
function indicesOf({ cols, dim, assignments }: CodebookTensor, { tile, firstSub, subs }: Area, row: number) {
  const begin = (tile.row + row) * Math.ceil(cols / dim) + firstSub;
  return assignments.subarray(begin, begin + subs);
}

function countsOf(tensor: CodebookTensor, area: Area): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(tensor.codewords);
  for (let r = 0; r < area.tile.rows; r++) for (const index of indicesOf(tensor, area, r)) counts[index]++;
  return counts;
}

function usageOf(counts: Uint32Array, { tile, subs }: Area): Usage {
  const subVectors = tile.rows * subs;
  const sorted = counts.toSorted().reverse();
  const used = sorted.findIndex((count) => count === 0);
  const bits = counts.reduce((sum, count) => {
    const p = count / subVectors;
    return p > 0 ? sum - p * Math.log2(p) : sum;
  }, 0);
  const codewordsEach = Math.ceil(counts.length / MOST_BARS);
  const bars = Float32Array.from({ length: Math.ceil(counts.length / codewordsEach) }, (_, i) => {
    const some = sorted.subarray(i * codewordsEach, (i + 1) * codewordsEach);
    return some.reduce((sum, count) => sum + count, 0) / some.length;
  });
  const entropy = bits / Math.log2(counts.length);
  return { subVectors, used: used < 0 ? counts.length : used, entropy, bars, codewordsEach };
}

function wordsOf(tensor: CodebookTensor, book: number, counts: Uint32Array): Words {
  const { codewords, dim, codebooks } = tensor;
  const byUse = Uint16Array.from({ length: codewords }, (_, i) => i).sort((a, b) => counts[b] - counts[a] || a - b);
  const index = byUse.slice(0, MOST_CODEWORDS);
  const value = (word: number, at: number) => (at < dim ? codebooks[(book * codewords + word) * dim + at] : 0);
  return {
    index,
    first: Float32Array.from(index, (word) => value(word, 0)),
    second: Float32Array.from(index, (word) => value(word, 1)),
    count: Uint32Array.from(index, (word) => counts[word]),
  };
}

function shadesOf({ codewords, dim, codebooks }: CodebookTensor, book: number): Uint8Array<ArrayBuffer> {
  const first = (word: number) => codebooks[(book * codewords + word) * dim];
  const order = Uint16Array.from({ length: codewords }, (_, i) => i).sort((a, b) => first(a) - first(b) || a - b);
  const shades = new Uint8Array(codewords);
  order.forEach((word, place) => (shades[word] = Math.round((255 * place) / Math.max(1, codewords - 1))));
  return shades;
}

function dotsOf(tensor: CodebookTensor, weight: Float32Array, area: Area, random: Random): Dots {
  const { cols, dim, scales, signs } = tensor;
  const { tile, subs } = area;
  const all = tile.rows * subs;
  const [first, second, index]: [number[], number[], number[]] = [[], [], []];
  // As the codebook sees a weight; NaN for what it has no answer to: a scale of zero, a column beyond the last.
  const seen = (r: number, c: number) => {
    if (c >= tile.col + tile.cols) return Number.NaN;
    const at = r * cols + c;
    const signed = signs !== null && (signs[at >> 3] >> (at & 7)) & 1 ? -weight[at] : weight[at];
    return scales === null
      ? signed
      : signed / scales.values[r * Math.ceil(cols / scales.block) + Math.floor(c / scales.block)];
  };
  for (let i = 0; i < Math.min(all, MOST_DOTS); i++) {
    const place = all <= MOST_DOTS ? i : random.integer(all);
    const [r, sub] = [Math.floor(place / subs), place % subs];
    const c = tile.col + sub * dim;
    const [x, y] = [seen(tile.row + r, c), dim === 1 ? 0 : seen(tile.row + r, c + 1)];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    first.push(x);
    second.push(y);
    index.push(indicesOf(tensor, area, r)[sub]);
  }
  return { first: Float32Array.from(first), second: Float32Array.from(second), index: Uint16Array.from(index) };
}

function mapOf(tensor: CodebookTensor, area: Area): CodebookView['map'] {
  const { tile, subs } = area;
  const [rows, cols] = [Math.min(MAP, tile.rows), Math.min(MAP, subs)];
  const values = new Uint16Array(rows * cols);
  for (let r = 0; r < rows; r++) values.set(indicesOf(tensor, area, r).subarray(0, cols), r * cols);
  return { rows, cols, ofRows: tile.rows, ofCols: subs, values };
}

function signsOf({ cols: width, signs }: CodebookTensor, { tile }: Area): CodebookView['signs'] {
  if (signs === null) return null;
  const [rows, cols] = [Math.min(PLANE, tile.rows), Math.min(PLANE, tile.cols)];
  const values = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const at = (tile.row + r) * width + tile.col + c;
      values[r * cols + c] = (signs[at >> 3] >> (at & 7)) & 1;
    }
  }
  const minus = values.reduce((sum, bit) => sum + bit, 0) / values.length;
  return { rows, cols, ofRows: tile.rows, ofCols: tile.cols, values, minus };
}
