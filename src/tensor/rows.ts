/**
 * Rows rearranged: set into zeros, one after another, reversed by window, taken by index, and the sums that go back from a taking by
 * index (shaders/model/gather.wgsl, reverse-rows.wgsl, gradient/sum-segments.wgsl). `sliceRows` lives in embedding.ts.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { gather, Table } from './embedding';
import { Indices } from './indices';
import { Tensor } from './tensor';

const REVERSE = defineKernel({
  shader: 'model/reverse-rows',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { vectors: 'u32', rows: 'u32', stride: 'u32', length: 'u32' },
});

const SUM_SEGMENTS = defineKernel({
  shader: 'gradient/sum-segments',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: { vectors: 'u32', rows: 'u32', stride: 'u32' },
});

/** Stands for a row that nobody took; at or past any table's length. */
const NOBODY = 0xffffffff;

/**
 * Which rows of a table of `rows` are taken, and the way back, which the host works out once: for distinct ids the inverse list; else
 * the takers sorted by what they took, so that sums run in a fixed order without atomics.
 */
export class RowIndex {
  private constructor(
    /** Rows of the table. */
    readonly rows: number,
    /** The ids: one a row of the result. */
    readonly ids: Indices,
    readonly distinct: boolean,
    /** Distinct: the taker of each row, or NOBODY. Else: takers, by what they took. */
    private readonly takers: Indices,
    /** Else: where each row's takers begin, and the end. */
    private readonly starts: Indices | null,
  ) {}

  /** Throws on an id at or past `rows`. */
  static from(gpu: Gpu, ids: ArrayLike<number>, rows: number): RowIndex {
    const starts = new Uint32Array(rows + 1);
    for (let r = 0; r < ids.length; r++) {
      if (!(ids[r] >= 0 && ids[r] < rows)) throw new Error(`bug: row ${ids[r]} of a table of ${rows}`);
      starts[ids[r] + 1]++;
    }
    const distinct = starts.every((count) => count <= 1);
    for (let t = 0; t < rows; t++) starts[t + 1] += starts[t];
    const next = starts.slice(0, rows);
    const takers = new Uint32Array(distinct ? rows : ids.length).fill(NOBODY);
    for (let r = 0; r < ids.length; r++) takers[distinct ? ids[r] : next[ids[r]]++] = r;
    return new RowIndex(
      rows,
      Indices.from(gpu, Uint32Array.from(ids), 'row ids'),
      distinct,
      Indices.from(gpu, takers, 'takers of rows'),
      distinct ? null : Indices.from(gpu, starts, 'segments'),
    );
  }

  /** y[r, :] = x[ids[r], :]. */
  take(x: Tensor): Tensor {
    if (x.rows !== this.rows) throw new Error(`bug: an index into ${this.rows} rows on ${x.rows} × ${x.cols}`);
    return gather(Table.of(x), this.ids);
  }

  /** y[t, :] = Σ x[r, :] over the rows r with ids[r] = t: the transpose of `take`. */
  giveBack(x: Tensor): Tensor {
    if (x.rows !== this.ids.length) throw new Error(`bug: ${this.ids.length} ids for ${x.rows} × ${x.cols}`);
    if (!this.starts) return gather(Table.of(x), this.takers);
    const y = Tensor.empty(x.gpu, this.rows, x.cols, 'sums of rows');
    const vectors = y.bytes / 16;
    x.gpu.launch(SUM_SEGMENTS, {
      buffers: [x.buffer, this.takers.buffer, this.starts.buffer, y.buffer],
      params: { vectors, rows: y.rows, stride: y.stride / 4 },
      grid: linearGrid(vectors, 64),
      work: (8 * (x.bytes + y.bytes)) / 16,
    });
    return y;
  }

  release(): void {
    this.ids.release();
    this.takers.release();
    this.starts?.release();
  }
}

/** The rows of each window of `length` in reverse. */
export function reverseRows(x: Tensor, length: number): Tensor {
  if (x.rows % length !== 0) throw new Error(`bug: ${x.rows} rows in windows of ${length}`);
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'reversed');
  const vectors = y.bytes / 16;
  y.gpu.launch(REVERSE, {
    buffers: [x.buffer, y.buffer],
    params: { vectors, rows: x.rows, stride: x.stride / 4, length },
    grid: linearGrid(vectors, 64),
    work: 8 * vectors,
  });
  return y;
}

/** `rows` rows of zeros with x in them from row `first` on. */
export function placeRows(x: Tensor, rows: number, first: number): Tensor {
  if (first < 0 || first + x.rows > rows) throw new Error(`bug: ${x.rows} rows from ${first} on among ${rows}`);
  const y = Tensor.zeros(x.gpu, rows, x.cols, 'rows');
  copyRows(x, y, first);
  return y;
}

/** The rows of one after those of the other. */
export function concatRows(parts: readonly Tensor[]): Tensor {
  const [{ gpu, cols }] = parts;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const y = Tensor.empty(gpu, rows, cols, 'rows one after another');
  let at = 0;
  for (const part of parts) {
    if (part.cols !== cols) throw new Error(`bug: rows of ${part.cols} columns after rows of ${cols}`);
    copyRows(part, y, at);
    at += part.rows;
  }
  const end = rows * y.stride * 4;
  if (end < y.bytes) gpu.clear(y.buffer, end, y.bytes - end);
  return y;
}

function copyRows(x: Tensor, y: Tensor, first: number): void {
  x.gpu.copy(x.buffer, 0, y.buffer, first * y.stride * 4, x.rows * x.stride * 4);
}
