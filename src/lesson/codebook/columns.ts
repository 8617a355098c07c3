/**
 * GPTVQ's loop on a small matrix, two columns at a time: each row's pair takes the codeword that is nearest in the metric of the columns,
 * |(w − c) U_PP⁻¹|², and the error moves onto the later columns as in GPTQ. van Baalen et al. 2024, arXiv:2402.15319. The codebook is given. A
 * test holds the codes equal to the twin of the engine's loop. Shapes: W R × C, U C × C.
 */
import { matrix, type Matrix } from '../../numerics/matrix';
import { DIM } from './clusters';

export interface ColumnsTrace {
  /** W as it stood before each pair of columns, and at last Q: C/2 + 1 of them. */
  readonly weights: readonly Matrix[];
  /** R × C/2. */
  readonly codes: Uint32Array;
  /** Where the nearest codeword in the plane would have been another one. */
  readonly otherwise: Uint8Array;
}

/** Without U: each pair to its nearest codeword, and nothing moves. */
export function columnsTrace(w: Matrix, u: Matrix | null, codebook: Float64Array): ColumnsTrace {
  const { rows, cols } = w;
  const subs = cols / DIM;
  const codes = new Uint32Array(rows * subs);
  const otherwise = new Uint8Array(rows * subs);
  const weights: Matrix[] = [w];
  for (let sub = 0; sub < subs; sub++) {
    const next = matrix(rows, cols, weights[sub].data);
    for (let r = 0; r < rows; r++) {
      const row = next.data.subarray(r * cols, (r + 1) * cols);
      const chosen = choose(row, DIM * sub, u, codebook);
      codes[r * subs + sub] = chosen.code;
      otherwise[r * subs + sub] = chosen.code === chosen.plain ? 0 : 1;
      row.set(chosen.after, DIM * sub);
    }
    weights.push(next);
  }
  return { weights, codes, otherwise };
}

/** Codeword of the pair at column c, the nearest one in the plane, and the row from c on with the codeword in its place. */
function choose(row: Float64Array, c: number, u: Matrix | null, codebook: Float64Array) {
  let [code, least, after] = [0, Infinity, row.slice(c)];
  let [plain, closest] = [0, Infinity];
  for (let k = 0; k < codebook.length / DIM; k++) {
    const levels = codebook.subarray(DIM * k, DIM * k + DIM);
    const trial = row.slice(c);
    let sum = 0;
    let distance = 0;
    for (let j = 0; j < DIM; j++) {
      distance += (row[c + j] - levels[j]) ** 2;
      if (!u) continue;
      const e = (trial[j] - levels[j]) / u.data[(c + j) * u.cols + c + j];
      sum += e * e;
      for (let i = j + 1; i < trial.length; i++) trial[i] -= e * u.data[(c + j) * u.cols + c + i];
    }
    if (distance < closest) [plain, closest] = [k, distance];
    if (!u) sum = distance;
    if (sum >= least) continue;
    trial.set(levels);
    [code, least, after] = [k, sum, trial];
  }
  return { code, plain, after };
}
