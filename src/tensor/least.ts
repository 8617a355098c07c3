/** The least numbers of each row as a mask, without a readback (shaders/activation/least.wgsl). Twin: numerics/token-weights.ts, leastSalient. */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { Tensor } from './tensor';

const LEAST = defineKernel({
  shader: 'activation/least',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { count: 'u32', cols: 'u32', stride: 'u32', least: 'u32' },
  overrides: ['OTHERS'],
});

export interface LeastOptions {
  /** How many of each row. */
  readonly least: number;
  /** 1 × cols: what numbers are divided by before; default 1. */
  readonly divisors?: Tensor;
  /** Marks the others instead. */
  readonly others?: boolean;
}

/** 1 or 0 for every number of `scores`, of its shape. */
export function leastMask(scores: Tensor, options: LeastOptions): Tensor {
  const marks = Tensor.zeros(scores.gpu, scores.rows, scores.cols, 'mask of the least');
  launch(scores, marks, options);
  return marks;
}

/** The same as one row of rows · padded(cols) numbers, zeros between: a number a row of heads, where `scores` are a row a head (heads.ts). */
export function leastRows(scores: Tensor, options: LeastOptions): Tensor {
  const marks = Tensor.zeros(scores.gpu, 1, scores.rows * scores.stride, 'mask of the least');
  launch(scores, marks, options);
  return marks;
}

function launch(scores: Tensor, marks: Tensor, { least, divisors, others = false }: LeastOptions): void {
  const { gpu, rows, cols, stride } = scores;
  if (divisors && (divisors.rows !== 1 || divisors.cols !== cols)) {
    throw new Error(`bug: ${divisors.rows} × ${divisors.cols} divisors of ${cols} columns`);
  }
  const ones = divisors ?? Tensor.from(gpu, 1, cols, new Float32Array(cols).fill(1), 'divisors');
  const count = rows * stride;
  gpu.launch(LEAST, {
    buffers: [scores.buffer, ones.buffer, marks.buffer],
    params: { count, cols, stride, least },
    grid: linearGrid(count, 64),
    overrides: { OTHERS: others ? 1 : 0 },
    work: 4 * count * cols,
  });
  if (!divisors) ones.release();
}
