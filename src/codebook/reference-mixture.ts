/** Float64 twins of mixture.ts and signs.ts, on the layouts of reference.ts. */
import type { Values } from './reference';
import { bookOf, type Tiles } from './tiles';

export interface MixtureValues {
  readonly ratios: Float64Array;
  /** rows × cols. */
  readonly weights: Float64Array;
  readonly logitGradients: Float64Array;
  readonly codebookGradients: Float64Array;
}

/** Forward and backward: candidates, logits and frozen choices by sub-vector, gradient dL/dW rows × cols. */
export function mixtureReference(
  tiles: Tiles,
  codebooks: Values,
  candidates: Values,
  logits: Values,
  frozen: Values | null,
  gradient: Values,
): MixtureValues {
  const { rows, cols, dim, subs, books } = tiles;
  const n = candidates.length / (rows * subs);
  const width = codebooks.length / books;
  const ratios = new Float64Array(candidates.length);
  const weights = new Float64Array(rows * cols);
  const logitGradients = new Float64Array(candidates.length);
  const codebookGradients = new Float64Array(codebooks.length);
  for (let i = 0; i < rows * subs; i++) {
    const [row, sub] = [Math.floor(i / subs), i % subs];
    const exps = Array.from({ length: n }, (_, j) => Math.exp(logits[i * n + j]));
    const sum = exps.reduce((a, b) => a + b, 0);
    const r = exps.map((e, j) => (frozen?.[i] ? (frozen[i] === j + 1 ? 1 : 0) : e / sum));
    ratios.set(r, i * n);
    const word = (j: number) => bookOf(tiles, row, sub) * width + candidates[i * n + j] * dim;
    const slopes = new Float64Array(n);
    for (let c = 0; c < dim && sub * dim + c < cols; c++) {
      const at = row * cols + sub * dim + c;
      for (let j = 0; j < n; j++) {
        weights[at] += r[j] * codebooks[word(j) + c];
        slopes[j] += gradient[at] * codebooks[word(j) + c];
        codebookGradients[word(j) + c] += r[j] * gradient[at];
      }
    }
    const mean = r.reduce((total, ratio, j) => total + ratio * slopes[j], 0);
    for (let j = 0; j < n; j++) logitGradients[i * n + j] = frozen?.[i] ? 0 : r[j] * (slopes[j] - mean);
  }
  return { ratios, weights, logitGradients, codebookGradients };
}

/** W = c[A] · sign(L) and its straight-through gradients. */
export function signReference(tiles: Tiles, codebooks: Values, codes: Values, latent: Values, gradient: Values) {
  const { rows, cols, dim, subs, books } = tiles;
  const width = codebooks.length / books;
  const weights = new Float64Array(rows * cols);
  const latentGradients = new Float64Array(rows * cols);
  const codebookGradients = new Float64Array(codebooks.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const sub = Math.floor(c / dim);
      const word = bookOf(tiles, r, sub) * width + codes[r * subs + sub] * dim + (c % dim);
      const sign = latent[r * cols + c] < 0 ? -1 : 1;
      weights[r * cols + c] = codebooks[word] * sign;
      latentGradients[r * cols + c] = gradient[r * cols + c] * codebooks[word];
      codebookGradients[word] += gradient[r * cols + c] * sign;
    }
  }
  return { weights, latentGradients, codebookGradients };
}
