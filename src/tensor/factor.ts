/**
 * From a Hessian H (C × C) to the factor U that every second-order method walks along: U upper triangular with a positive
 * diagonal, (H + λI)⁻¹ = UᵀU, λ = damping·mean(diag H). One Cholesky and one triangular inverse (algorithms.md 0.3 (1)):
 *
 *   S = diag(H + λI)^−½,  A = J·S·(H + λI)·S·J = L·Lᵀ,  U[i, j] = (L⁻¹)[C−1−i, C−1−j]·S[j],  J reversing the indices.
 *
 * S (Jacobi) gives A a unit diagonal, so that one floor for the pivots fits all inputs. Where f32 fails, float64 on the CPU is
 * tried at the same damping (up to 2048 columns), then more damping; every attempt is reported.
 */
import { StudioError } from '../base/errors';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { cholesky, factorSize, invertLower, readPivots, type Pivots } from './cholesky';
import { readDiagonal } from './diagonal';
import { requireSquare } from './gram';
import { Scalars } from './reduce';
import { invertedFactor as factorInFloat64 } from './reference/linalg';
import { matrix } from './reference/matrix';
import { Tensor } from './tensor';

const PARAMS = { cols: 'u32', size: 'u32', h_stride: 'u32', count: 'u32', lambda: 'f32' } as const;
const kernel = (entry: 'scaled' | 'unscaled') =>
  defineKernel({ shader: 'hessian/factor', entry, buffers: ['read', 'read', 'write'], params: PARAMS });
const SCALED = kernel('scaled');
const UNSCALED = kernel('unscaled');

/** The widest Hessian that float64 on the CPU is tried for: some seconds. */
const CPU_COLUMNS = 2048;
/** What is tried after the damping asked for, as its multiples; a damping of 0 goes on from 1 %. */
const RAISED = [2, 5, 10];
const DAMPING_AFTER_ZERO = 0.01;
/**
 * Times √C, the pivot of the scaled matrix (largest possible: 1) below which f32 rounding has eaten it. Rounding errors of a
 * pivot grow like √C in practice; 2⁻²¹ is four ulp of 1.
 */
const PIVOT_FLOOR = 2 ** -21;

export type FactorDevice = 'gpu' | 'cpu-float64';

export interface FactorAttempt {
  readonly damping: number;
  readonly device: FactorDevice;
  /** Pivots at or below the floor; 1 for a failed float64 attempt, which stops there. 0: this attempt worked. */
  readonly clampedPivots: number;
  /** The first of them in the order of elimination, which runs from the last column to the first: column C − 1 − firstPivot. */
  readonly firstPivot: number | null;
}

export interface Factor {
  /** C × C, upper triangular. */
  readonly u: Tensor;
  /** The damping that worked, and where. */
  readonly damping: number;
  readonly device: FactorDevice;
  /** All attempts in order; the last one worked. */
  readonly attempts: readonly FactorAttempt[];
}

/**
 * U of (H + λI)⁻¹ = UᵀU. H is whole (mirrored), is not changed, and its dead columns are best revived first (diagonal.ts).
 * Throws QS-NUM-01 when no damping helps, QS-NUM-02 when H holds NaN or infinity.
 */
export async function invertedFactor(h: Tensor, options: { readonly damping: number }): Promise<Factor> {
  requireSquare(h, 'invertedFactor');
  if (!(options.damping >= 0 && options.damping < Infinity)) {
    throw new StudioError(
      'QS-RECIPE-01',
      `A damping of ${options.damping} is out of range: use 0 or more, usually 0.01.`,
    );
  }
  const diagonal = await finiteDiagonal(h);
  const attempts: FactorAttempt[] = [];
  for (const damping of dampings(options.damping)) {
    for (const device of devicesFor(h.cols)) {
      const { u, pivots } = await ATTEMPT[device](h, damping, diagonal);
      attempts.push({ damping, device, clampedPivots: pivots.clamped, firstPivot: pivots.first });
      if (u) return { u, damping, device, attempts };
    }
  }
  throw notPositiveDefinite(h.cols, attempts);
}

