/**
 * Quantizes a matrix and gives its values back in f32 (shaders/activation; formats in activation-format.ts): activations at a tap, keys,
 * values, probabilities. Twin: reference/fake-quant.ts.
 *
 * Dynamic ranges cost one pass over x (two launches where a cell has more than one row), rounding one more; static ranges are elementwise.
 * A tensor of ranges is (2·R) × across: the lows of R rows of cells, then their highs; with R = 1 all rows share them (static ranges:
 * tensor 2 × 1, column 2 × cols, group 2 × groups).
 *
 * What a quantizer sees can be dressed: v = (x + noise) / (row factor · column factor), and x̂ = v̂ · factors − noise. So CrossQuant's cross
 * scales, ZipCache's channel-separable values, a diagonal smoothing, and NoisyQuant's bias are the same operation; and columns or rows can be
 * kept: they pass as they are and count for no range (LLM.int8()'s outliers, attention sinks).
 * Dettmers et al. 2022, arXiv 2208.07339; Liu et al. 2023, 2211.16056; Liu et al. 2024, 2410.07505; He et al. 2024, 2405.14256.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import {
  codeNumbers,
  layoutOf,
  sharedLayout,
  type ActivationFormat,
  type Cells,
  type CellLayout,
  type Windows,
} from './activation-format';
import { Tensor } from './tensor';

export const CELL_PARAMS = {
  rows: 'u32',
  cols: 'u32',
  stride: 'u32',
  row_stride: 'u32',
  length: 'u32',
  pitch: 'u32',
  tile_rows: 'u32',
  tiles: 'u32',
  modulus: 'u32',
  width: 'u32',
  turns: 'u32',
  tile_cols: 'u32',
  across: 'u32',
  range_rows: 'u32',
} as const;

/** What activation/round and its way back have in common. */
export const ROUND_PARAMS = {
  ...CELL_PARAMS,
  range_stride: 'u32',
  vectors: 'u32',
  top: 'f32',
  least: 'f32',
  clip: 'f32',
  detail: 'f32',
  mantissa: 'u32',
  exponent: 'i32',
} as const;

const ACROSS = defineKernel({
  shader: 'activation/ranges',
  entry: 'across',
  buffers: ['read', 'read', 'read', 'write'],
  params: { ...CELL_PARAMS, pair_rows: 'u32', pair_stride: 'u32', last: 'u32' },
  overrides: ['BY_COLUMN', 'BY_ROW', 'WG', 'LANES'],
});

const FOLD = defineKernel({
  shader: 'activation/fold',
  entry: 'main',
  buffers: ['read', 'write'],
  params: {
    out_rows: 'u32',
    stride: 'u32',
    second_at: 'u32',
    length: 'u32',
    pitch: 'u32',
    tile_rows: 'u32',
    tiles: 'u32',
    modulus: 'u32',
    width: 'u32',
    turns: 'u32',
    parts: 'u32',
    panel: 'u32',
    last: 'u32',
  },
  overrides: ['SUM'],
});

const ROUND = defineKernel({
  shader: 'activation/round',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'write'],
  params: ROUND_PARAMS,
  overrides: ['BY_COLUMN', 'BY_ROW', 'CODE', 'AWAY'],
});

/** Rows that one thread folds. */
const PANEL = 64;

/** Vectors of one row, each left out or 1 × columns (or 1 × rows). A factor of 0 stands for 1; `kept` is 1 where x passes, else 0. */
export interface Dress {
  readonly columnFactor?: Tensor | null;
  readonly noise?: Tensor | null;
  readonly keptColumns?: Tensor | null;
  readonly rowFactor?: Tensor | null;
  readonly keptRows?: Tensor | null;
}

/** A dress as the kernels read it. Belongs to whoever made it; the vectors it was made of are not looked at again. */
export class Dressing {
  private constructor(
    /** 3 × cols: factors, noise, kept. */
    readonly byColumn: Tensor | null,
    /** 2 × rows: factors, kept. */
    readonly byRow: Tensor | null,
  ) {}

  static of(gpu: Gpu, rows: number, cols: number, dress: Dress): Dressing {
    const columns = stacked(gpu, cols, [dress.columnFactor, dress.noise, dress.keptColumns]);
    return new Dressing(columns, stacked(gpu, rows, [dress.rowFactor, dress.keptRows]));
  }

