/**
 * Large tables of rows, cut into panels that fit one binding: looked up by id (embedding), or multiplied with (output head).
 * Also `sliceRows`, which cuts rows out of an activation.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Indices } from './indices';
import { matmul, matmulIntoColumns } from './matmul';
import { padded, Tensor } from './tensor';

const GATHER = defineKernel({
  shader: 'model/gather',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { rows: 'u32', vectors: 'u32', stride: 'u32', first: 'u32', count: 'u32', clear: 'u32' },
});

const PLACE = defineKernel({
  shader: 'model/place-columns',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { vectors: 'u32', x_stride: 'u32', y_stride: 'u32', first: 'u32' },
});

/** A rows × cols matrix as panels of rows, each a tensor; every panel but the last has a multiple of 8 rows. */
export class Table {
  private constructor(
    readonly rows: number,
    readonly cols: number,
    readonly panels: readonly Tensor[],
  ) {}

  /** Uploads rows × cols values; panels as `empty` makes them. */
  static from(gpu: Gpu, rows: number, cols: number, values: Float32Array, label: string, panelBytes?: number): Table {
    if (values.length !== rows * cols) throw new Error(`bug: ${values.length} values for a ${rows} × ${cols} table`);
    const table = Table.empty(gpu, rows, cols, label, panelBytes);
    table.writeRows(0, values);
    return table;
  }

  /** A table that is yet to be written. `panelBytes` is the most one panel may take; default the adapter's limit. */
  static empty(gpu: Gpu, rows: number, cols: number, label: string, panelBytes?: number): Table {
    const heights = tableHeights(rows, cols, panelBytes ?? gpu.buffers.largest);
    const panels: Tensor[] = [];
    try {
      for (const height of heights) panels.push(Tensor.empty(gpu, height, cols, label));
    } catch (error) {
      for (const panel of panels) panel.release();
      throw error;
    }
    return new Table(rows, cols, panels);
  }

  /** Panels that are there already, which are taken over; each but the last has a multiple of 8 rows. */
  static joined(panels: readonly Tensor[]): Table {
    return new Table(
      panels.reduce((sum, { rows }) => sum + rows, 0),
      panels[0].cols,
      panels,
    );
  }

  get gpu(): Gpu {
    return this.panels[0].gpu;
  }

  /** Bytes of the padded panels. */
  get bytes(): number {
    return this.panels.reduce((sum, panel) => sum + panel.bytes, 0);
  }

  /** Uploads values of whole rows from row `first` on; every row has to be written before the table is used. */
  writeRows(first: number, values: Float32Array): void {
    const past = first + values.length / this.cols;
    let begin = 0;
    for (const panel of this.panels) {
      const [from, until] = [Math.max(first, begin), Math.min(past, begin + panel.rows)];
      if (from < until) {
        panel.writeRows(from - begin, values.subarray((from - first) * this.cols, (until - first) * this.cols));
      }
      begin += panel.rows;
    }
  }

  /** The rows × cols values, row-major. */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    const values = new Float32Array(this.rows * this.cols);
    let at = 0;
    for (const panel of this.panels) {
      values.set(await panel.read(), at);
      at += panel.rows * panel.cols;
    }
    return values;
  }

  /** A tensor looked at as a table; it stays the caller's. */
  static of(tensor: Tensor): Table {
    return new Table(tensor.rows, tensor.cols, [tensor]);
  }

  release(): void {
    for (const panel of this.panels) panel.release();
  }
}

/** Rows of each panel where one may take `bytes`: as many as it holds, a multiple of 8 (8 at least). */
export function tableHeights(rows: number, cols: number, bytes: number): number[] {
  const height = Math.max(8, Math.floor(bytes / (padded(cols) * 4 * 8)) * 8);
  return Array.from({ length: Math.ceil(rows / height) }, (_, p) => Math.min(height, rows - p * height));
}

/** y[r, :] = table[ids[r], :]. Ids must be below table.rows. */
export function gather(table: Table, ids: Indices): Tensor {
  const y = Tensor.empty(ids.gpu, ids.length, table.cols, 'embedding');
  const vectors = y.bytes / 16;
  let first = 0;
  for (const panel of table.panels) {
    y.gpu.launch(GATHER, {
      buffers: [panel.buffer, ids.buffer, y.buffer],
      params: { rows: y.rows, vectors, stride: y.stride / 4, first, count: panel.rows, clear: first === 0 ? 1 : 0 },
      grid: linearGrid(vectors, 64),
    });
    first += panel.rows;
  }
  return y;
}

/** x · tableᵀ: rows × table.rows. */
export function project(x: Tensor, table: Table): Tensor {
  if (table.panels.length === 1) return matmul('nt', x, table.panels[0], { label: 'projection' });
  const y = Tensor.empty(x.gpu, x.rows, table.rows, 'projection');
  let first = 0;
  for (const panel of table.panels) {
    matmulIntoColumns(x, panel, y, first);
    first += panel.rows;
  }
  return y;
}

/** y[:, first + c] = x[:, c], its padding included: `first` is a multiple of 8, and x ends with y or on a multiple of 8. */
export function setColumns(y: Tensor, x: Tensor, first: number): void {
  if (x.rows !== y.rows || first % 8 !== 0 || first + x.stride > y.stride) {
    throw new Error(`bug: ${x.rows} × ${x.cols} into columns ${first} … of ${y.rows} × ${y.cols}`);
  }
  const vectors = x.bytes / 16;
  x.gpu.launch(PLACE, {
    buffers: [x.buffer, y.buffer],
    params: { vectors, x_stride: x.stride / 4, y_stride: y.stride / 4, first: first / 4 },
    grid: linearGrid(vectors, 64),
  });
}

/** Rows first … first + count − 1 as a tensor of their own. */
export function sliceRows(x: Tensor, first: number, count: number): Tensor {
  if (first < 0 || first + count > x.rows) throw new Error(`bug: rows ${first} + ${count} of ${x.rows} × ${x.cols}`);
  const y = Tensor.empty(x.gpu, count, x.cols, 'rows');
  const bytes = count * x.stride * 4;
  x.gpu.copy(x.buffer, first * x.stride * 4, y.buffer, 0, bytes);
  if (bytes < y.bytes) x.gpu.clear(y.buffer, bytes, y.bytes - bytes);
  return y;
}
