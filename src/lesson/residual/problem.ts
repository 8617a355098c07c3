/**
 * What all methods of the lesson share for one cut: H, D, U, P and R in float64, by the float64 twins of the engine's kernels, and the Gram
 * matrices by which any weight's output error is told. Shapes: C inputs; H, D, U, P, R all C × C.
 *
 *   H = (2/n) XᵀX,  D = (2/n) (X̃ − X)ᵀX,  (H + λI)⁻¹ = UᵀU,  P = triu₁(D Uᵀ) U,  R = triu₁(X̃ᵀX Uᵀ) U = P + I − diag(U)⁻¹ U
 * (arXiv:2210.17323; arXiv:2504.02692, theorem 4.2; arXiv:2604.07955.) The last identity is why ResComp needs no second product of matrices.
 */
import { matmul, matrix, type Matrix } from '../../numerics/matrix';
import { invertedFactor } from '../../tensor/reference/linalg';
import type { Cut, Streams } from '../cut';

/** As the studio's recipes have it by default. */
export const DAMPING = 0.01;

export interface Problem {
  /** W as it is given. */
  readonly weight: Matrix;
  readonly hessian: Matrix;
  readonly drift: Matrix;
  readonly u: Matrix;
  readonly p: Matrix;
  readonly r: Matrix;
  /** R where there is no full-precision stream to look at (X̃ = X, hence P = 0): I − diag(U)⁻¹ U. */
  readonly rAlone: Matrix;
  /** D Hd⁻¹: what Shift adds to I. */
  readonly shift: Matrix;
  readonly calibration: OutputError;
  readonly heldOut: OutputError;
}

/** ‖W X̃ᵀ − Ŵ Xᵀ‖² / ‖W X̃ᵀ‖² of a weight Ŵ: the layer's output error against full precision. */
export type OutputError = (weight: Matrix) => number;

export function problemOf({ weight, calibration, heldOut }: Cut): Problem {
  const { full, own } = calibration;
  const share = 2 / own.rows;
  const hessian = scaled(matmul('tn', own, own), share);
  const drift = scaled(matmul('tn', difference(full, own), own), share);
  const { factor: u } = invertedFactor(hessian, DAMPING);
  if (!u) throw new Error('bug: a lesson’s Hessian is not positive definite');
  const p = matmul('nn', strictUpper(matmul('nt', drift, u)), u);
  return {
    weight,
    hessian,
    drift,
    u,
    p,
    r: residualOf(p, u),
    rAlone: residualOf(matrix(p.rows, p.cols), u),
    shift: matmul('nt', drift, transposedGram(u)),
    calibration: outputError(weight, calibration),
    heldOut: outputError(weight, heldOut),
  };
}

/** R from P and U. Only what is right of the diagonal is ever read; on it R is zero. */
function residualOf(p: Matrix, u: Matrix): Matrix {
  const n = p.cols;
  const r = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) r.data[i * n + j] = p.data[i * n + j] - u.data[i * n + j] / u.data[i * n + i];
  }
  return r;
}

/** Hd⁻¹ = UᵀU, which is symmetric. */
function transposedGram(u: Matrix): Matrix {
  return matmul('tn', u, u);
}

export function strictUpper(a: Matrix): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => (i % a.cols > Math.floor(i / a.cols) ? value : 0)),
  );
}

export function scaled(a: Matrix, factor: number): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value) => factor * value),
  );
}

export function difference(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => value - b.data[i]),
  );
}

/** By Gram matrices, so that an error costs C² a row and no tokens: ‖WX̃ᵀ‖² − 2⟨WX̃ᵀ, ŴXᵀ⟩ + ‖ŴXᵀ‖². */
function outputError(weight: Matrix, { full, own }: Streams): OutputError {
  const wanted = matmul('nn', weight, matmul('tn', full, own));
  const gram = matmul('tn', own, own);
  const whole = inner(matmul('nn', weight, matmul('tn', full, full)), weight);
  return (given) => Math.max(0, whole - 2 * inner(wanted, given) + inner(matmul('nn', given, gram), given)) / whole;
}

function inner(a: Matrix, b: Matrix): number {
  return a.data.reduce((sum, value, i) => sum + value * b.data[i], 0);
}
