/**
 * The codebook form: each row is cut into sub-vectors of d consecutive inputs, and each sub-vector is a codeword's index, optionally
 * times a scale that a run of inputs shares, optionally with a sign a weight (SSVQ, arXiv:2503.08668).
 *
 *   Q[r, c] = scale(r, c) · sign(r, c) · codebooks[book(r, c)][assignments[r, ⌊c / d⌋]][c mod d]
 *
 * Shapes, all row-major: assignments rows × ⌈cols / d⌉; codebooks books × K × d, where a book covers a tile of bookRows × bookCols
 * weights and tiles are numbered row by row; scales rows × ⌈cols / scaleBlock⌉; signs one bit a weight, row after row without a gap,
 * low bit first, set for minus. Where d does not divide the columns, the last sub-vector of a row is padded with zeros, which are
 * decoded and dropped.
 */
import { isCount, lengthFault } from './faults';
import { makeLedger, SCALE_BITS, type Ledger } from './ledger';

export interface CodebookTensor {
  readonly kind: 'codebook';
  readonly rows: number;
  readonly cols: number;
  /** d, inputs a sub-vector; divides bookCols. */
  readonly dim: number;
  /** K, codewords a book. */
  readonly codewords: number;
  readonly bookRows: number;
  readonly bookCols: number;
  /** Values as they are used: at codebookBits 8 each is an integer in −128 … 127 times its book's step, at 16 an f16's value. */
  readonly codebooks: Float32Array<ArrayBuffer>;
  readonly codebookBits: CodebookBits;
  readonly assignments: Uint16Array<ArrayBuffer>;
  readonly scales: BlockScales | null;
  readonly signs: Uint8Array<ArrayBuffer> | null;
  /** Weights of all layers, of all networks, that the book serves (VQ4ALL): they share in its size. Null: it is this matrix's own. */
  readonly sharedBy: number | null;
}

export type CodebookBits = 8 | 16 | 32;

export interface BlockScales {
  /** rows × ⌈cols / block⌉, as used. */
  readonly values: Float32Array<ArrayBuffer>;
  /** Inputs that share one. */
  readonly block: number;
  /** Bits each is stored in; below 16 they are integers of a grid (in the logarithm for GPTVQ) with two f32 a column of blocks. */
  readonly bits: 4 | 16 | 32;
}

/** Dequantizes to rows × cols f32; equal to the GPU's decode bit for bit, since scale · (±codeword) rounds once. */
export function decodeCodebook(t: CodebookTensor): Float32Array<ArrayBuffer> {
  const { rows, cols, dim, codewords, signs, scales } = t;
  const values = new Float32Array(rows * cols);
  const vectors = Math.ceil(cols / dim);
  const blocks = scales === null ? 0 : Math.ceil(cols / scales.block);
  const tiles = Math.ceil(cols / t.bookCols);
  for (let r = 0; r < rows; r++) {
    const firstBook = Math.floor(r / t.bookRows) * tiles;
    for (let c = 0; c < cols; c++) {
      const book = firstBook + Math.floor(c / t.bookCols);
      const index = t.assignments[r * vectors + Math.floor(c / dim)];
      const value = t.codebooks[(book * codewords + index) * dim + (c % dim)];
      const at = r * cols + c;
      const signed = signs !== null && (signs[at >> 3] >> (at & 7)) & 1 ? -value : value;
      values[at] = scales === null ? signed : scales.values[r * blocks + Math.floor(c / scales.block)] * signed;
    }
  }
  return values;
}

/** Whether every weight is zero: all codewords that are used are. */
export function codebookIsZero(t: CodebookTensor): boolean {
  const { rows, cols, dim, codewords, codebooks, assignments } = t;
  const vectors = Math.ceil(cols / dim);
  const tiles = Math.ceil(cols / t.bookCols);
  for (let r = 0; r < rows; r++) {
    const firstBook = Math.floor(r / t.bookRows) * tiles;
    for (let v = 0; v < vectors; v++) {
      const book = firstBook + Math.floor((v * dim) / t.bookCols);
      const at = (book * codewords + assignments[r * vectors + v]) * dim;
      for (let j = 0; j < Math.min(dim, cols - v * dim); j++) if (codebooks[at + j] !== 0) return false;
    }
  }
  return true;
}

/** What of a codebook tensor decides its size. */
export interface CodebookLayout {
  readonly rows: number;
  readonly cols: number;
  readonly dim: number;
  readonly codewords: number;
  readonly bookRows: number;
  readonly bookCols: number;
  readonly codebookBits: CodebookBits;
  readonly scales: Pick<BlockScales, 'block' | 'bits'> | null;
  readonly signs: boolean;
  readonly sharedBy: number | null;
}

export function codebookLayoutOf(t: CodebookTensor): CodebookLayout {
  // Tensors stored before a shared book was counted do not say who shares it.
  return { ...t, signs: t.signs !== null, sharedBy: t.sharedBy ?? null };
}

/**
 * The tile that one book covers: `columns` inputs wide (null: all of them) and as many rows high as bring it to `weights` weights (null:
 * all of them), GPTVQ's way of forming groups. Always whole sub-vectors wide, and never more than the matrix.
 */
export function bookShape({
  rows,
  cols,
  dim,
  weights,
  columns,
}: BookWish): Pick<CodebookLayout, 'bookRows' | 'bookCols'> {
  const whole = (count: number) => Math.ceil(count / dim) * dim;
  const bookCols = Math.min(whole(columns ?? cols), whole(cols));
  const bookRows = weights === null ? rows : Math.min(Math.max(Math.floor(weights / bookCols), 1), rows);
  return { bookRows, bookCols };
}

