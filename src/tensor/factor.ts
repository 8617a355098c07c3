/**
 * From a Hessian H (C × C) to the factor U that every second-order method walks along: U upper triangular with a positive
 * diagonal, (H + λI)⁻¹ = UᵀU, λ = damping·mean(diag H). One Cholesky and one triangular inverse, where the
 * GPTQ release factors, inverts and factors again:
 *
 *   S ≈ diag(H + λI)^−½,  A = J·S·(H + λI)·S·J = L·Lᵀ,  U[i, j] = (L⁻¹)[C−1−i, C−1−j]·S[j],  J reversing the indices.
 *
 * S (Jacobi, in powers of two) brings A's diagonal near one, so that one floor for the pivots fits all inputs. Where f32 fails, float64 on the CPU is
 * tried at the same damping (up to 2048 columns), then more damping; every attempt is reported.
 *
 * Nothing of a launch is waited for. Whether its U holds is in its status, which is read back with whatever was made of U; where it
 * does not hold, that was in vain and recoverFactor goes on.
 */
import { StudioError } from '../base/errors';
import { defineKernel, linearGrid, type Launch } from '../gpu/kernel';
import { cholesky, factorSize, invertLower, PivotStatus, type Pivots } from './cholesky';
import { diagonal } from './diagonal';
import { choleskyPanels, invertLowerPanels } from './factor-panels';
import { invertedFactor as factorInFloat64 } from './reference/linalg';
import { matrix } from './reference/matrix';
import { emptySquare, Panels, panelsOf, requireSquare, rowsOf, squareFrom, type Square } from './panels';
import { Tensor } from './tensor';

const PARAMS = { cols: 'u32', size: 'u32', h_stride: 'u32', count: 'u32', above: 'u32', out_above: 'u32' } as const;
const SCALED = defineKernel({
  shader: 'hessian/factor',
  entry: 'scaled',
  buffers: ['read', 'read', 'write', 'write'],
  params: PARAMS,
});
const UNSCALED = defineKernel({
  shader: 'hessian/factor',
  entry: 'unscaled',
  buffers: ['read', 'read', 'write'],
  params: PARAMS,
});
const JACOBI = defineKernel({
  shader: 'hessian/jacobi',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { cols: 'u32', stride: 'u32', damping: 'f32' },
  overrides: ['WG'],
});

/** The widest Hessian that float64 on the CPU is tried for: about eight seconds. */
const CPU_COLUMNS = 2048;
/** FLOP per second of the float64 factorization on one thread, measured in Node. */
const CPU_RATE = 7e8;
/** What is tried after the damping asked for, as its multiples; a damping of 0 goes on from 1 %. */
const RAISED = [2, 5, 10];
const DAMPING_AFTER_ZERO = 0.01;
/**
 * Times √C, the pivot of the scaled matrix (largest possible: 2) below which f32 rounding has eaten it. Rounding errors of a
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
  readonly u: Square;
  /** The damping that worked, and where. */
  readonly damping: number;
  readonly device: FactorDevice;
  /** All attempts in order; the last one worked. */
  readonly attempts: readonly FactorAttempt[];
}

/** Says what is about to be waited for; resolves once that is out. */
export type Announce = (sentence: string) => Promise<void>;

/** U as it was launched, and what will have become of it. */
export interface LaunchedFactor {
  /** C × C, upper triangular; worth nothing unless `holds` of the status. */
  readonly u: Square;
  readonly damping: number;
  readonly status: PivotStatus;
}

type Rest = Pick<Launch, 'params' | 'grid' | 'work'>;

/** Launches U of (H + λI)⁻¹ = UᵀU. H is whole (mirrored), is not changed, and its dead columns are best revived first (diagonal.ts). */
export function launchFactor(h: Square, damping: number): LaunchedFactor {
  requireSquare(h, 'launchFactor');
  if (!(damping >= 0 && damping < Infinity)) {
    throw new StudioError('QS-RECIPE-01', `A damping of ${damping} is out of range: use 0 or more, usually 0.01.`);
  }
  const { gpu, cols } = h;
  const size = factorSize(cols);
  const status = new PivotStatus(gpu, size);
  const scale = jacobi(h, damping);
  const work = emptySquare(gpu, size, 'factorization');
  const u = emptySquare(gpu, cols, 'inverted factor');
  // Both read the rows of their source backwards.
  const reversed = (from: Square, to: Square, launch: (from: GPUBuffer, to: GPUBuffer, rest: Rest) => void) => {
    for (const { first, tensor } of panelsOf(to)) {
      const least = Math.max(0, cols - first - tensor.rows);
      const rows = rowsOf(from, least, cols - first - least);
      const count = tensor.bytes / 16;
      const params = { cols, size, h_stride: h.stride, count, above: rows.above, out_above: first };
      launch(rows.tensor.buffer, tensor.buffer, { params, grid: linearGrid(count, 64), work: 8 * count });
      rows.release();
    }
  };
  reversed(h, work, (from, to, rest) =>
    gpu.launch(SCALED, { buffers: [from, scale.buffer, to, status.buffer], ...rest }),
  );
  const floor = PIVOT_FLOOR * Math.sqrt(cols);
  if (work instanceof Panels) {
    choleskyPanels(work, floor, status);
    invertLowerPanels(work);
  } else {
    cholesky(work, floor, status);
    invertLower(work);
  }
  reversed(work, u, (from, to, rest) => gpu.launch(UNSCALED, { buffers: [from, scale.buffer, to], ...rest }));
  work.release();
  scale.release();
  return { u, damping, status };
}