  release(): void {
    this.byColumn?.release();
    this.byRow?.release();
  }
}

export interface SeenOptions {
  /** Default: all rows are one window. */
  readonly windows?: Windows;
  readonly dressing?: Dressing | null;
  /** Threads that share a segment of a row, a divisor of gpu.lanes; by default what suits the adapter and the width. */
  readonly lanes?: number;
}

export interface FakeQuantOptions extends SeenOptions {
  /** Static, or worked out before; by default the ranges of x itself. */
  readonly ranges?: Tensor | null;
}

/** x̂, of the shape of x. */
export function fakeQuantize(x: Tensor, format: ActivationFormat, options: FakeQuantOptions = {}): Tensor {
  const own = options.ranges ? null : cellRanges(x, format.cells, options);
  const ranges = options.ranges ?? own;
  if (!ranges) throw new Error('bug: no ranges');
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'quantized activation');
  const { buffers, params, overrides } = roundLaunch(x, ranges, format, options);
  x.gpu.launch(ROUND, {
    buffers: [...buffers, y.buffer],
    params,
    overrides,
    grid: linearGrid(params.vectors, 64),
    work: 64 * params.vectors,
  });
  own?.release();
  return y;
}

/** The least and the greatest of every cell: (2·down) × across. Kept values do not count; a cell of nothing else has 0 and 0. */
export function cellRanges(x: Tensor, cells: Cells, options: SeenOptions = {}): Tensor {
  const layout = layoutOf(x.rows, x.cols, cells, options.windows);
  const lone = layout.tileRows === 1 && layout.turns === 1;
  // A column of x is its own least and greatest.
  const bare = layout.tileCols === 1 && !options.dressing && !lone;
  const pairs = bare ? x : across(x, layout, lone, options);
  if (lone) return pairs;
  const ranges = foldCells(pairs, layout, bare ? 0 : layout.rows, 'ranges');
  if (!bare) pairs.release();
  return ranges;
}

/**
 * Pairs of rows folded to pairs of cells, (2·down) × columns: least and greatest, or sums. The second rows of the pairs begin at row `second`.
 */
export function foldCells(pairs: Tensor, layout: CellLayout, second: number, what: 'ranges' | 'sums'): Tensor {
  const { gpu } = pairs;
  let { length, pitch, tileRows, tiles, modulus, width, turns } = layout;
  let [from, second_at] = [pairs, (second * pairs.stride) / 4];
  for (;;) {
    const parts = Math.ceil(Math.min(tileRows, length) / PANEL);
    const out_rows = layout.down * parts;
    const to = Tensor.zeros(gpu, 2 * out_rows, pairs.cols, what);
    const stride = pairs.stride / 4;
    gpu.launch(FOLD, {
      buffers: [from.buffer, to.buffer],
      params: {
        out_rows,
        stride,
        second_at,
        length,
        pitch,
        tile_rows: tileRows,
        tiles,
        modulus,
        width,
        turns,
        parts,
        panel: PANEL,
        last: parts === 1 ? 1 : 0,
      },
      grid: linearGrid(out_rows * stride, 64),
      overrides: { SUM: what === 'sums' ? 1 : 0 },
      work: 4 * turns * from.rows * pairs.stride,
    });
    if (from !== pairs) from.release();
    if (parts === 1) return to;
    [from, second_at] = [to, out_rows * stride];
    [length, pitch, tileRows, tiles, modulus, width, turns] = [parts, parts, parts, 1, 1, 1, 1];
  }
}

