/**
 * Sums over whole matrices, many in one readback: each is written as at most 256 f32 partial sums by the GPU, in a fixed
 * order, and finished in float64 by the host. Two runs on one adapter give equal bits.
 *
 *   const scalars = new Scalars(gpu);
 *   const error = scalars.sumOfSquaredDifferences(a, b);
 *   const norm = scalars.sumOfSquares(b);
 *   const values = await scalars.read();
 *   values[error] / values[norm];
 *
 * They may also ride on somebody else's readback (gpu/readback.ts): `read` then only gives what has come.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel } from '../gpu/kernel';
import { readTogether, type Readable } from '../gpu/readback';
import type { Tensor } from './tensor';

const REDUCE = defineKernel({
  shader: 'linalg/reduce',
  entry: 'reduce',
  buffers: ['read', 'read', 'write'],
  params: { count: 'u32', span: 'u32', first_partial: 'u32' },
  overrides: ['WG', 'TERM'],
});

/** The override TERM of shaders/linalg/reduce.wgsl. */
const TERM = { product: 0, squaredDifference: 1, nonFinite: 2, nonZero: 3 } as const;

/** Partial sums a scalar has at most. */
const PARTIALS = 256;
/** vec4 that are worth a workgroup of their own. */
const SPAN = 1024;
/** Scalars in one buffer of 64 KiB. */
const SLOTS = 64;

/** Bytes of the partial sums of SLOTS scalars. */
export const SCALAR_BYTES = SLOTS * PARTIALS * 4;

/** Buffers that so many scalars wait in until they are read. */
export function scalarBuffers(count: number): number {
  return Math.max(1, Math.ceil(count / SLOTS));
}

export class Scalars implements Readable<number[]> {
  /** Partial sums written for each scalar since the last read. */
  #groups: number[] = [];
  #chunks: GPUBuffer[] = [];
  /** What has been read and not been asked for. */
  #values: number[] = [];

  constructor(private readonly gpu: Gpu) {}

  /** Σ a·b over all entries. This and the others return the scalar's place in what `read` gives. */
  innerProduct(a: Tensor, b: Tensor): number {
    return this.#reduce(TERM.product, a, b);
  }

  /** Σ t². */
  sumOfSquares(t: Tensor): number {
    return this.#reduce(TERM.product, t, t);
  }

  /** Σ (a − b)². */
  sumOfSquaredDifferences(a: Tensor, b: Tensor): number {
    return this.#reduce(TERM.squaredDifference, a, b);
  }

  /** How many entries are NaN or infinite. Exact: counts of one workgroup stay below 2²⁴. */
  nonFiniteCount(t: Tensor): number {
    return this.#reduce(TERM.nonFinite, t, t);
  }

  /** How many entries are not 0. Exact likewise. */
  nonZeroCount(t: Tensor): number {
    return this.#reduce(TERM.nonZero, t, t);
  }

  /** The scalars asked for since the last read, in order: one readback, or none where they came with another. */
  async read(): Promise<number[]> {
    try {
      if (this.#groups.length > 0) await readTogether(this.gpu, this);
      return this.#values;
    } finally {
      this.release();
    }
  }

  get ranges() {
    return this.#chunks.map((buffer) => ({ buffer, bytes: SLOTS * PARTIALS * 4 }));
  }

  decode(partials: readonly ArrayBuffer[]): number[] {
    const values = this.#groups.map((count, i) => {
      const first = (i % SLOTS) * PARTIALS * 4;
      return new Float32Array(partials[Math.floor(i / SLOTS)], first, count).reduce((sum, part) => sum + part, 0);
    });
    this.release();
    this.#values = values;
    return values;
  }

  /** Gives up what was asked for and not read; a reader that has read need not call it. */
  release(): void {
    for (const buffer of this.#chunks) this.gpu.buffers.release(buffer);
    this.#groups = [];
    this.#chunks = [];
    this.#values = [];
  }

  #reduce(term: number, a: Tensor, b: Tensor): number {
    if (a.rows !== b.rows || a.cols !== b.cols) {
      throw new Error(`bug: a sum over ${a.rows} × ${a.cols} and ${b.rows} × ${b.cols}`);
    }
    const place = this.#groups.length;
    const slot = place % SLOTS;
    if (slot === 0) this.#chunks.push(this.gpu.buffers.acquire(SCALAR_BYTES, 'scalars'));
    const count = a.bytes / 16;
    const span = Math.max(SPAN, Math.ceil(count / PARTIALS));
    const groups = Math.ceil(count / span);
    this.#groups.push(groups);
    this.gpu.launch(REDUCE, {
      buffers: [a.buffer, b.buffer, this.#chunks[this.#chunks.length - 1]],
      params: { count, span, first_partial: slot * PARTIALS },
      grid: [groups],
      overrides: { WG: this.gpu.lanes, TERM: term },
      work: 8 * count,
    });
    return place;
  }
}
