/**
 * How a matrix is cut for codebooks (src/quantizer/codebook.ts says what is stored): every row into sub-vectors of `dim` columns,
 * the last one of a row padded with zeros that weigh nothing, and the whole into tiles, each with a codebook of its own.
 *
 * On the GPU: a sub-vector's index is row · subs + sub; assignments are u32 by that index; codebooks are a tensor of
 * books × (codewords · dim), codeword k of a book at column k · dim; what belongs to sub-vectors (distances) is rows × subs, and
 * what belongs to their n candidates (logits, ratios) rows × (subs · n).
 */
import { Tensor } from '../tensor/tensor';

export interface Tiles {
  readonly rows: number;
  readonly cols: number;
  /** Columns a sub-vector, 1 to 8. */
  readonly dim: number;
  /** Sub-vectors a row: ⌈cols / dim⌉. */
  readonly subs: number;
  /** Rows, and sub-vectors of each row, that share a book. Tiles at the edge may have fewer. */
  readonly bookRows: number;
  readonly bookSubs: number;
  readonly booksAcross: number;
  readonly booksDown: number;
  readonly books: number;
}

export interface TileOptions {
  /** Rows that share a book; default: all. */
  readonly bookRows?: number;
  /** Columns that share a book, a multiple of `dim`; default: all. */
  readonly bookCols?: number;
}

/** The longest sub-vector the kernels hold in registers. */
export const MAX_DIM = 8;

export function tilesOf(rows: number, cols: number, dim: number, options: TileOptions = {}): Tiles {
  if (!Number.isInteger(dim) || dim < 1 || dim > MAX_DIM) throw new Error(`bug: sub-vectors of ${dim} columns`);
  const subs = Math.ceil(cols / dim);
  const bookRows = Math.min(options.bookRows ?? rows, rows);
  const bookCols = options.bookCols ?? subs * dim;
  if (bookCols % dim !== 0) throw new Error(`bug: books of ${bookCols} columns for sub-vectors of ${dim}`);
  const bookSubs = Math.min(bookCols / dim, subs);
  const booksAcross = Math.ceil(subs / bookSubs);
  const booksDown = Math.ceil(rows / bookRows);
  return { rows, cols, dim, subs, bookRows, bookSubs, booksAcross, booksDown, books: booksAcross * booksDown };
}

/** The book that a sub-vector belongs to. */
export function bookOf(tiles: Tiles, row: number, sub: number): number {
  return Math.floor(row / tiles.bookRows) * tiles.booksAcross + Math.floor(sub / tiles.bookSubs);
}

/** Indices of a book's sub-vectors, row after row. */
export function* membersOf(tiles: Tiles, book: number): Generator<number> {
  const firstRow = Math.floor(book / tiles.booksAcross) * tiles.bookRows;
  const firstSub = (book % tiles.booksAcross) * tiles.bookSubs;
  for (let row = firstRow; row < Math.min(firstRow + tiles.bookRows, tiles.rows); row++) {
    for (let sub = firstSub; sub < Math.min(firstSub + tiles.bookSubs, tiles.subs); sub++) yield row * tiles.subs + sub;
  }
}

/** How many sub-vectors a book has. */
export function sizeOf(tiles: Tiles, book: number): number {
  const [down, across] = [Math.floor(book / tiles.booksAcross), book % tiles.booksAcross];
  const rows = Math.min(tiles.bookRows, tiles.rows - down * tiles.bookRows);
  return rows * Math.min(tiles.bookSubs, tiles.subs - across * tiles.bookSubs);
}

/** A window of a matrix, cut into tiles: what the k-means kernels read. shaders/codebook/view.wgsl does the index arithmetic. */
export interface SubVectors extends Tiles {
  readonly matrix: Tensor;
  /** True where `matrix` holds the transpose, as the column loop's working copy does. */
  readonly transposed: boolean;
  readonly firstCol: number;
}

export interface WindowOptions extends TileOptions {
  readonly transposed?: boolean;
  /** The window's columns of the (untransposed) matrix; default: all. */
  readonly firstCol?: number;
  readonly cols?: number;
}

/** Sub-vectors of a rows × cols matrix, or of a window of its columns. Nothing is copied. */
export function subVectors(matrix: Tensor, dim: number, options: WindowOptions = {}): SubVectors {
  const transposed = options.transposed ?? false;
  const [rows, all] = transposed ? [matrix.cols, matrix.rows] : [matrix.rows, matrix.cols];
  const firstCol = options.firstCol ?? 0;
  const cols = options.cols ?? all - firstCol;
  if (firstCol < 0 || cols < 1 || firstCol + cols > all) {
    throw new Error(`bug: columns ${firstCol} to ${firstCol + cols} of ${all}`);
  }
  return { ...tilesOf(rows, cols, dim, options), matrix, transposed, firstCol };
}

/** The window's parameters as view.wgsl names them. */
export const VIEW_PARAMS = {
  rows: 'u32',
  cols: 'u32',
  subs: 'u32',
  offset: 'u32',
  row_stride: 'u32',
  col_stride: 'u32',
  book_rows: 'u32',
  book_subs: 'u32',
  books_across: 'u32',
} as const;

export function viewParams(points: SubVectors) {
  const { stride } = points.matrix;
  const [rowStride, colStride] = points.transposed ? [1, stride] : [stride, 1];
  return {
    rows: points.rows,
    cols: points.cols,
    subs: points.subs,
    offset: points.firstCol * colStride,
    row_stride: rowStride,
    col_stride: colStride,
    book_rows: points.bookRows,
    book_subs: points.bookSubs,
    books_across: points.booksAcross,
  };
}

/** Points a book's tile has room for; ragged tiles leave some of it empty. */
export function tileSize(tiles: Tiles): number {
  return tiles.bookRows * tiles.bookSubs;
}

/** The window's values on the host: component j of sub-vector i at i · dim + j, zero past the last column. One readback. */
export async function readPoints(points: SubVectors): Promise<Float32Array<ArrayBuffer>> {
  const { matrix, rows, cols, dim, subs } = points;
  const params = viewParams(points);
  const [first, past] = points.transposed
    ? [params.offset, params.offset + cols * matrix.stride]
    : [0, matrix.rows * matrix.stride];
  const [bytes] = await matrix.gpu.read({ buffer: matrix.buffer, offset: first * 4, bytes: (past - first) * 4 });
  const host = new Float32Array(bytes);
  const values = new Float32Array(rows * subs * dim);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      values[r * subs * dim + c] = host[params.offset - first + r * params.row_stride + c * params.col_stride];
    }
  }
  return values;
}
