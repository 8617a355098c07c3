/**
 * The affine grid on the GPU: fitting, rounding, packing and decoding (shaders/quantizer). Twin: src/quantizer/affine-reference.ts.
 *
 * The quantizing work runs on a transposed working copy, cols × rows, so that neighbouring threads (rows) read neighbouring floats.
 * A grid tensor is (2·groups) × rows: scales, then zeros.
 */
import { defineKernel, linearGrid, rowGrid } from '../gpu/kernel';
import type { Gpu } from '../gpu/gpu';
import type { Readable } from '../gpu/readback';
import { protectedRange } from '../numerics/progressive';
import { Indices } from './indices';
import { Tensor } from './tensor';

export interface GridSpec {
  readonly bits: number;
  readonly symmetric: boolean;
  readonly clip: 'none' | 'mse';
  readonly groups: number;
  /** Columns a group; cols for one group a row. */
  readonly size: number;
  /** No range is taken for smaller than this; RELEASED_FLOOR where published code is followed. Default: what f32 needs. */
  readonly floor?: number;
  /** Of progressive groups, the unit of each row (1 × rows): scales are whole multiples of it. */
  readonly units?: Tensor;
}

/** The published quantizers' least range (QuaRot, GPTAQ): of a layer with smaller weights it leaves zeros. */
export const RELEASED_FLOOR = 1e-5;
/** A range so small that a fifth of it over 255 levels is still a normal f32. */
const LEAST_RANGE = 1e-34;

const FIT = defineKernel({
  shader: 'quantizer/fit-grid',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    first_row: 'u32',
    past_row: 'u32',
    cols: 'u32',
    stride: 'u32',
    first_group: 'u32',
    groups: 'u32',
    size: 'u32',
    grid_stride: 'u32',
    top: 'f32',
    symmetric: 'u32',
    search: 'u32',
    floor: 'f32',
  },
  overrides: ['LANES'],
});

const ROW_UNITS = defineKernel({
  shader: 'quantizer/row-units',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { first_row: 'u32', past_row: 'u32', cols: 'u32', stride: 'u32', most: 'f32', floor: 'f32' },
  overrides: ['LANES'],
});

const FIT_PROGRESSIVE = defineKernel({
  shader: 'quantizer/fit-progressive',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: {
    ...{ first_row: 'u32', past_row: 'u32', cols: 'u32', stride: 'u32' },
    ...{ first_group: 'u32', groups: 'u32', size: 'u32', grid_stride: 'u32', top: 'i32', most: 'f32' },
  } as const,
  overrides: ['LANES'],
});

const ROUND = defineKernel({
  shader: 'quantizer/round',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: {
    rows: 'u32',
    cols: 'u32',
    stride: 'u32',
    groups: 'u32',
    grid_stride: 'u32',
    padded_cols: 'u32',
    fold: 'u32',
    top: 'f32',
  },
  overrides: ['LANES'],
});

const PACK = defineKernel({
  shader: 'quantizer/pack',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { rows: 'u32', cols: 'u32', stride: 'u32', quads: 'u32', fold: 'u32' },
  overrides: ['LANES'],
});

const DECODE = defineKernel({
  shader: 'quantizer/decode',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: {
    rows: 'u32',
    cols: 'u32',
    stride: 'u32',
    padded_rows: 'u32',
    quads: 'u32',
    groups: 'u32',
    grid_stride: 'u32',
    fold: 'u32',
  },
  overrides: ['LANES'],
});

const GROUPS = defineKernel({
  shader: 'quantizer/groups',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { count: 'u32', size: 'u32' },
});

/** The group of each place where groups are runs of `size` places: ⌊place / size⌋. */
export function groupsOf(places: Indices, size: number): Indices {
  const { gpu, length: count } = places;
  const groups = Indices.empty(gpu, count, 'groups');
  gpu.launch(GROUPS, {
    buffers: [places.buffer, groups.buffer],
    params: { count, size },
    grid: linearGrid(count, 64),
  });
  return groups;
}