type Attempt = (
  h: Tensor,
  damping: number,
  diagonal: Float32Array,
) => Promise<{ readonly u: Tensor | null; readonly pivots: Pivots }>;

const ATTEMPT: Readonly<Record<FactorDevice, Attempt>> = { gpu: onGpu, 'cpu-float64': onCpu };

function devicesFor(cols: number): FactorDevice[] {
  return cols <= CPU_COLUMNS ? ['gpu', 'cpu-float64'] : ['gpu'];
}

function dampings(asked: number): number[] {
  const first = asked === 0 ? [0, DAMPING_AFTER_ZERO] : [asked];
  return [...first, ...RAISED.map((factor) => factor * (asked || DAMPING_AFTER_ZERO))];
}

/** Everything is launched at once; the pivots are read at the end, and U is dropped if one was clamped. */
async function onGpu(h: Tensor, damping: number, diagonal: Float32Array): ReturnType<Attempt> {
  const { gpu, cols } = h;
  const lambda = damping * meanOf(diagonal);
  // A diagonal that is not positive stays as it is, and is then caught as a pivot.
  const scale = diagonal.map((value) => (value + lambda > 0 ? 1 / Math.sqrt(value + lambda) : 1));
  const size = factorSize(cols);
  const work = Tensor.empty(gpu, size, size, 'factorization');
  const s = Tensor.from(gpu, 1, cols, scale, 'Jacobi scale');
  const params = { cols, size, h_stride: h.stride, lambda };
  const launch = (kernel: typeof SCALED, from: Tensor, to: Tensor) => {
    const count = to.bytes / 16;
    gpu.launch(kernel, {
      buffers: [from.buffer, s.buffer, to.buffer],
      params: { ...params, count },
      grid: linearGrid(count, 64),
      work: 8 * count,
    });
  };
  launch(SCALED, h, work);
  const status = cholesky(work, PIVOT_FLOOR * Math.sqrt(cols));
  invertLower(work);
  const u = Tensor.empty(gpu, cols, cols, 'inverted factor');
  launch(UNSCALED, work, u);
  work.release();
  s.release();
  const pivots = await readPivots(gpu, status, size);
  if (pivots.clamped === 0) return { u, pivots };
  u.release();
  return { u: null, pivots };
}

async function onCpu(h: Tensor, damping: number): ReturnType<Attempt> {
  const result = factorInFloat64(matrix(h.rows, h.cols, await h.read()), damping);
  if (!result.factor) return { u: null, pivots: { clamped: 1, first: result.failedPivot } };
  const u = Tensor.from(h.gpu, h.rows, h.cols, Float32Array.from(result.factor.data), 'inverted factor');
  return { u, pivots: { clamped: 0, first: null } };
}

/** The diagonal of H, once it is known that all of H is finite. */
async function finiteDiagonal(h: Tensor): Promise<Float32Array> {
  const scalars = new Scalars(h.gpu);
  scalars.nonFiniteCount(h);
  const [diagonal, [count]] = await Promise.all([readDiagonal(h), scalars.read()]);
  if (count > 0) {
    throw new StudioError(
      'QS-NUM-02',
      `The Hessian of ${h.cols} columns holds ${count} values that are NaN or infinite: so did the layer's inputs, or they overflowed.`,
      { columns: h.cols, nonFinite: count },
    );
  }
  return diagonal;
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function notPositiveDefinite(columns: number, attempts: readonly FactorAttempt[]): StudioError {
  const last = attempts[attempts.length - 1];
  const pivot = (last.firstPivot ?? 0) + 1;
  const tried = [...new Set(attempts.map((attempt) => attempt.damping))].map((d) => `${+(100 * d).toPrecision(3)} %`);
  return new StudioError(
    'QS-NUM-01',
    `The Hessian is not positive definite (pivot ${pivot} of ${columns}) at a damping of ${tried.join(', ')}: use more calibration text or more damping.`,
    { pivot, columns, dampings: tried.join(', '), attempts: attempts.length },
  );
}