/** What a launch that rounds x is given: buffers in the order x, ranges, by column, by row. */
export function roundLaunch(x: Tensor, ranges: Tensor, format: ActivationFormat, options: SeenOptions) {
  const { cells, clip = 1, rounding = 'even' } = format;
  const layout = layoutOf(x.rows, x.cols, cells, options.windows);
  const rows = ranges.rows / 2;
  if (ranges.cols !== layout.across || (rows !== layout.down && rows !== 1)) {
    throw new Error(
      `bug: ranges of ${ranges.rows} × ${ranges.cols} for ${layout.down} × ${layout.across} cells of ${x.rows} × ${x.cols}`,
    );
  }
  const { code, ...numbers } = codeNumbers(format);
  const { buffers, overrides, row_stride } = dressed(x, options.dressing ?? null);
  return {
    layout: rows === 1 ? sharedLayout(x.rows, x.cols, cells) : layout,
    buffers: [x.buffer, ranges.buffer, ...buffers],
    params: {
      ...cellParams(x, layout, rows, row_stride),
      range_stride: ranges.stride,
      vectors: x.bytes / 16,
      clip,
      ...numbers,
    },
    overrides: { ...overrides, CODE: code, AWAY: rounding === 'away' ? 1 : 0 },
  };
}

/** How many threads share a segment: one where barriers are dear, else as many as there is work for. */
export function segmentLanes(gpu: Gpu, layout: CellLayout, lanes?: number) {
  const fitting = Math.max(1, Math.min(gpu.lanes, 2 ** Math.floor(Math.log2(layout.tileCols / 16))));
  const LANES = lanes ?? (gpu.description.software ? 1 : fitting);
  if (gpu.lanes % LANES !== 0) throw new Error(`bug: ${LANES} lanes a segment in workgroups of ${gpu.lanes}`);
  return {
    grid: linearGrid(layout.rows * layout.across * LANES, gpu.lanes),
    overrides: { WG: gpu.lanes, LANES },
  };
}

/** Least and greatest of each row, by segments; where a cell is one row, those of the cells. */
function across(x: Tensor, layout: CellLayout, last: boolean, options: SeenOptions): Tensor {
  const rows = last ? layout.down : x.rows;
  const pairs = Tensor.zeros(x.gpu, 2 * rows, layout.across, 'ranges');
  const { buffers, overrides, row_stride } = dressed(x, options.dressing ?? null);
  const lanes = segmentLanes(x.gpu, layout, options.lanes);
  x.gpu.launch(ACROSS, {
    buffers: [x.buffer, ...buffers, pairs.buffer],
    params: {
      ...cellParams(x, layout, rows, row_stride),
      pair_rows: rows,
      pair_stride: pairs.stride,
      last: last ? 1 : 0,
    },
    grid: lanes.grid,
    overrides: { ...overrides, ...lanes.overrides },
    work: 6 * x.paddedRows * x.stride,
  });
  return pairs;
}

export function cellParams(x: Tensor, layout: CellLayout, rangeRows: number, row_stride: number) {
  const { rows, cols, length, pitch, tiles, modulus, width, turns } = layout;
  return {
    rows,
    cols,
    stride: x.stride / 4,
    row_stride,
    length,
    pitch,
    tile_rows: layout.tileRows,
    tiles,
    modulus,
    width,
    turns,
    tile_cols: layout.tileCols,
    across: layout.across,
    range_rows: rangeRows,
  };
}

function dressed(x: Tensor, dressing: Dressing | null) {
  const { byColumn = null, byRow = null } = dressing ?? {};
  if ((byColumn && byColumn.cols !== x.cols) || (byRow && byRow.cols !== x.rows)) {
    throw new Error(`bug: ${x.rows} × ${x.cols} dressed for ${byRow?.cols ?? 'any'} × ${byColumn?.cols ?? 'any'}`);
  }
  return {
    buffers: [(byColumn ?? x).buffer, (byRow ?? x).buffer],
    overrides: { BY_COLUMN: byColumn ? 1 : 0, BY_ROW: byRow ? 1 : 0 },
    row_stride: byRow?.stride ?? 0,
  };
}

/** Vectors one below the other, zeros where there is none; null where there is none at all. */
function stacked(gpu: Gpu, length: number, vectors: readonly (Tensor | null | undefined)[]): Tensor | null {
  if (vectors.every((vector) => !vector)) return null;
  const all = Tensor.zeros(gpu, vectors.length, length, 'dressing');
  vectors.forEach((vector, i) => {
    if (!vector) return;
    if (vector.rows !== 1 || vector.cols !== length) {
      throw new Error(`bug: a ${vector.rows} × ${vector.cols} vector to dress ${length} rows or columns`);
    }
    gpu.copy(vector.buffer, 0, all.buffer, i * all.stride * 4, vector.stride * 4);
  });
  return all;
}
