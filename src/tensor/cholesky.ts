/**
 * Cholesky factor and triangular inverse in f32, blocked, in place, on the lower triangle of one buffer
 * (shaders/linalg/cholesky.wgsl and triangular-inverse.wgsl). Sizes are multiples of 32: continue a smaller matrix by the
 * identity, which leaves the factor of the rest as it is. Both treat what lies above the diagonal as scratch.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { readTogether, type Readable } from '../gpu/readback';
import { requireSquare } from './panels';
import type { Tensor } from './tensor';

/** Columns a step. */
export const BLOCK = 32;

const CHOLESKY_PARAMS = {
  size: 'u32',
  stride: 'u32',
  first: 'u32',
  first_row_tile: 'u32',
  row_tiles: 'u32',
  floor: 'f32',
  above: 'u32',
} as const;
const choleskyKernel = (entry: 'block' | 'panel' | 'trailing') =>
  defineKernel({
    shader: 'linalg/cholesky',
    entry,
    buffers: entry === 'block' ? ['write', 'write'] : ['write'],
    params: CHOLESKY_PARAMS,
  });
const FACTOR_BLOCK = choleskyKernel('block');
const PANEL = choleskyKernel('panel');
const TRAILING = choleskyKernel('trailing');

const INVERSE_PARAMS = { stride: 'u32', half: 'u32', first_row_tile: 'u32', row_tiles: 'u32' } as const;
const inverseKernel = (entry: 'block' | 'left' | 'right') =>
  defineKernel({ shader: 'linalg/triangular-inverse', entry, buffers: ['write'], params: INVERSE_PARAMS });
const INVERT_BLOCKS = inverseKernel('block');
const LEFT = inverseKernel('left');
const RIGHT = inverseKernel('right');

/** What became of the pivots of a factorization. */
export interface Pivots {
  /** How many were at or below the floor and set to it. Zero: the matrix is positive definite, as far as f32 can tell. */
  readonly clamped: number;
  /** Index of the first of them, or null. */
  readonly first: number | null;
  /** Entries that were NaN or infinite, where somebody has counted them (factor.ts). */
  readonly nonFinite: number;
}

/** The three counts of a factorization, on the GPU until they are read. */
export class PivotStatus implements Readable<Pivots> {
  readonly buffer: GPUBuffer;

  constructor(
    private readonly gpu: Gpu,
    private readonly size: number,
  ) {
    this.buffer = gpu.buffers.acquire(12, 'pivots');
    gpu.clear(this.buffer, 0, 12);
  }

  get ranges() {
    return [{ buffer: this.buffer, bytes: 12 }];
  }

  decode([bytes]: readonly ArrayBuffer[]): Pivots {
    const [clamped, fromEnd, nonFinite] = new Uint32Array(bytes);
    return { clamped, first: clamped > 0 ? this.size - fromEnd : null, nonFinite };
  }

  async read(): Promise<Pivots> {
    const [pivots] = await readTogether<[Readable<Pivots>]>(this.gpu, this);
    return pivots;
  }

  release(): void {
    this.gpu.buffers.release(this.buffer);
  }
}

/** A size for the two functions below that holds `cols` columns. */
export function factorSize(cols: number): number {
  return Math.ceil(cols / BLOCK) * BLOCK;
}

/** Replaces the lower triangle of a symmetric positive definite matrix by L, A = L·Lᵀ. Pivots up to `floor` are clamped and counted. */
export function cholesky(a: Tensor, floor: number, status: PivotStatus): void {
  requireBlocks(a);
  const { gpu, rows: size } = a;
  const stride = a.stride / 4;
  for (let first = 0; first < size; first += BLOCK) {
    const params = { size, stride, first, floor, first_row_tile: 0, row_tiles: 0, above: 0 };
    const below = size - first - BLOCK;
    factorBlock(a, status, { size, first, floor, above: 0 });
    if (below === 0) break;
    launchBelow(a, below, params);
    const tiles = below / 8;
    const workPerTileRow = BLOCK * 8 * below; // about half of each row of tiles is at or below the diagonal
    for (const [firstRow, count] of bands(tiles, workPerTileRow, gpu)) {
      gpu.launch(TRAILING, {
        buffers: [a.buffer],
        params: { ...params, first_row_tile: firstRow, row_tiles: count },
        grid: [Math.ceil((firstRow + count) / 8), Math.ceil(count / 8)],
        work: workPerTileRow * count,
      });
    }
  }
}