/** An all-zero grid tensor for `rows` outputs. */
export function emptyGrid(gpu: Gpu, rows: number, groups: number): Tensor {
  return Tensor.zeros(gpu, 2 * groups, rows, 'grid');
}

/** The units of progressive groups, 1 × rows, of weights (cols × rows) as they are now. */
export function fitUnits(weights: Tensor, { bits, floor }: Pick<GridSpec, 'bits' | 'floor'>): Tensor {
  const { gpu } = weights;
  const [cols, rows] = [weights.rows, weights.cols];
  const units = Tensor.zeros(gpu, 1, rows, 'row units');
  const rowsAtOnce = Math.max(gpu.lanes, Math.min(rows, Math.floor(gpu.workBudget / (2 * cols))));
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const past = Math.min(row + rowsAtOnce, rows);
    gpu.launch(ROW_UNITS, {
      buffers: [weights.buffer, units.buffer],
      params: {
        ...{ first_row: row, past_row: past, cols, stride: weights.stride },
        ...{ most: protectedRange(bits), floor: Math.max(floor ?? 0, LEAST_RANGE) },
      },
      grid: [Math.ceil((past - row) / gpu.lanes), 1],
      overrides: { LANES: gpu.lanes },
      work: 2 * cols * (past - row),
    });
  }
  return units;
}

/**
 * Fits groups first … first + count − 1 of `grid` to `weights` (cols × rows) as they are now. Group g holds `spec.size` columns from
 * g · size on, counted in the order that `place` gives: the identity for groups of the working order, the inverse permutation for
 * groups of original columns.
 */
export function fitGroups(
  weights: Tensor,
  place: Indices,
  grid: Tensor,
  spec: GridSpec,
  first = 0,
  count = spec.groups,
): void {
  const { gpu } = weights;
  const [cols, rows] = [weights.rows, weights.cols];
  if (first + count > spec.groups) throw new Error(`bug: groups ${first}..${first + count} of ${spec.groups}`);
  // A clip search over long rows is heavy enough that even one group must be cut, by rows.
  const workPerRow = spec.size * (spec.clip === 'mse' ? 80 * 12 : 4);
  const rowsAtOnce = Math.max(gpu.lanes, Math.min(rows, Math.floor(gpu.workBudget / workPerRow)));
  const groupsAtOnce = Math.max(1, Math.min(65535, Math.floor(gpu.workBudget / (workPerRow * rowsAtOnce))));
  for (let group = first; group < first + count; group += groupsAtOnce) {
    const groups = Math.min(groupsAtOnce, first + count - group);
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const past = Math.min(row + rowsAtOnce, rows);
      const params = {
        first_row: row,
        past_row: past,
        cols,
        stride: weights.stride,
        first_group: group,
        groups: spec.groups,
        size: spec.size,
        grid_stride: grid.stride,
        top: 2 ** spec.bits - 1,
      };
      const launch = {
        grid: [Math.ceil((past - row) / gpu.lanes), groups] as [number, number],
        overrides: { LANES: gpu.lanes },
        work: workPerRow * (past - row) * groups,
      };
      if (spec.units) {
        gpu.launch(FIT_PROGRESSIVE, {
          ...launch,
          buffers: [weights.buffer, place.buffer, spec.units.buffer, grid.buffer],
          params: { ...params, most: protectedRange(spec.bits) },
        });
        continue;
      }
      gpu.launch(FIT, {
        ...launch,
        buffers: [weights.buffer, place.buffer, grid.buffer],
        params: {
          ...params,
          symmetric: spec.symmetric ? 1 : 0,
          search: spec.clip === 'mse' ? 1 : 0,
          floor: Math.max(spec.floor ?? 0, LEAST_RANGE),
        },
      });
    }
  }
}

