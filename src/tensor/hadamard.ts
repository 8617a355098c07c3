/**
 * The fast Hadamard transform of rows: x becomes H·x/√n, H = H_K ⊗ H_{2^power} of order n = K·2^power, that is X·Hᵀ/√n
 * (shaders/linalg/hadamard-signs.wgsl, hadamard-butterflies.wgsl; float64 twin: numerics/fwht.ts). A row may hold several vectors side by
 * side, as heads are, from any column on; other columns stay as they are. About n·(2K + power) operations a vector.
 *
 * Signs and sums alone, in a fixed order, and one product at the end: integers below 2²⁴ in all sums stay exact with scale 1, or where √n is
 * a power of two. Else, with u = 2⁻²⁴, each entry is within (K + power + 2)·u·Σ|x|/√n of the exact one, Σ over its own vector.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { resolveUse, type HadamardUse } from '../numerics/fwht';
import { hadamardMatrix, orderOf, type HadamardFactors } from '../numerics/hadamard';
import { Tensor } from './tensor';

const BUTTERFLIES = defineKernel({
  shader: 'linalg/hadamard-butterflies',
  entry: 'main',
  buffers: ['write'],
  params: {
    ...{ threads: 'u32', threads_per_row: 'u32', first_row: 'u32', stride: 'u32', first: 'u32' },
    ...{ span: 'u32', scale: 'f32' },
  } as const,
  overrides: ['LEVELS'],
});
const SIGNS = defineKernel({
  shader: 'linalg/hadamard-signs',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    ...{ threads: 'u32', threads_per_row: 'u32', first_row: 'u32', stride: 'u32', first: 'u32' },
    ...{ k: 'u32', run: 'u32', table_stride: 'u32', scale: 'f32' },
  } as const,
});

/** Most levels of butterflies in one pass over the memory: 16 values a thread. */
const LEVELS = 4;

/** H of one order on one GPU; holds the signs of H_K there. */
export class Hadamard {
  #tables: { forward: Tensor | null; transposed: Tensor | null } = { forward: null, transposed: null };

  constructor(
    private readonly gpu: Gpu,
    readonly factors: HadamardFactors,
  ) {}

  /** Every vector x of the rows becomes H·x/√n (or what `use` says): a new tensor. */
  rows(x: Tensor, use: HadamardUse = {}): Tensor {
    const { first, blocks, transposed, scale } = resolveUse(x.cols, this.factors, use);
    const { K, power } = this.factors;
    const columns = blocks * orderOf(this.factors);
    const y = x.clone('Hadamard transform');
    if (K > 1) this.#signs(x, y, { first, columns, transposed, scale: power === 0 ? scale : 1 });
    let done = 0;
    for (let passes = Math.ceil(power / LEVELS); passes > 0; passes--) {
      const levels = Math.ceil((power - done) / passes);
      butterflies(y, { first, columns, levels, span: 2 ** done, scale: passes === 1 ? scale : 1 });
      done += levels;
    }
    if (K === 1 && power === 0 && scale !== 1) butterflies(y, { first, columns, levels: 0, span: 1, scale });
    return y;
  }

  release(): void {
    this.#tables.forward?.release();
    this.#tables.transposed?.release();
    this.#tables = { forward: null, transposed: null };
  }

  #signs(x: Tensor, y: Tensor, pass: { first: number; columns: number; transposed: boolean; scale: number }): void {
    const { first, columns, transposed, scale } = pass;
    const { K } = this.factors;
    const run = 2 ** this.factors.power;
    const table = this.#table(transposed);
    const eights = Math.ceil(K / 8);
    overRows(y, (columns / K) * eights, 2 * columns * K, ({ rows, grid, work }) => {
      y.gpu.launch(SIGNS, {
        buffers: [x.buffer, table.buffer, y.buffer],
        params: { ...rows, stride: y.stride, first, k: K, run, table_stride: table.stride / 4, scale },
        grid,
        work,
      });
    });
  }

  /** Row `from`, column a: the sign of entry `from` in result a, H[a, from] forwards. */
  #table(transposed: boolean): Tensor {
    const which = transposed ? 'transposed' : 'forward';
    return (this.#tables[which] ??= this.#upload(transposed));
  }

  #upload(transposed: boolean): Tensor {
    const { K } = this.factors;
    const h = hadamardMatrix(K);
    if (!h) throw new Error(`bug: no Hadamard matrix of order ${K}`);
    const signs = Float32Array.from(h, (value, i) => (transposed ? value : h[(i % K) * K + Math.floor(i / K)]));
    return Tensor.from(this.gpu, K, K, signs, 'Hadamard signs');
  }
}

function butterflies(
  y: Tensor,
  pass: { first: number; columns: number; levels: number; span: number; scale: number },
): void {
  const { first, columns, levels, span, scale } = pass;
  overRows(y, columns / 2 ** levels, columns * (levels + 1), ({ rows, grid, work }) => {
    y.gpu.launch(BUTTERFLIES, {
      buffers: [y.buffer],
      params: { ...rows, stride: y.stride, first, span, scale },
      grid,
      overrides: { LEVELS: levels },
      work,
    });
  });
}

interface Rows {
  readonly rows: { readonly threads: number; readonly threads_per_row: number; readonly first_row: number };
  readonly grid: [number, number];
  readonly work: number;
}

/** Cuts rows into runs that keep each launch within the work budget where a single row is. */
function overRows(y: Tensor, threadsPerRow: number, workPerRow: number, launch: (rows: Rows) => void): void {
  const atOnce = Math.max(1, Math.floor(y.gpu.workBudget / workPerRow));
  for (let first = 0; first < y.rows; first += atOnce) {
    const count = Math.min(atOnce, y.rows - first);
    const threads = count * threadsPerRow;
    launch({
      rows: { threads, threads_per_row: threadsPerRow, first_row: first },
      grid: linearGrid(threads, 64),
      work: workPerRow * count,
    });
  }
}
