/**
 * y = H·x for H = H_K ⊗ H_{2^power} in float64, on the rows of a matrix: fast Walsh–Hadamard butterflies, then H_K. Sums and differences
 * alone, so that integers stay exact; `scale` multiplies once at the end.
 *
 * A vector of order n is read as K × 2^power (index = a·2^power + b): FWHT over b, then H_K over a. A row of `blocks`·n columns holds that
 * many vectors side by side, from column `first` on; other columns stay as they are. Fino and Algazi 1976 (fast Walsh–Hadamard).
 */
import { hadamardMatrix, orderOf, type HadamardFactors } from './hadamard';
import { matrix, transpose, type Matrix } from './matrix';

export interface HadamardUse {
  /** First column; default 0. */
  readonly first?: number;
  /** How many vectors of the order stand side by side; default as many as the columns from `first` on hold. */
  readonly blocks?: number;
  /** Hᵀ instead of H: what goes back. */
  readonly transposed?: boolean;
  /** Multiplies every result; default 1/√n, which makes H orthogonal. 1 keeps integers exact. */
  readonly scale?: number;
}

/** What is meant where a use says nothing. Throws where the columns do not hold whole vectors. */
export function resolveUse(cols: number, factors: HadamardFactors, use: HadamardUse): Required<HadamardUse> {
  const order = orderOf(factors);
  const { first = 0, transposed = false, scale = 1 / Math.sqrt(order) } = use;
  const blocks = use.blocks ?? (cols - first) / order;
  if (!Number.isInteger(blocks) || blocks < 1 || !Number.isInteger(first) || first < 0) {
    throw new Error(`bug: ${blocks} Hadamard transforms of order ${order} from column ${first} of ${cols}`);
  }
  if (first + blocks * order > cols) {
    throw new Error(`bug: ${blocks} times ${order} columns from ${first} on among ${cols}`);
  }
  return { first, blocks, transposed, scale };
}

/** Every row x becomes H·x, that is X·Hᵀ: a new matrix. */
export function hadamardRows(x: Matrix, factors: HadamardFactors, use: HadamardUse = {}): Matrix {
  const { first, blocks, transposed, scale } = resolveUse(x.cols, factors, use);
  const y = matrix(x.rows, x.cols, x.data);
  const order = orderOf(factors);
  const signs = factors.K > 1 ? signsOf(factors.K, transposed) : null;
  const scratch = new Float64Array(order);
  for (let r = 0; r < x.rows; r++) {
    for (let block = 0; block < blocks; block++) {
      const at = r * x.cols + first + block * order;
      const vector = y.data.subarray(at, at + order);
      butterflies(vector, 2 ** factors.power);
      if (signs) applySigns(signs, vector, scratch, 2 ** factors.power);
      if (scale !== 1) for (let i = 0; i < order; i++) vector[i] *= scale;
    }
  }
  return y;
}

/** Every column x becomes H·x, that is H·X; `first` and `blocks` count rows. */
export function hadamardColumns(x: Matrix, factors: HadamardFactors, use: HadamardUse = {}): Matrix {
  return transpose(hadamardRows(transpose(x), factors, use));
}

/** H_{2^k} on each run of `length` = 2^k values, in place. */
function butterflies(values: Float64Array, length: number): void {
  for (let half = 1; half < length; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [a, b] = [values[i], values[i + half]];
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

/** H_K over the runs of `length` values, in place. */
function applySigns(signs: Int8Array, values: Float64Array, scratch: Float64Array, length: number): void {
  const K = values.length / length;
  scratch.set(values);
  values.fill(0);
  for (let a = 0; a < K; a++) {
    for (let from = 0; from < K; from++) {
      const sign = signs[a * K + from];
      const [to, source] = [a * length, from * length];
      for (let b = 0; b < length; b++) values[to + b] += sign * scratch[source + b];
    }
  }
}

function signsOf(K: number, transposed: boolean): Int8Array {
  const h = hadamardMatrix(K);
  if (!h) throw new Error(`bug: no Hadamard matrix of order ${K}`);
  return transposed ? Int8Array.from(h, (_, i) => h[(i % K) * K + Math.floor(i / K)]) : h;
}