/** Codes (cols × rows) of the nearest levels: RTN. */
export function roundToGrid(weights: Tensor, grid: Tensor, groupOf: Indices, spec: GridSpec): Tensor {
  const { gpu } = weights;
  const codes = Tensor.empty(gpu, weights.rows, weights.cols, 'codes');
  const { grid: launchGrid, fold } = rowGrid(weights.stride, gpu.lanes, weights.paddedRows);
  gpu.launch(ROUND, {
    buffers: [weights.buffer, grid.buffer, groupOf.buffer, codes.buffer],
    params: {
      rows: weights.cols,
      cols: weights.rows,
      stride: weights.stride,
      groups: spec.groups,
      grid_stride: grid.stride,
      padded_cols: weights.paddedRows,
      fold,
      top: 2 ** spec.bits - 1,
    },
    grid: launchGrid,
    overrides: { LANES: gpu.lanes },
    work: weights.rows * weights.cols * 8,
  });
  return codes;
}

/** Byte codes on the GPU: rows × quads u32, four codes a word, row-major in the original column order. */
export class PackedCodes {
  private constructor(
    readonly gpu: Gpu,
    readonly rows: number,
    readonly cols: number,
    readonly buffer: GPUBuffer,
  ) {}

  get quads(): number {
    return Math.ceil(this.cols / 4);
  }

  get bytes(): number {
    return this.rows * this.quads * 4;
  }

  static empty(gpu: Gpu, rows: number, cols: number): PackedCodes {
    return new PackedCodes(gpu, rows, cols, gpu.buffers.acquire(rows * Math.ceil(cols / 4) * 4, 'packed codes'));
  }

  /** Uploads rows × cols codes. */
  static from(gpu: Gpu, rows: number, cols: number, codes: Uint8Array): PackedCodes {
    const packed = PackedCodes.empty(gpu, rows, cols);
    const host = new Uint8Array(packed.bytes);
    for (let r = 0; r < rows; r++) host.set(codes.subarray(r * cols, (r + 1) * cols), r * packed.quads * 4);
    gpu.write(packed.buffer, host);
    return packed;
  }

  /** The rows × cols codes, to be read beside other things. */
  get readable(): Readable<Uint8Array<ArrayBuffer>> {
    const ranges = [{ buffer: this.buffer, bytes: this.bytes }];
    return { ranges, decode: ([bytes]) => this.unpad(new Uint8Array(bytes)) };
  }

  /** The rows × cols codes out of bytes read back from this buffer. */
  unpad(host: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const codes = new Uint8Array(this.rows * this.cols);
    for (let r = 0; r < this.rows; r++) {
      codes.set(host.subarray(r * this.quads * 4, r * this.quads * 4 + this.cols), r * this.cols);
    }
    return codes;
  }

  release(): void {
    this.gpu.buffers.release(this.buffer);
  }
}

/** Packs working codes (cols × rows); `position[j]` is where original column j stands in the working order. */
export function packCodes(codes: Tensor, position: Indices): PackedCodes {
  const { gpu } = codes;
  const packed = PackedCodes.empty(gpu, codes.cols, codes.rows);
  const { grid, fold } = rowGrid(packed.quads, gpu.lanes, packed.rows);
  gpu.launch(PACK, {
    buffers: [codes.buffer, position.buffer, packed.buffer],
    params: { rows: packed.rows, cols: packed.cols, stride: codes.stride, quads: packed.quads, fold },
    grid,
    overrides: { LANES: gpu.lanes },
    work: codes.rows * codes.cols * 4,
  });
  return packed;
}

/** Q, rows × cols: scale · (code − zero). `groupOf` is in the original column order. */
export function decodeCodes(packed: PackedCodes, grid: Tensor, groupOf: Indices): Tensor {
  const { gpu } = packed;
  const q = Tensor.empty(gpu, packed.rows, packed.cols, 'quantized weight');
  const { grid: launchGrid, fold } = rowGrid(q.stride, gpu.lanes, q.paddedRows);
  gpu.launch(DECODE, {
    buffers: [packed.buffer, grid.buffer, groupOf.buffer, q.buffer],
    params: {
      rows: q.rows,
      cols: q.cols,
      stride: q.stride,
      padded_rows: q.paddedRows,
      quads: packed.quads,
      groups: grid.rows / 2,
      grid_stride: grid.stride,
      fold,
    },
    grid: launchGrid,
    overrides: { LANES: gpu.lanes },
    work: q.rows * q.cols * 4,
  });
  return q;
}
