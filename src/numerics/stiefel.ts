/**
 * Descent over orthogonal matrices (Cayley SGD: Li, Fuxin and Todorovic 2020, arXiv:2002.01113; as SpinQuant takes it, arXiv:2405.16406).
 * Of an orthogonal R and G = ∂L/∂R, with M = Rᵀ·G:
 *   A = ½(M − Mᵀ),  α = min(rate, 1/‖A‖₁),  R ← R·(I − ½αA)(I + ½αA)⁻¹
 * The release takes five steps of a fixed point towards the same map, on Rᵀ; here it is solved for, so that R stays orthogonal to rounding.
 */
import { matmul, matrix, type Matrix } from './matrix';
import { cayley, skewPart } from './orthogonal';

/**
 * The turn T of one step R ← R·T; null where nothing says where to go. `keepsMean`: R keeps 1 (orthogonal.ts), and so does R·T. Not finite
 * where G is not.
 */
export function cayleyTurn(r: Matrix, g: Matrix, rate: number, keepsMean = false): Matrix | null {
  // ½(Rᵀ·G − Gᵀ·R)
  let a = skewPart(matmul('tn', r, g));
  if (keepsMean) a = centred(a);
  const size = largestColumn(a);
  const step = Math.min(rate, 1 / (size + 1e-8));
  if (size === 0 || step === 0) return null;
  for (let i = 0; i < a.data.length; i++) a.data[i] *= step / 2;
  return cayley(a);
}

/** P·A·P with P = I − 11ᵀ/n: then A·1 = 0, and the turn leaves 1 where it is. Skew to the bit where A is. */
function centred(a: Matrix): Matrix {
  const n = a.rows;
  // The means of A's rows; those of its columns are their negatives, and the mean of all is 0.
  const means = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a.data[i * n + j];
    return sum / n;
  });
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const value = a.data[i * n + j] - (means[i] - means[j]);
      out.data[i * n + j] = value;
      out.data[j * n + i] = -value;
    }
  }
  return out;
}

/** ‖A‖₁: the largest sum of magnitudes of a column. */
function largestColumn({ cols, data }: Matrix): number {
  const sums = new Float64Array(cols);
  data.forEach((value, i) => (sums[i % cols] += Math.abs(value)));
  return sums.reduce((most, sum) => (sum <= most ? most : sum), 0);
}