export interface BookWish {
  readonly rows: number;
  readonly cols: number;
  readonly dim: number;
  readonly weights: number | null;
  readonly columns: number | null;
}

/** Whole bits that an index of one of K codewords takes. */
export function indexBits(codewords: number): number {
  return Math.ceil(Math.log2(codewords));
}

/** Books that cover rows × cols weights in tiles of bookRows × bookCols. */
export function bookCount({
  rows,
  cols,
  bookRows,
  bookCols,
}: Pick<CodebookLayout, 'rows' | 'cols' | 'bookRows' | 'bookCols'>): number {
  return Math.ceil(rows / bookRows) * Math.ceil(cols / bookCols);
}

/**
 * Storage: an index a sub-vector in whole bits, the codewords (and a 16-bit step an 8-bit book; in proportion where they are shared), the scales (and two 32-bit floats a
 * column of blocks where they lie on a grid of their own), and a bit a weight for signs.
 */
export function codebookLedger(layout: CodebookLayout): Ledger {
  const { rows, cols, dim, codewords, codebookBits, scales, sharedBy } = layout;
  const blocks = scales === null ? 0 : Math.ceil(cols / scales.block);
  const bookBits = codewords * dim * codebookBits + (codebookBits === 8 ? SCALE_BITS : 0);
  return makeLedger(rows * cols, {
    indices: rows * Math.ceil(cols / dim) * indexBits(codewords),
    codebooks: bookCount(layout) * bookBits * (sharedBy === null ? 1 : (rows * cols) / sharedBy),
    scales: scales === null ? 0 : blocks * (rows * scales.bits + (scales.bits < 16 ? 64 : 0)),
    signs: layout.signs ? rows * cols : 0,
  });
}

/**
 * An 8-bit book as it is stored: integers in −128 … 127 and the step that gives every value exactly, in f32. Null when the values are
 * not such multiples.
 */
export function integerBook(
  values: Float32Array<ArrayBuffer>,
): { readonly step: number; readonly integers: Int8Array<ArrayBuffer> } | null {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (largest === 0) return { step: 1, integers: new Int8Array(values.length) };
  // The step is that of the largest integer, 127 where nothing was clipped; rounding leaves its last bits open.
  for (const integer of [127, 128, ...Array.from({ length: 126 }, (_, i) => 126 - i)]) {
    for (const step of around(largest / integer)) {
      const integers = values.map((value) => Math.round(value / step));
      const exact = integers.every((k, i) => k >= -128 && k <= 127 && Math.fround(step * k) === values[i]);
      if (exact) return { step, integers: Int8Array.from(integers) };
    }
  }
  return null;
}

/** The f32 next to a positive value, and the two on either side of it. */
function around(value: number): number[] {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
  return [0, 1, -1, 2, -2].map((by) => new Float32Array(Uint32Array.of(bits + by).buffer)[0]);
}

/** What is wrong with a tensor that comes from storage or a file, completing "its …"; null when nothing is. */
export function codebookFault(t: CodebookTensor): string | null {
  const { rows, cols, dim, codewords, bookRows, bookCols } = t;
  if (!isCount(rows) || !isCount(cols)) return `size is ${rows} × ${cols}`;
  if (!isCount(dim) || dim > 64) return `sub-vectors have ${dim} inputs, which must be 1 to 64`;
  if (!isCount(codewords) || codewords < 2 || codewords > 65536) return `books have ${codewords} codewords`;
  if (!isCount(bookRows) || !isCount(bookCols) || bookCols % dim !== 0) {
    return `books cover ${bookRows} × ${bookCols} weights, which sub-vectors of ${dim} must fill`;
  }
  if (![8, 16, 32].includes(t.codebookBits)) return `codewords are stored in ${t.codebookBits} bits`;
  const { sharedBy = null } = t;
  if (sharedBy !== null && !(sharedBy >= rows * cols))
    return `codebook is shared by ${sharedBy} weights, its own among them`;
  return arraysFault(t) ?? scalesFault(t);
}

function arraysFault(t: CodebookTensor): string | null {
  const { rows, cols, dim, codewords, assignments, codebooks, signs } = t;
  const size = bookCount(t) * codewords * dim;
  const length =
    lengthFault('assignments', assignments, Uint16Array, rows * Math.ceil(cols / dim)) ??
    lengthFault('codebooks', codebooks, Float32Array, size) ??
    (signs === null ? null : lengthFault('signs', signs, Uint8Array, Math.ceil((rows * cols) / 8)));
  if (length !== null) return length;
  if (assignments.some((index) => index >= codewords)) return `assignments name a codeword beyond the ${codewords}`;
  if (!codebooks.every(Number.isFinite)) return 'codewords are not all finite numbers';
  return null;
}

function scalesFault({ rows, cols, scales }: CodebookTensor): string | null {
  if (scales === null) return null;
  if (typeof scales !== 'object' || !isCount(scales.block)) return 'scales do not say what they cover';
  if (![4, 16, 32].includes(scales.bits)) return `scales are stored in ${scales.bits} bits`;
  const length = lengthFault('scales', scales.values, Float32Array, rows * Math.ceil(cols / scales.block));
  if (length !== null) return length;
  return scales.values.every(Number.isFinite) ? null : 'scales are not all finite numbers';
}
