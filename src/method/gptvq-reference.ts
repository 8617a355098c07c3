/**
 * Float64 twin of GPTVQ's exact column loop, right-looking and column by column as in GPTQ: choosing a codeword for the columns P is
 * trying every one of them through the scalar updates, e_j = (w_j − c_j) / U_jj, w_{>j} −= e_j U_{j,>j}, and keeping the one whose
 * Σ e_j² is least. That this is the metric |(w − c) U_PP⁻¹|² is what it checks. Codebooks and scales are given.
 */
import { bookOf, type Tiles } from '../codebook/tiles';
import { invertedFactor } from '../tensor/reference/linalg';
import { matrix, type Matrix } from '../tensor/reference/matrix';

export interface ReferenceInput {
  readonly tiles: Tiles;
  readonly w: Matrix;
  readonly h: Matrix;
  readonly damping: number;
  /** books × codewords × dim. */
  readonly codebooks: ArrayLike<number>;
  readonly codewords: number;
  readonly scales: { readonly values: ArrayLike<number>; readonly block: number } | null;
  /** False: codewords by Euclidean distance. */
  readonly weighted: boolean;
}

export interface ReferenceResult {
  readonly codes: Uint32Array;
  readonly q: Matrix;
  /** The weights as they stood when their column group began: what its codebooks were to be fitted to. */
  readonly fitted: Matrix;
  readonly u: Matrix;
}

export function gptvqReference(input: ReferenceInput): ReferenceResult {
  const { tiles, w, damping, codebooks, codewords, scales, weighted } = input;
  const { rows, cols, dim, subs } = tiles;
  const h = matrix(cols, cols, input.h.data);
  const current = matrix(rows, cols, w.data);
  for (let c = 0; c < cols; c++) {
    if (h.data[c * cols + c] !== 0) continue;
    h.data[c * cols + c] = 1;
    for (let r = 0; r < rows; r++) current.data[r * cols + c] = 0;
  }
  const { factor: u, failedPivot } = invertedFactor(h, damping);
  if (!u) throw new Error(`the Hessian is not positive definite at pivot ${failedPivot}`);
  const codes = new Uint32Array(rows * subs);
  const [q, fitted] = [matrix(rows, cols), matrix(rows, cols)];
  const blocks = scales ? Math.ceil(cols / scales.block) : 0;
  for (let sub = 0; sub < subs; sub++) {
    const first = sub * dim;
    const past = Math.min(first + dim, cols);
    const group = Math.floor(sub / tiles.bookSubs);
    if (sub % tiles.bookSubs === 0) {
      const groupPast = Math.min((group + 1) * tiles.bookSubs * dim, cols);
      for (let r = 0; r < rows; r++) {
        for (let c = first; c < groupPast; c++) fitted.data[r * cols + c] = current.data[r * cols + c];
      }
    }
    for (let r = 0; r < rows; r++) {
      const scale = scales ? scales.values[r * blocks + Math.floor(first / scales.block)] : 1;
      const book = bookOf(tiles, r, sub) * codewords * dim;
      const own = current.data.subarray(r * cols, (r + 1) * cols);
      let [least, best] = [Infinity, own];
      for (let k = 0; k < codewords; k++) {
        const trial = own.slice();
        let sum = 0;
        for (let c = first; c < past; c++) {
          const level = scale * codebooks[book + k * dim + c - first];
          const e = (trial[c] - level) / u.data[c * cols + c];
          sum += weighted ? e * e : (own[c] - level) ** 2;
          for (let j = c + 1; j < cols; j++) trial[j] -= e * u.data[c * cols + j];
        }
        if (sum >= least) continue;
        [least, best] = [sum, trial];
        codes[r * subs + sub] = k;
      }
      own.set(best.subarray(past), past);
      for (let c = first; c < past; c++) {
        q.data[r * cols + c] = scale * codebooks[book + codes[r * subs + sub] * dim + c - first];
      }
    }
  }
  return { codes, q, fitted, u };
}
