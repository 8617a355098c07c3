/**
 * A basis for the leading left singular directions of a matrix that is only known by products, by subspace iteration (Halko, Martinsson
 * and Tropp 2011, algorithm 4.4): Y = orth(forth(Ω)), and `iterations` times Y = orth(forth(orth(back(Y)))).
 *
 * orth is shifted CholeskyQR3 (Fukaya, Kannan, Nakatsukasa, Yamamoto and Yanagisawa 2020): three rounds of Y ← Y·Uᵀ with
 * (YᵀY + λI)⁻¹ = UᵀU, the first with a shift that brings any Y that f32 can tell from a deficient one within reach of the other two. All
 * is launched without waiting. Where a pivot fell under the floor in the end (columns depend on one another: a matrix of lower rank than
 * the basis), it was in vain, and all is done again with Householder reflections in float64 on the host, a readback each.
 */
import { StudioError } from '../base/errors';
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { joined, readTogether, type Readable } from '../gpu/readback';
import { matrix } from '../numerics/matrix';
import { orthonormal } from '../numerics/orthonormal';
import type { Pivots, PivotStatus } from './cholesky';
import { holds, launchFactor } from './factor';
import { accumulateGram, mirror } from './gram';
import { matmulSquare } from './matmul';
import { Tensor } from './tensor';

/** The matrix, R × C, as it acts on tall ones. Both make a new tensor. */
export interface Operator {
  /** C × k to R × k. */
  forth(z: Tensor): Tensor;
  /** R × k to C × k: the transpose, in whatever metric columns have. */
  back(y: Tensor): Tensor;
}

export interface SubspaceOptions {
  readonly gpu: Gpu;
  readonly rows: number;
  readonly cols: number;
  /** k, columns of the basis; at most rows and cols. */
  readonly width: number;
  readonly iterations: number;
  readonly seed: number;
}

/** Dampings of the three rounds, relative to the mean of the Gram matrix's diagonal. */
const ROUNDS = [1e-6, 0, 0] as const;

/**
 * What `finish` makes of the basis Y (rows × width, orthonormal), read together with whether Y holds. `finish` may be called twice; Y is
 * released after it. Throws QS-NUM-02 where products are NaN or infinite.
 */
export async function leadingSubspace<T>(
  operator: Operator,
  options: SubspaceOptions,
  finish: (y: Tensor) => Readable<T>,
): Promise<T> {
  const { gpu } = options;
  const statuses: PivotStatus[] = [];
  // Nothing of this waits for the GPU.
  const y = await iterate(operator, options, (tall) => orthogonalised(tall, statuses));
  const asked: Readable<Pivots>[] = statuses;
  const [pivots, made] = await readTogether(gpu, joined(...asked), finish(y));
  for (const status of statuses) status.release();
  y.release();
  if (pivots.some(({ nonFinite }) => nonFinite > 0)) throw notFinite(options);
  if (pivots.every(holds)) return made;

  const careful = await iterate(operator, options, orthogonalisedOnHost);
  const [again] = await readTogether(gpu, finish(careful));
  careful.release();
  return again;
}

/** `orth` releases what it is given. */
async function iterate(
  { forth, back }: Operator,
  { gpu, cols, width, iterations, seed }: SubspaceOptions,
  orth: (tall: Tensor) => Tensor | Promise<Tensor>,
): Promise<Tensor> {
  const start = Tensor.from(gpu, cols, width, new Random(seed).normals(cols * width), 'random directions');
  let y = await orth(forth(start));
  start.release();
  for (let i = 0; i < iterations; i++) {
    const z = await orth(back(y));
    y.release();
    y = await orth(forth(z));
    z.release();
  }
  return y;
}

/** Launches an orthonormal basis of the columns; whether it holds will be in the status that is added. */
function orthogonalised(tall: Tensor, statuses: PivotStatus[]): Tensor {
  const { gpu, cols } = tall;
  let y = tall;
  for (const damping of ROUNDS) {
    const gram = Tensor.empty(gpu, cols, cols, 'Gram matrix of a basis');
    accumulateGram(gram, y, 1, 0);
    mirror(gram);
    const { u, status } = launchFactor(gram, damping);
    statuses.push(status);
    const next = matmulSquare('nt', y, u);
    for (const used of [gram, u, y]) used.release();
    y = next;
  }
  return y;
}

async function orthogonalisedOnHost(tall: Tensor): Promise<Tensor> {
  const { gpu, rows, cols } = tall;
  const q = orthonormal(matrix(rows, cols, await tall.read()));
  tall.release();
  return Tensor.from(gpu, rows, cols, Float32Array.from(q.data), 'basis');
}

function notFinite({ rows, cols }: SubspaceOptions): StudioError {
  return new StudioError(
    'QS-NUM-02',
    `Products of a ${rows} × ${cols} matrix that is to be approximated are NaN or infinite: so is a value of it or of its Hessian, or they overflowed.`,
    { rows, cols },
  );
}