/** True where H was finite and no pivot had to be clamped. */
export function holds({ clamped, nonFinite }: Pivots): boolean {
  return clamped === 0 && nonFinite === 0;
}

/** A launched factor that holds. Releases its status. */
export function acceptFactor({ u, damping, status }: LaunchedFactor): Factor {
  status.release();
  return { u, damping, device: 'gpu', attempts: [attemptOf(damping, 'gpu', { clamped: 0, first: null })] };
}

/**
 * What comes after a launched factor that did not hold, which is released: float64 at the same damping, then more damping. `h` as it
 * was launched with. Throws QS-NUM-01 when no damping helps, QS-NUM-02 when H holds NaN or infinity.
 */
export async function recoverFactor(
  h: Square,
  failed: LaunchedFactor,
  pivots: Pivots,
  announce?: Announce,
): Promise<Factor> {
  failed.u.release();
  failed.status.release();
  if (pivots.nonFinite > 0) throw notFinite(h.cols, pivots.nonFinite);
  const attempts: FactorAttempt[] = [attemptOf(failed.damping, 'gpu', pivots)];
  for (const damping of dampings(failed.damping)) {
    for (const device of devicesFor(h.cols)) {
      if (attempts.some((attempt) => attempt.damping === damping && attempt.device === device)) continue;
      if (device === 'cpu-float64') await announce?.(onCpuFor(h.cols));
      const { u, ...status } = await ATTEMPT[device](h, damping);
      attempts.push(attemptOf(damping, device, status));
      if (u) return { u, damping, device, attempts };
    }
  }
  throw notPositiveDefinite(h.cols, attempts);
}

/** Launches, waits, and recovers where needed: for those who want U itself. Throws as recoverFactor does. */
export async function invertedFactor(h: Square, options: { readonly damping: number }): Promise<Factor> {
  const launched = launchFactor(h, options.damping);
  const pivots = await launched.status.read();
  return holds(pivots) ? acceptFactor(launched) : recoverFactor(h, launched, pivots);
}

type Attempt = (
  h: Square,
  damping: number,
) => Promise<Pick<Pivots, 'clamped' | 'first'> & { readonly u: Square | null }>;

const ATTEMPT: Readonly<Record<FactorDevice, Attempt>> = { gpu: onGpu, 'cpu-float64': onCpu };

/** One Cholesky and one triangular inverse, C³/3 each. */
function onCpuFor(cols: number): string {
  const seconds = Math.max(1, Math.round(((2 / 3) * cols ** 3) / CPU_RATE));
  return `${cols} columns in float64 on the CPU, about ${seconds} s`;
}

function devicesFor(cols: number): FactorDevice[] {
  return cols <= CPU_COLUMNS ? ['gpu', 'cpu-float64'] : ['gpu'];
}

function dampings(asked: number): number[] {
  const first = asked === 0 ? [0, DAMPING_AFTER_ZERO] : [asked];
  return [...first, ...RAISED.map((factor) => factor * (asked || DAMPING_AFTER_ZERO))];
}

async function onGpu(h: Square, damping: number): ReturnType<Attempt> {
  const { u, status } = launchFactor(h, damping);
  const pivots = await status.read();
  status.release();
  if (holds(pivots)) return { ...pivots, u };
  u.release();
  return { ...pivots, u: null };
}

async function onCpu(h: Square, damping: number): ReturnType<Attempt> {
  const result = factorInFloat64(matrix(h.rows, h.cols, await h.read()), damping);
  if (!result.factor) return { u: null, clamped: 1, first: result.failedPivot };
  const u = squareFrom(h.gpu, h.cols, Float32Array.from(result.factor.data), 'inverted factor');
  return { u, clamped: 0, first: null };
}

/** 2 × C: the scale S, and λ in every column (shaders/hessian/jacobi.wgsl). */
export function jacobi(h: Square, damping: number): Tensor {
  const { gpu, cols } = h;
  const diag = diagonal(h);
  const out = Tensor.empty(gpu, 2, cols, 'Jacobi scale');
  gpu.launch(JACOBI, {
    buffers: [diag.buffer, out.buffer],
    params: { cols, stride: diag.stride / 4, damping },
    grid: [1],
    overrides: { WG: gpu.lanes },
  });
  diag.release();
  return out;
}

function attemptOf(damping: number, device: FactorDevice, pivots: Pick<Pivots, 'clamped' | 'first'>): FactorAttempt {
  return { damping, device, clampedPivots: pivots.clamped, firstPivot: pivots.first };
}

function notFinite(columns: number, count: number): StudioError {
  return new StudioError(
    'QS-NUM-02',
    `The Hessian of ${columns} columns holds ${count} values that are NaN or infinite: so did the layer's inputs, or they overflowed.`,
    { columns, nonFinite: count },
  );
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
