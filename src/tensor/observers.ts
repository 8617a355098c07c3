/**
 * What is seen of activations over many calls: figures by column, static ranges (running least and greatest, their exponential mean, exact
 * percentiles), histograms, figures by token, and what a quantizer did. Twins: reference/observers.ts. Ranges found by error: range-search.ts.
 *
 * An observer gathers on the GPU and is read once; sums are f32, calls in their order, so two runs give equal bits.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { columnQuantiles } from '../numerics/quantiles';
import { layoutOf, sharedLayout, type Cells, type Windows } from './activation-format';
import { combine } from './elementwise';
import { cellRanges, foldCells } from './fake-quant';
import { Indices } from './indices';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { Tensor } from './tensor';

const columnKernel = (entry: 'part' | 'gather') =>
  defineKernel({
    shader: 'activation/columns',
    entry,
    buffers: ['read', 'write'],
    params: { rows: 'u32', stride: 'u32', panel: 'u32', count: 'u32', fresh: 'u32' },
  });
const PART = columnKernel('part');
const GATHER = columnKernel('gather');

const ROWS = defineKernel({
  shader: 'activation/rows',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { rows: 'u32', padded_rows: 'u32', cols: 'u32', stride: 'u32' },
  overrides: ROW_OVERRIDES,
});

const HISTOGRAM = defineKernel({
  shader: 'activation/histogram',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { vectors: 'u32', rows: 'u32', cols: 'u32', stride: 'u32', bins: 'u32', low: 'f32', high: 'f32' },
});

/** Rows one thread looks at. */
const PANEL = 64;
/** Most values that are read back to be sorted: 64 MiB. */
export const MOST_SORTED = 1 << 24;
/** A spread below this, in units of the largest magnitude, is rounding. */
const NO_SPREAD = 1e-12;

/** By column, over all rows that were seen. */
export interface ColumnFigures {
  readonly rows: number;
  readonly least: Float32Array;
  readonly greatest: Float32Array;
  /** The largest magnitude. */
  readonly peak: Float32Array;
  readonly mean: Float32Array;
  /** The mean of |x|. */
  readonly magnitude: Float32Array;
  readonly meanSquare: Float32Array;
}

export class ColumnObserver {
  #kept: Tensor | null = null;
  #rows = 0;

