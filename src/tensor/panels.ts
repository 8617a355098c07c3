/**
 * Square matrices that no buffer holds: cut into panels of rows, each a Tensor with a buffer of its own. A matrix that one buffer holds
 * stays a Tensor, and whoever takes a Square launches for it exactly what a Tensor needs.
 *
 * A panel has 32·2ᵐ rows, the last one what is left: so a factorization's blocks of 32 never lie across two panels, and the triangular
 * inverse, which joins blocks of 32·2ᵏ in pairs, joins within a panel or whole panels. What needs other rows than one panel's takes a
 * window, a copy of neighbouring rows; what needs whole columns takes a strip, a copy of neighbouring columns, as wide as a panel is
 * high, so that it fits wherever a panel does. Sums run in the same order as on a matrix in one piece.
 */
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { padded, Tensor } from './tensor';

const COPY_BLOCK = defineKernel({
  shader: 'linalg/copy-block',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    rows: 'u32',
    quads: 'u32',
    from_stride: 'u32',
    from_offset: 'u32',
    to_stride: 'u32',
    to_offset: 'u32',
  },
});

/** Rows that a panel's number of rows is a power of two times of: columns a step of the factorization. */
const BLOCK = 32;

/** A run of rows of a square matrix. */
export interface Panel {
  /** Its first row in the matrix. */
  readonly first: number;
  readonly tensor: Tensor;
}

/** A square matrix, in one piece or in panels. */
export type Square = Tensor | Panels;

export class Panels {
  private constructor(
    readonly gpu: Gpu,
    readonly rows: number,
    readonly panels: readonly Panel[],
  ) {}

  static empty(gpu: Gpu, size: number, label: string): Panels {
    const height = panelRows(size, gpu.buffers.panelBytes);
    const panels = Array.from({ length: Math.ceil(size / height) }, (_, p): Panel => {
      const first = p * height;
      return { first, tensor: Tensor.empty(gpu, Math.min(height, size - first), size, label) };
    });
    return new Panels(gpu, size, panels);
  }

  get cols(): number {
    return this.rows;
  }

  /** Floats from one row to the next, in every panel. */
  get stride(): number {
    return padded(this.rows);
  }

  /** The values, row-major, without padding. */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    const values = new Float32Array(this.rows ** 2);
    for (const { first, tensor } of this.panels) values.set(await tensor.read(), first * this.rows);
    return values;
  }

  clone(label: string): Panels {
    const panels = this.panels.map(({ first, tensor }) => ({ first, tensor: tensor.clone(label) }));
    return new Panels(this.gpu, this.rows, panels);
  }

  release(): void {
    for (const { tensor } of this.panels) tensor.release();
  }
}

/** Rows of a panel of a size × size matrix where a buffer has at most `bytes`. Throws QS-GPU-03 where it does not hold 32 of them. */
export function panelRows(size: number, bytes: number): number {
  // The same for a matrix and its factorization, which is padded to whole blocks.
  const block = Math.ceil(size / BLOCK) * BLOCK * BLOCK * 4;
  if (block > bytes) {
    throw new StudioError(
      'QS-GPU-03',
      `A matrix of ${size} columns needs buffers of ${block} bytes at least, and this GPU allows ${bytes}: choose a narrower layer or another GPU.`,
      { bytes: block, limit: bytes },
    );
  }
  return BLOCK * 2 ** Math.floor(Math.log2(bytes / block));
}

/** Whether one buffer holds such a matrix, and its factorization, which is padded to whole blocks. */
export function fitsWhole(size: number, bytes: number): boolean {
  return (Math.ceil(size / BLOCK) * BLOCK) ** 2 * 4 <= bytes;
}

/** Rows of each piece of such a matrix: one piece where one buffer holds it. */
export function pieceRows(size: number, bytes: number): number[] {
  if (fitsWhole(size, bytes)) return [size];
  const height = panelRows(size, bytes);
  return Array.from({ length: Math.ceil(size / height) }, (_, p) => Math.min(height, size - p * height));
}

/** A square matrix whose content is undefined until a kernel writes it, in one piece where one buffer holds it. */
export function emptySquare(gpu: Gpu, size: number, label: string): Square {
  return fitsWhole(size, gpu.buffers.panelBytes)
    ? Tensor.empty(gpu, size, size, label)
    : Panels.empty(gpu, size, label);
}

export function squareFrom(gpu: Gpu, size: number, values: Float32Array, label: string): Square {
  const square = emptySquare(gpu, size, label);
  for (const { first, tensor } of panelsOf(square)) {
    tensor.writeRows(0, values.subarray(first * size, (first + tensor.rows) * size));
  }
  return square;
}

/** Throws unless the matrix is square. */
export function requireSquare(h: { readonly rows: number; readonly cols: number }, what: string): void {
  if (h.rows !== h.cols) throw new Error(`bug: ${what} of ${h.rows} × ${h.cols}`);
}

/** A matrix's panels; one in one piece is its own. */
export function panelsOf(square: Square): readonly Panel[] {
  return square instanceof Panels ? square.panels : [{ first: 0, tensor: square }];
}

