/**
 * The Cayley map on the GPU: of a square P, with A = ½(P − Pᵀ), the rotation Q = (I − A)(I + A)⁻¹ = 2M − I, M = (I + A)⁻¹. Float64 twin:
 * numerics/orthogonal.ts.
 *
 * For a skew A, (I − A)(I + A) = I + AᵀA = L·Lᵀ is symmetric with no eigenvalue below 1, so that Cholesky finds M = (I − A)·L⁻ᵀL⁻¹ without
 * pivoting, to a relative error of about 2⁻²⁴·(1 + σ²), σ the largest singular value of A. Newton's steps M ← M + M·(I − (I + A)·M)
 * bring it to what the residual's own rounding allows (`cayleyBound`; tested against float64 up to order 128 and, in
 * one plane, σ = 1000, a turn by 179.9°; at order 512 and σ = 1 entries were measured to be off by 2·10⁻⁷).
 * Far beyond that (σ = 10⁴ in one plane) f32 cannot hold I + AᵀA, and Q is not finite. `orthogonalityDefect` tells.
 */
import { cholesky, factorSize, invertLower, PivotStatus } from './cholesky';
import { combine } from './elementwise';
import { sliceColumns, placeColumns } from './columns';
import { sliceRows } from './embedding';
import { matmul } from './matmul';
import { lowerTriangle, transpose } from './permute';
import { Scalars } from './reduce';
import { placeRows } from './rows';
import { Tensor } from './tensor';
import type { Gpu } from '../gpu/gpu';

/** What every entry of Q − exact and of Q·Qᵀ − I stays below, in f32, for a largest singular value σ of A. */
export function cayleyBound(sigma: number): number {
  return 2 ** -21 * (1 + sigma / 4);
}

/** Newton's steps: from an error of ½ two leave 1/16, from one of 1/100 they leave rounding. */
const STEPS = 2;
/** Pivots are 1 or more, but for rounding. */
const FLOOR = 0.25;

export interface CayleyMap {
  /** n × n, orthogonal. */
  readonly q: Tensor;
  /** (I + A)⁻¹, for going back. */
  readonly inverse: Tensor;
}

export function cayleyMap(p: Tensor): CayleyMap {
  const { gpu, rows: n } = p;
  if (p.cols !== n) throw new Error(`bug: a Cayley map of ${n} × ${p.cols}`);
  // Continued by zeros, A has an identity beside its inverse, which leaves the rest as it is.
  const size = factorSize(n);
  const a = skewPart(p, size);
  const eye = identity(gpu, size);
  const spare: Tensor[] = [a, eye];
  const work = eye.clone('I + AᵀA');
  spare.push(matmul('tn', a, a, { into: work, beta: 1 }));
  const status = new PivotStatus(gpu, size);
  cholesky(work, FLOOR, status);
  status.release();
  invertLower(work);
  lowerTriangle(work);
  const inner = matmul('tn', work, work, { label: '(I + AᵀA)⁻¹' });
  spare.push(inner);
  let inverse = matmul('nn', a, inner, { into: inner.clone('inverse'), alpha: -1, beta: 1 });
  for (let step = 0; step < STEPS; step++) {
    const residual = combine(1, eye, -1, inverse);
    matmul('nn', a, inverse, { into: residual, alpha: -1, beta: 1 });
    const better = matmul('nn', inverse, residual, { into: inverse.clone('inverse'), beta: 1 });
    spare.push(residual, inverse);
    inverse = better;
  }
  const q = combine(2, inverse, -1, eye);
  for (const tensor of spare) tensor.release();
  return { q: cut(q, n), inverse: cut(inverse, n) };
}

/** From ∂L/∂Q to ∂L/∂P = Xᵀ − X with X = Mᵀ·G·Mᵀ. */
export function cayleyBack(inverse: Tensor, g: Tensor): Tensor {
  const left = matmul('tn', inverse, g);
  const x = matmul('nt', left, inverse);
  const turned = transpose(x);
  const gradient = combine(1, turned, -1, x);
  for (const tensor of [left, x, turned]) tensor.release();
  return gradient;
}

/** ‖Q·Qᵀ − I‖ (Frobenius): how far a square Q is from orthogonal; NaN where it is no number. */
export async function orthogonalityDefect(q: Tensor): Promise<number> {
  const product = matmul('nt', q, q);
  const eye = identity(q.gpu, q.rows);
  const scalars = new Scalars(q.gpu);
  const which = scalars.sumOfSquaredDifferences(product, eye);
  const values = await scalars.read();
  product.release();
  eye.release();
  return Math.sqrt(values[which]);
}

/** ½(P − Pᵀ), size × size. */
function skewPart(p: Tensor, size: number): Tensor {
  const turned = transpose(p);
  const a = combine(0.5, p, -0.5, turned);
  turned.release();
  if (size === p.rows) return a;
  const wide = placeColumns(a, size, 0);
  const whole = placeRows(wide, size, 0);
  a.release();
  wide.release();
  return whole;
}

/** The n × n at the top left; takes over t. */
function cut(t: Tensor, n: number): Tensor {
  if (t.rows === n) return t;
  const narrow = sliceColumns(t, 0, n);
  const out = sliceRows(narrow, 0, n);
  t.release();
  narrow.release();
  return out;
}

function identity(gpu: Gpu, n: number): Tensor {
  const values = new Float32Array(n * n);
  for (let i = 0; i < n; i++) values[i * n + i] = 1;
  return Tensor.from(gpu, n, n, values, 'identity');
}