  add(x: Tensor): void {
    const { gpu, rows } = x;
    if (this.#kept && this.#kept.cols !== x.cols) throw new Error(`bug: ${x.cols} columns after ${this.#kept.cols}`);
    const fresh = this.#kept ? 0 : 1;
    this.#kept ??= Tensor.zeros(gpu, 5, x.cols, 'figures by column');
    const count = Math.ceil(rows / PANEL);
    const stride = x.stride / 4;
    const parts = Tensor.zeros(gpu, 5 * count, x.cols, 'figures by column and panel');
    const params = { rows, stride, panel: PANEL, count, fresh };
    const launch = (kernel: typeof PART, from: Tensor, to: Tensor, threads: number, work: number) => {
      gpu.launch(kernel, { buffers: [from.buffer, to.buffer], params, grid: linearGrid(threads, 64), work });
    };
    launch(PART, x, parts, count * stride, 8 * rows * x.stride);
    launch(GATHER, parts, this.#kept, stride, 5 * count * x.stride);
    parts.release();
    this.#rows += rows;
  }

  async read(): Promise<ColumnFigures> {
    if (!this.#kept) throw new Error('bug: figures of columns that nobody showed');
    const { cols } = this.#kept;
    const [rows, values] = [this.#rows, await this.#kept.read()];
    const row = (r: number) => values.slice(r * cols, (r + 1) * cols);
    const mean = (r: number) => row(r).map((sum) => sum / rows);
    const [least, greatest] = [row(0), row(1)];
    const peak = least.map((low, i) => Math.max(Math.abs(low), Math.abs(greatest[i])));
    return { rows, least, greatest, peak, mean: mean(2), magnitude: mean(3), meanSquare: mean(4) };
  }

  release(): void {
    this.#kept?.release();
    this.#kept = null;
    this.#rows = 0;
  }
}

/** How ranges of several calls become one: the widest, or keep · before + (1 − keep) · now (OS+: 0.9, QuantVGGT: 0.95). */
export type RangeRule = { readonly kind: 'widest' } | { readonly kind: 'mean'; readonly keep: number };

/** Static ranges by tensor, group of columns or column, shared by all rows: what fakeQuantize takes as `ranges`. */
export class RangeObserver {
  #ranges: Tensor | null = null;

  constructor(
    private readonly cells: Cells,
    private readonly rule: RangeRule = { kind: 'widest' },
  ) {}

  /** `windows`: a mean takes one after the other, whatever comes together; by default x is one. */
  add(x: Tensor, { length }: Windows = { length: x.rows }): void {
    const { tileCols } = sharedLayout(x.rows, x.cols, this.cells);
    if (this.rule.kind === 'widest' || length === x.rows) {
      this.#take(cellRanges(x, { per: 'block', tokens: x.rows, columns: tileCols }));
      return;
    }
    const all = cellRanges(x, { per: 'block', tokens: length, columns: tileCols }, { windows: { length } });
    const windows = all.rows / 2;
    for (let w = 0; w < windows; w++) {
      const own = Tensor.zeros(x.gpu, 2, all.cols, 'ranges');
      const bytes = all.stride * 4;
      x.gpu.copy(all.buffer, w * bytes, own.buffer, 0, bytes);
      x.gpu.copy(all.buffer, (windows + w) * bytes, own.buffer, bytes, bytes);
      this.#take(own);
    }
    all.release();
  }

  #take(now: Tensor): void {
    const before = this.#ranges;
    if (!before) {
      this.#ranges = now;
      return;
    }
    const { rule } = this;
    this.#ranges = rule.kind === 'mean' ? combine(rule.keep, before, 1 - rule.keep, now) : widest(before, now);
    before.release();
    now.release();
  }

  /** 2 × across; stays the observer's. */
  get ranges(): Tensor {
    if (!this.#ranges) throw new Error('bug: ranges of what nobody showed');
    return this.#ranges;
  }

  release(): void {
    this.#ranges?.release();
    this.#ranges = null;
  }
}

/**
 * The exact quantiles low and high of all values of each cell, by tensor, group or column: x comes to the host and is sorted. 2 × across, of
 * one call; several may be averaged by whoever asks (Quamba: an exponential mean that keeps 0.99).
 */
export async function percentileRanges(
  x: Tensor,
  cells: Cells,
  quantiles: readonly [low: number, high: number],
): Promise<Float64Array> {
  if (x.rows * x.cols > MOST_SORTED) {
    throw new Error(`bug: ${x.rows} × ${x.cols} values to be sorted; at most ${MOST_SORTED} are`);
  }
  const { tileCols } = sharedLayout(x.rows, x.cols, cells);
  return columnQuantiles(await x.read(), x.rows, x.cols, tileCols, quantiles);
}

/** How many values lie where. */
export interface Histogram {
  readonly low: number;
  readonly high: number;
  readonly counts: Uint32Array;
  readonly below: number;
  readonly above: number;
  readonly notFinite: number;
}

export class HistogramObserver {
  readonly #counts: Indices;

  constructor(
    private readonly gpu: Gpu,
    private readonly bins: number,
    private readonly low: number,
    private readonly high: number,
  ) {
    if (!Number.isInteger(bins) || bins < 1 || bins > 65536 || !(low < high) || !Number.isFinite(high - low)) {
      throw new Error(`bug: a histogram of ${bins} bins from ${low} to ${high}`);
    }
    this.#counts = Indices.empty(gpu, bins + 3, 'histogram');
    gpu.clear(this.#counts.buffer, 0, 4 * (bins + 3));
  }

  add(x: Tensor): void {
    const { bins, low, high } = this;
    const vectors = x.bytes / 16;
    this.gpu.launch(HISTOGRAM, {
      buffers: [x.buffer, this.#counts.buffer],
      params: { vectors, rows: x.rows, cols: x.cols, stride: x.stride / 4, bins, low, high },
      grid: linearGrid(vectors, 64),
      work: 32 * vectors,
    });
  }

  async read(): Promise<Histogram> {
    const { bins, low, high } = this;
    const all = await this.#counts.read();
    const [below, above, notFinite] = all.slice(bins);
    return { low, high, counts: all.slice(0, bins), below, above, notFinite };
  }

  release(): void {
    this.#counts.release();
  }
}

/** Of one token; null where 0 is divided by 0. */
export interface TokenFigures {
  readonly peak: number;
  readonly rms: number;
  /** Peak over root mean square. */
  readonly peakToRms: number | null;
  /** n·Σx⁴/(Σx²)², about zero: 3n/(n + 2) for a random direction. */
  readonly kurtosis: number | null;
  /** About the mean, less 3. */
  readonly excess: number | null;
}

/** Sums from which `tokenFigures` makes figures, rows × 6. */
export function tokenSums(x: Tensor, options: RowOptions = {}): Tensor {
  const sums = Tensor.empty(x.gpu, x.rows, 6, 'figures by token');
  const { grid, overrides } = rowLaunch(x.gpu, x.paddedRows, options);
  x.gpu.launch(ROWS, {
    buffers: [x.buffer, sums.buffer],
    params: { rows: x.rows, padded_rows: x.paddedRows, cols: x.cols, stride: x.stride / 4 },
    grid,
    overrides,
    work: 14 * x.paddedRows * x.stride,
  });
  return sums;
}

/** From what `tokenSums` gave, as read back. */
export function tokenFigures(sums: Float32Array, cols: number): TokenFigures[] {
  return Array.from({ length: sums.length / 6 }, (_, row) => {
    const [peak, , squares, fourths, spread, tails] = sums.subarray(6 * row, 6 * row + 6);
    const flat = peak === 0;
    return {
      peak,
      rms: peak * Math.sqrt(squares / cols),
      peakToRms: flat ? null : 1 / Math.sqrt(squares / cols),
      kurtosis: flat ? null : (cols * fourths) / squares ** 2,
      excess: flat || spread / cols < NO_SPREAD ? null : (cols * tails) / spread ** 2 - 3,
    };
  });
}

/** The largest magnitudes of x by blocks, at most mostRows × mostCols of them: an outlier stays visible however small the picture. */
export async function heatMap(x: Tensor, mostRows: number, mostCols: number) {
  const [tokens, columns] = [Math.ceil(x.rows / mostRows), Math.ceil(x.cols / mostCols)];
  const cells: Cells = { per: 'block', tokens, columns };
  const { down: rows, across: cols } = layoutOf(x.rows, x.cols, cells);
  const pairs = cellRanges(x, cells);
  const ends = await pairs.read();
  pairs.release();
  const half = rows * cols;
  const values = Float32Array.from({ length: half }, (_, i) => Math.max(Math.abs(ends[i]), Math.abs(ends[half + i])));
  return { rows, cols, tokens, columns, values };
}

/** The lower lows and the higher highs of two 2 × across. */
function widest(a: Tensor, b: Tensor): Tensor {
  const { gpu, cols } = a;
  const bytes = a.stride * 4;
  const all = Tensor.zeros(gpu, 4, cols, 'ranges');
  [a, b].forEach((ranges, i) => {
    for (const end of [0, 1]) gpu.copy(ranges.buffer, end * bytes, all.buffer, (2 * end + i) * bytes, bytes);
  });
  const made = foldCells(all, layoutOf(2, cols, { per: 'tensor' }), 2, 'ranges');
  all.release();
  return made;
}