/** Where a diagonal block stands: in a size × size matrix, whose row `above` is the first one that is bound. */
export interface BlockPlace {
  readonly size: number;
  readonly first: number;
  readonly above: number;
  readonly floor: number;
}

/** Factors one diagonal block. */
export function factorBlock(a: Tensor, status: PivotStatus, place: BlockPlace): void {
  const params = { ...place, stride: a.stride / 4, first_row_tile: 0, row_tiles: 0 };
  a.gpu.launch(FACTOR_BLOCK, { buffers: [a.buffer, status.buffer], params, grid: [1], work: BLOCK ** 3 });
}

/** L21 = A21·L11⁻ᵀ of 32 columns that stand by themselves, L11 on top. */
export function solveBelow(column: Tensor): void {
  const { rows: size } = column;
  const params = { size, stride: column.stride / 4, first: 0, floor: 0, first_row_tile: 0, row_tiles: 0, above: 0 };
  launchBelow(column, size - BLOCK, params);
}

function launchBelow(a: Tensor, below: number, params: Readonly<Record<string, number>>): void {
  a.gpu.launch(PANEL, {
    buffers: [a.buffer],
    params,
    grid: [Math.ceil(below / 64)],
    work: below * BLOCK ** 2,
  });
}

/** Replaces the lower triangle L, whose diagonal is positive, by that of L⁻¹. */
export function invertLower(a: Tensor): void {
  requireBlocks(a);
  const { gpu, rows: size } = a;
  const stride = a.stride / 4;
  const buffers = [a.buffer];
  gpu.launch(INVERT_BLOCKS, {
    buffers,
    params: { stride, half: 0, first_row_tile: 0, row_tiles: 0 },
    grid: [size / BLOCK],
    work: (size * BLOCK ** 2) / 3,
  });
  for (let half = BLOCK; half < size; half *= 2) {
    const workPerTileRow = 8 * half * half; // half of the products meet the zeros of a triangle
    for (const kernel of [LEFT, RIGHT]) {
      for (const [firstRow, count] of bands(cornerRows(size, half) / 8, workPerTileRow, gpu)) {
        gpu.launch(kernel, {
          buffers,
          params: { stride, half, first_row_tile: firstRow, row_tiles: count },
          grid: [Math.ceil(half / 64), Math.ceil(count / 8)],
          work: workPerTileRow * count,
        });
      }
    }
  }
}

/** Rows of all lower left corners, when blocks of `half` are joined in pairs; the last pair may be short or absent. */
function cornerRows(size: number, half: number): number {
  const whole = Math.floor(size / (2 * half));
  return whole * half + Math.max(0, size - whole * 2 * half - half);
}

/** Cuts `count` rows into [first, count] pieces, each within one dispatch's work budget where a single row is. */
function bands(count: number, workEach: number, gpu: Gpu): [number, number][] {
  const most = Math.max(1, Math.floor(gpu.workBudget / workEach));
  return Array.from({ length: Math.ceil(count / most) }, (_, i) => [i * most, Math.min(most, count - i * most)]);
}

function requireBlocks(a: Tensor): void {
  requireSquare(a, 'factorization');
  if (a.rows % BLOCK !== 0) throw new Error(`bug: a factorization of size ${a.rows}, not a multiple of ${BLOCK}`);
}
