/**
 * VQ4DiT's candidates: each pair keeps the n nearest codewords with a ratio for each, the softmax of logits that begin at ratios ∝ 1/distance,
 * and the ratios learn from what the layer's outputs say, until one is all. Here the loss is the layer's own, tr((W − Ŵ) H (W − Ŵ)ᵀ), as in the
 * studio's simplified form, and the descent is a plain one, with the released pull towards 0 and 1 beside. Deng et al. 2024, arXiv:2408.17131.
 * Shapes: W R × C, H C × C; candidates and ratios pairs × n.
 */
import { matmul, matrix, type Matrix } from '../../numerics/matrix';
import { candidatesOf, DIM, squared } from './clusters';

export const CANDIDATES = 3;
export const RATIO_STEPS = 40;
/** How far a logit goes at most by the gradient in the first step, falling to nothing; and the pull towards 0 and 1, growing up to this. */
const RATE = 1.5;
const PULL = 6;
const FROZEN = 0.99;
/** The released code's guard against a distance of zero. */
const NO_DISTANCE = 1e-5;

export interface RatioStep {
  readonly ratios: Float64Array;
  /** Ŵ of these ratios. */
  readonly weights: Matrix;
  /** tr((W − Ŵ) H (W − Ŵ)ᵀ) / tr(W H Wᵀ). */
  readonly loss: number;
  /** Share of pairs whose largest ratio is past 0.99. */
  readonly frozen: number;
}

export interface RatioTrace {
  readonly candidates: Uint32Array;
  readonly steps: readonly RatioStep[];
  /** The loss with each pair's nearest codeword alone. */
  readonly nearest: number;
}

export function ratioTrace(w: Matrix, h: Matrix, codebook: Float64Array): RatioTrace {
  const n = CANDIDATES;
  const pairs = w.data.length / DIM;
  const candidates = Uint32Array.from(
    Array.from({ length: pairs }, (_, i) => candidatesOf(w.data, i, codebook, n)).flat(),
  );
  const logits = startLogits(w.data, candidates, codebook);
  const whole = quadratic(w, h);
  const steps: RatioStep[] = [];
  for (let step = 0; step <= RATIO_STEPS; step++) {
    const { ratios, weights } = mixed(w, candidates, logits, codebook);
    const off = matrix(
      w.rows,
      w.cols,
      weights.data.map((value, i) => value - w.data[i]),
    );
    steps.push({ ratios, weights, loss: quadratic(off, h) / whole, frozen: frozenShare(ratios) });
    const slopes = logitGradients(ratios, candidates, codebook, scaled(matmul('nn', off, h), 2));
    descend(logits, ratios, slopes, step / RATIO_STEPS);
  }
  const hard = matrix(w.rows, w.cols);
  for (let at = 0; at < hard.data.length; at++) {
    hard.data[at] = codebook[DIM * candidates[n * (at >> 1)] + (at & 1)] - w.data[at];
  }
  return { candidates, steps, nearest: quadratic(hard, h) / whole };
}

/** z_ij = log(δ_in / δ_ij), so that ratios begin in proportion to 1/δ. */
function startLogits(points: Float64Array, candidates: Uint32Array, codebook: Float64Array): Float64Array {
  const n = CANDIDATES;
  return Float64Array.from(candidates, (k, at) => {
    const i = Math.floor(at / n);
    const last = Math.sqrt(squared(points, i, codebook, candidates[i * n + n - 1]));
    return at % n === n - 1
      ? 0
      : Math.log((last + NO_DISTANCE) / (Math.sqrt(squared(points, i, codebook, k)) + NO_DISTANCE));
  });
}

/** Softmax of each pair's logits, and the mixture. */
export function mixed(w: Matrix, candidates: Uint32Array, logits: Float64Array, codebook: Float64Array) {
  const n = CANDIDATES;
  const ratios = new Float64Array(logits.length);
  const weights = matrix(w.rows, w.cols);
  for (let i = 0; i < logits.length / n; i++) {
    const own = logits.subarray(i * n, (i + 1) * n);
    const most = Math.max(...own);
    const exps = own.map((z) => Math.exp(z - most));
    const sum = exps.reduce((a, b) => a + b, 0);
    for (let j = 0; j < n; j++) {
      const ratio = exps[j] / sum;
      ratios[i * n + j] = ratio;
      for (let a = 0; a < DIM; a++) weights.data[DIM * i + a] += ratio * codebook[DIM * candidates[i * n + j] + a];
    }
  }
  return { ratios, weights };
}

/** ∂L/∂z_ij = r_ij g_i · (c_ij − v̂_i) for the gradient g of the weights. */
export function logitGradients(
  ratios: Float64Array,
  candidates: Uint32Array,
  codebook: Float64Array,
  gradient: Matrix,
): Float64Array {
  const n = CANDIDATES;
  const along = Float64Array.from(candidates, (k, at) => {
    const i = Math.floor(at / n);
    return gradient.data[DIM * i] * codebook[DIM * k] + gradient.data[DIM * i + 1] * codebook[DIM * k + 1];
  });
  return ratios.map((ratio, at) => {
    const first = n * Math.floor(at / n);
    let mean = 0;
    for (let j = first; j < first + n; j++) mean += ratios[j] * along[j];
    return ratio * (along[at] - mean);
  });
}

/** One step down, and down the slope of r(1 − r), which pulls a pair's ratios to 0 and 1. What has settled stays. */
function descend(logits: Float64Array, ratios: Float64Array, slopes: Float64Array, done: number): void {
  const n = CANDIDATES;
  const most = slopes.reduce((max, slope) => Math.max(max, Math.abs(slope)), 0) || 1;
  for (let first = 0; first < logits.length; first += n) {
    const own = ratios.subarray(first, first + n);
    if (Math.max(...own) > FROZEN) continue;
    const squares = own.reduce((sum, r) => sum + r * r, 0);
    own.forEach((r, j) => {
      logits[first + j] += 2 * PULL * done * r * (r - squares) - (RATE * (1 - done) * slopes[first + j]) / most;
    });
  }
}

function frozenShare(ratios: Float64Array): number {
  const pairs = ratios.length / CANDIDATES;
  let frozen = 0;
  for (let i = 0; i < pairs; i++) {
    if (Math.max(...ratios.subarray(i * CANDIDATES, (i + 1) * CANDIDATES)) > FROZEN) frozen++;
  }
  return frozen / pairs;
}

function scaled(a: Matrix, factor: number): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value) => factor * value),
  );
}

/** tr(A H Aᵀ). */
function quadratic(a: Matrix, h: Matrix): number {
  const ah = matmul('nn', a, h);
  return a.data.reduce((sum, value, i) => sum + value * ah.data[i], 0);
}
