/**
 * The curvature of a loss, known only by products of its Hessian with vectors: trace (Hutchinson 1989) and largest eigenvalue (power
 * iteration), as HAWQ and HAWQ-V2 rank layers by (arXiv:1905.03696, 1911.03852); and those products by central differences of gradients,
 * which needs no second derivative.
 */
import { StudioError } from '../base/errors';
import { Random } from '../base/random';
import { dot } from './matrix';

/** H·v as a new array. */
export type HessianVector = (v: Float64Array) => Promise<Float64Array> | Float64Array;

export interface TraceOptions {
  /** Length of a vector. */
  readonly size: number;
  /** At most so many probes; default 50. */
  readonly most?: number;
  /** Stops where a probe moves the mean by less, relative to it; default 1e-3. */
  readonly tolerance?: number;
  readonly seed?: number;
}

export interface TraceEstimate {
  /** Of H, the mean of vᵀHv; 0 where that came out negative. */
  readonly trace: number;
  /** As it came out. */
  readonly mean: number;
  /** Standard error of the mean; null with one probe. */
  readonly standardError: number | null;
  readonly probes: number;
  /** Probes that came out negative, which no convex loss gives: they count in the mean. */
  readonly negative: number;
  /** True where the mean was negative and `trace` was clipped. */
  readonly clipped: boolean;
  /** False where the mean still moved after the last probe. */
  readonly settled: boolean;
}

/** E[vᵀHv] over signs v = ±1; a probe's variance is 2(‖H‖²_F − Σ H_ii²). Throws QS-NUM-02 where a product is not finite. */
export async function hutchinsonTrace(hessianVector: HessianVector, options: TraceOptions): Promise<TraceEstimate> {
  const { size, most = 50, tolerance = 1e-3, seed = 0 } = options;
  if (!(most >= 1)) throw new Error(`bug: a trace from ${most} probes`);
  const random = new Random(seed);
  let [mean, squares, negative, probes] = [0, 0, 0, 0];
  let settled = false;
  while (probes < most && !settled) {
    const v = signs(size, random);
    const value = dot(v, await productOf(hessianVector, v));
    if (value < 0) negative++;
    probes++;
    // Welford: mean, and the sum of squared distances from it.
    const before = mean;
    mean += (value - before) / probes;
    squares += (value - before) * (value - mean);
    settled = probes > 1 && Math.abs(mean - before) <= tolerance * Math.abs(mean);
  }
  const standardError = probes > 1 ? Math.sqrt(squares / (probes - 1) / probes) : null;
  return { trace: Math.max(0, mean), mean, standardError, probes, negative, clipped: mean < 0, settled };
}

/** Signs ±1, a coin each. */
export function signs(size: number, random: Random): Float64Array {
  const v = new Float64Array(size);
  for (let first = 0; first < size; first += 32) {
    const bits = random.uint32();
    for (let k = 0; k < Math.min(32, size - first); k++) v[first + k] = (bits >>> k) & 1 ? 1 : -1;
  }
  return v;
}

export interface PowerOptions {
  readonly size: number;
  /** At most so many products; default 100. */
  readonly most?: number;
  /** Stops where the value moves by less, relative to it; default 1e-3. */
  readonly tolerance?: number;
  readonly seed?: number;
}

export interface LargestEigenvalue {
  /** Of greatest magnitude, with its sign. */
  readonly value: number;
  /** Its unit eigenvector, as far as it has been found. */
  readonly vector: Float64Array;
  readonly products: number;
  readonly settled: boolean;
}

/** Power iteration from a seeded normal vector. Throws QS-NUM-02 where a product is not finite. */
export async function largestEigenvalue(
  hessianVector: HessianVector,
  options: PowerOptions,
): Promise<LargestEigenvalue> {
  const { size, most = 100, tolerance = 1e-3, seed = 0 } = options;
  const random = new Random(seed);
  let vector = unit(Float64Array.from({ length: size }, () => random.normal()));
  let value = 0;
  for (let products = 1; products <= most; products++) {
    const next = await productOf(hessianVector, vector);
    const before = value;
    value = dot(vector, next);
    if (next.every((entry) => entry === 0)) return { value: 0, vector, products, settled: true };
    vector = unit(next);
    if (products > 1 && Math.abs(value - before) <= tolerance * Math.abs(value)) {
      return { value, vector, products, settled: true };
    }
  }
  return { value, vector, products: most, settled: false };
}

/** Where a gradient is evaluated: at weights that are not kept afterwards. */
export type Gradient = (weights: Float64Array) => Promise<Float64Array> | Float64Array;

/**
 * H·v ≈ (g(w + εv) − g(w − εv)) / 2ε with ε = `step` · rms(w) / rms(v). Between 3e-3 and 1e-2 an f32 gradient's rounding and the
 * curvature's own change are both small; default 5e-3. Exact for a quadratic loss. Where w is zero, ε is `step`.
 */
export function byCentralDifferences(gradient: Gradient, weights: Float64Array, step = 5e-3): HessianVector {
  const size = rms(weights) || 1;
  return async (v) => {
    const along = rms(v);
    if (along === 0) return new Float64Array(v.length);
    const epsilon = (step * size) / along;
    const ahead = await gradient(weights.map((w, i) => w + epsilon * v[i]));
    const behind = await gradient(weights.map((w, i) => w - epsilon * v[i]));
    return ahead.map((g, i) => (g - behind[i]) / (2 * epsilon));
  };
}

/** HAWQ-V2's Ω = trace / n · ‖Δ‖², what a layer of n weights is predicted to lose. */
export function hawqLoss(trace: number, weights: number, squaredError: number): number {
  return (trace / weights) * squaredError;
}

async function productOf(hessianVector: HessianVector, v: Float64Array): Promise<Float64Array> {
  const product = await hessianVector(v);
  if (product.length !== v.length) throw new Error(`bug: a product of ${product.length} entries with ${v.length}`);
  const bad = product.find((value) => !Number.isFinite(value));
  if (bad === undefined) return product;
  throw new StudioError(
    'QS-NUM-02',
    `A product of the loss's curvature with a vector holds ${bad}: the gradient of a layer of ${v.length} weights overflowed, so rank layers by another measure.`,
    { size: v.length },
  );
}

function unit(v: Float64Array): Float64Array {
  // Divided first, so that no square overflows.
  const most = v.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
  const scaled = v.map((value) => value / most);
  const norm = Math.sqrt(dot(scaled, scaled));
  return scaled.map((value) => value / norm);
}

function rms(v: Float64Array): number {
  return Math.sqrt(dot(v, v) / v.length);
}
