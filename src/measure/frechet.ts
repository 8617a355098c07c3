/**
 * The Fréchet distance between two sets of features, each taken as a Gaussian: |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½).
 * Features are count × width, row-major; all in float64 on the host, with Jacobi rotations for the symmetric square root.
 * Heusel et al. 2017, arXiv 1706.08500 (there with Inception features: distances with other features are not comparable to it).
 */

/** Throws on sets of different widths or of fewer than two. */
export function frechetDistance(a: Float32Array, b: Float32Array, width: number): number {
  const [first, second] = [gaussianOf(a, width), gaussianOf(b, width)];
  const means = first.mean.reduce((sum, value, i) => sum + (value - second.mean[i]) ** 2, 0);
  // (Σ₁Σ₂)^½ has the trace of (Σ₁^½ Σ₂ Σ₁^½)^½, which is symmetric.
  const root = squareRoot(first.covariance, width);
  const inner = product(product(root, second.covariance, width), root, width);
  const shared = eigen(inner, width).values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return Math.max(0, means + trace(first.covariance, width) + trace(second.covariance, width) - 2 * shared);
}

interface Gaussian {
  readonly mean: Float64Array;
  /** width × width, with n − 1 in the denominator. */
  readonly covariance: Float64Array;
}

function gaussianOf(features: Float32Array, width: number): Gaussian {
  const count = features.length / width;
  if (!Number.isInteger(count) || count < 2) {
    throw new Error(`bug: ${features.length} values are not two or more features of ${width}`);
  }
  const mean = new Float64Array(width);
  features.forEach((value, at) => (mean[at % width] += value / count));
  const covariance = new Float64Array(width * width);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < width; i++) {
      const left = features[n * width + i] - mean[i];
      for (let j = 0; j <= i; j++)
        covariance[i * width + j] += (left * (features[n * width + j] - mean[j])) / (count - 1);
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) covariance[j * width + i] = covariance[i * width + j];
  return { mean, covariance };
}

/** The symmetric square root of a positive semidefinite matrix. */
function squareRoot(a: Float64Array, n: number): Float64Array {
  const { values, vectors } = eigen(a, n);
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const root = Math.sqrt(Math.max(0, values[k]));
    for (let i = 0; i < n; i++) {
      const factor = root * vectors[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += factor * vectors[j * n + k];
    }
  }
  return out;
}

/** Sweeps of Jacobi rotations; convergence is quadratic, so ten are plenty and more mean that something is NaN. */
const MOST_SWEEPS = 60;

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix. Golub and Van Loan, Matrix Computations, section 8.5. */
export function eigen(symmetric: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = Float64Array.from(symmetric);
  const vectors = Float64Array.from({ length: n * n }, (_, at) => (Math.floor(at / n) === at % n ? 1 : 0));
  const size = a.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p * n + q] ** 2;
    if (!(off > 1e-30 * size)) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q);
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors };
}

/** One rotation that makes a[p, q] zero. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const entry = a[p * n + q];
  if (entry === 0) return;
  const half = (a[q * n + q] - a[p * n + p]) / (2 * entry);
  const tangent = (half >= 0 ? 1 : -1) / (Math.abs(half) + Math.sqrt(half * half + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const mix = (m: Float64Array, first: number, second: number) => {
    const [x, y] = [m[first], m[second]];
    m[first] = cosine * x - sine * y;
    m[second] = sine * x + cosine * y;
  };
  for (let k = 0; k < n; k++) mix(a, k * n + p, k * n + q);
  for (let k = 0; k < n; k++) mix(a, p * n + k, q * n + k);
  for (let k = 0; k < n; k++) mix(vectors, k * n + p, k * n + q);
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      for (let j = 0; j < n; j++) out[i * n + j] += factor * b[k * n + j];
    }
  }
  return out;
}

function trace(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i];
  return sum;
}