/** The buffers of what has one, or of a matrix in panels. */
export function buffersOf(of: { readonly buffer: GPUBuffer } | Panels): readonly GPUBuffer[] {
  return of instanceof Panels ? of.panels.map(({ tensor }) => tensor.buffer) : [of.buffer];
}

/** A matrix for those who work on matrices in one piece only. Throws QS-GPU-03 where it is in panels. */
export function inOnePiece(square: Square): Tensor {
  if (square instanceof Panels) {
    const [bytes, limit] = [square.stride ** 2 * 4, square.gpu.buffers.panelBytes];
    throw new StudioError(
      'QS-GPU-03',
      `A matrix of ${square.rows} columns needs a buffer of ${bytes} bytes here, and this GPU allows ${limit}: choose a narrower layer or another GPU.`,
      { bytes, limit },
    );
  }
  return square;
}

/** Rows of a matrix, bound as `tensor`, whose row 0 is the matrix's row `above`. */
export interface Rows {
  readonly tensor: Tensor;
  readonly above: number;
  /** Gives back what was copied. */
  release(): void;
}

/** Rows first … first + count − 1: of a matrix in one piece the matrix itself. */
export function rowsOf(square: Square, first: number, count: number): Rows {
  if (!(square instanceof Panels)) return allRows(square);
  const window = Tensor.empty(square.gpu, count, square.cols, 'rows of panels');
  const stride = square.stride * 4;
  for (const panel of square.panels) {
    const from = Math.max(first, panel.first);
    const past = Math.min(first + count, panel.first + panel.tensor.rows);
    if (past <= from) continue;
    const bytes = (past - from) * stride;
    square.gpu.copy(panel.tensor.buffer, (from - panel.first) * stride, window.buffer, (from - first) * stride, bytes);
  }
  if (window.paddedRows > count) {
    square.gpu.clear(window.buffer, count * stride, (window.paddedRows - count) * stride);
  }
  return { tensor: window, above: first, release: () => window.release() };
}

/** All rows of a matrix in one piece. */
export function allRows(tensor: Tensor): Rows {
  return { tensor, above: 0, release: () => undefined };
}

/** Columns of a matrix, all rows of them or some; `first` is their first column. */
export interface Strip {
  readonly first: number;
  readonly tensor: Tensor;
}

/** Copies of neighbouring columns, one after another, each released when the next one is asked for. */
export function* stripsOf(square: Panels): Generator<Strip> {
  for (const { first, tensor } of square.panels) {
    const strip = stripOf(square, first, tensor.rows, 0, square.rows);
    yield { first, tensor: strip };
    strip.release();
  }
}

/** Columns first … first + width − 1 of rows from … past − 1, of whole panels but for the ends. */
export function stripOf(
  square: Pick<Panels, 'gpu' | 'panels'>,
  first: number,
  width: number,
  from: number,
  past: number,
): Tensor {
  const strip = Tensor.empty(square.gpu, past - from, width, 'columns of panels');
  for (const panel of square.panels) {
    const [start, end] = [Math.max(from, panel.first), Math.min(past, panel.first + panel.tensor.paddedRows)];
    if (end <= start) continue;
    const place = { row: start - panel.first, col: first };
    copyBlock(panel.tensor, place, strip, { row: start - from, col: 0 }, padded(end - start), width);
  }
  return strip;
}

/** A place in a tensor; both are multiples of 4, and columns of 8 where padding is to be copied along. */
interface Place {
  readonly row: number;
  readonly col: number;
}

/** Copies rows × cols values, with the padding of the columns. */
export function copyBlock(from: Tensor, at: Place, to: Tensor, into: Place, rows: number, cols: number): void {
  const quads = padded(cols) / 4;
  const place = ({ stride }: Tensor, { row, col }: Place) => (row * stride + col) / 4;
  to.gpu.launch(COPY_BLOCK, {
    buffers: [from.buffer, to.buffer],
    params: {
      rows,
      quads,
      from_stride: from.stride / 4,
      from_offset: place(from, at),
      to_stride: to.stride / 4,
      to_offset: place(to, into),
    },
    grid: linearGrid(rows * quads, 64),
    work: 4 * rows * quads,
  });
}

/** Runs `body` on a copy of each panel's part of the diagonal, and puts back what it made of it where it says so. */
export function onDiagonal(square: Panels, body: (block: Tensor, panel: Panel) => 'changed' | 'read'): void {
  for (const panel of square.panels) {
    const { first, tensor } = panel;
    const { rows, paddedRows } = tensor;
    const block = Tensor.empty(square.gpu, rows, rows, 'diagonal block');
    copyBlock(tensor, { row: 0, col: first }, block, { row: 0, col: 0 }, paddedRows, rows);
    if (body(block, panel) === 'changed') {
      copyBlock(block, { row: 0, col: 0 }, tensor, { row: 0, col: first }, paddedRows, rows);
    }
    block.release();
  }
}
