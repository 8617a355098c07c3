/**
 * Sums over whole matrices as 1 × 1 tensors that stay on the GPU (shaders/linalg/scalar.wgsl), in a fixed order: losses and norms that
 * further kernels read. For figures the host wants, reduce.ts is more exact.
 */
import { defineKernel } from '../gpu/kernel';
import { Tensor } from './tensor';

const PARAMS = { count: 'u32', threads: 'u32', stride: 'u32', alpha: 'f32' } as const;

const PARTIAL = defineKernel({
  shader: 'linalg/scalar',
  entry: 'partial',
  buffers: ['read', 'read', 'read', 'write'],
  params: PARAMS,
  overrides: ['TERM'],
});

const FINISH = defineKernel({
  shader: 'linalg/scalar',
  entry: 'finish',
  buffers: ['read', 'write'],
  params: PARAMS,
});

/** The override TERM of shaders/linalg/scalar.wgsl. */
const TERM = { entry: 0, product: 1, squaredDifference: 2, weightedSquaredDifference: 3 } as const;

/** Threads of a workgroup, and the vec4 that are worth a thread of their own. */
const GROUP = 64;
const SHARE = 16;
/** Most threads of a sum: as many partial sums are added by one thread. */
const THREADS = 2048;

/** alpha · Σ a. */
export function total(a: Tensor, alpha = 1): Tensor {
  return sum(TERM.entry, a, a, null, alpha);
}

/** alpha · Σ a ⊙ b. */
export function innerProduct(a: Tensor, b: Tensor, alpha = 1): Tensor {
  return sum(TERM.product, a, b, null, alpha);
}

/** alpha · Σ_r weights[r] · Σ_c (a − b)²; `weights` is 1 × rows, null for ones. */
export function squaredError(a: Tensor, b: Tensor, weights: Tensor | null, alpha = 1): Tensor {
  return sum(weights ? TERM.weightedSquaredDifference : TERM.squaredDifference, a, b, weights, alpha);
}

function sum(term: number, a: Tensor, b: Tensor, weights: Tensor | null, alpha: number): Tensor {
  const { gpu } = a;
  if (a.rows !== b.rows || a.cols !== b.cols || (weights && (weights.rows !== 1 || weights.cols !== a.rows))) {
    throw new Error(`bug: a sum over ${a.rows} × ${a.cols} and ${b.rows} × ${b.cols}, by ${weights?.cols} weights`);
  }
  // Only whole rows: a vector's padding is seven times itself.
  const count = (a.rows * a.stride) / 4;
  const groups = Math.min(THREADS / GROUP, Math.ceil(count / (SHARE * GROUP)));
  const params = { count, threads: groups * GROUP, stride: a.stride / 4, alpha };
  const partials = gpu.buffers.acquire(params.threads * 4, 'partial sums');
  gpu.launch(PARTIAL, {
    buffers: [a.buffer, b.buffer, (weights ?? a).buffer, partials],
    params,
    grid: [groups],
    overrides: { TERM: term },
    work: 12 * count,
  });
  const y = Tensor.empty(gpu, 1, 1, 'sum');
  gpu.launch(FINISH, { buffers: [partials, y.buffer], params, grid: [1], work: 4 * params.threads });
  gpu.buffers.release(partials);
  return y;
}
