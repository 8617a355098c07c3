/**
 * How systems choose the scales s of a diagonal pair, x/s · (W diag(s))ᵀ, from what they see of channels on either side: plain numbers per
 * channel. Nothing here is zero or infinite where its inputs are finite: a channel that says nothing keeps its scale of 1 or a floor.
 */

/** SmoothQuant's floor under magnitudes and scales. */
const SMOOTH_FLOOR = 1e-5;
/** AWQ's floor under scales. */
const AWQ_FLOOR = 1e-4;

/**
 * SmoothQuant: s = A^α / W^(1 − α), where A is the largest |x| of the channel and W the largest |w| that meets it, over all layers that read
 * it. Xiao et al. 2023, arXiv:2211.10438, equation 4; floors as released.
 */
export function smoothScales(inputs: ArrayLike<number>, weights: ArrayLike<number>, alpha: number): Float64Array {
  return Float64Array.from(inputs, (a, j) =>
    Math.max(SMOOTH_FLOOR, a ** alpha / Math.max(SMOOTH_FLOOR, weights[j]) ** (1 - alpha)),
  );
}

/**
 * AWQ's candidate of exponent r: the mean |x| of each channel to the r, then all of them so that the largest and the smallest lie evenly about
 * 1. Lin et al. 2024, arXiv:2306.00978; the released search takes r = 0, 1/20 … 19/20.
 */
export function awqScales(means: ArrayLike<number>, exponent: number): Float64Array {
  const raised = Float64Array.from(means, (mean) => Math.max(AWQ_FLOOR, mean ** exponent));
  const middle = Math.sqrt(raised.reduce((a, b) => Math.max(a, b)) * raised.reduce((a, b) => Math.min(a, b)));
  return raised.map((scale) => scale / middle);
}

/**
 * Cross-layer equalization: s = √(r₁/r₂), so that what is divided and what is multiplied have equal ranges, √(r₁r₂). r₁: range of the
 * producer's channel, r₂: of the consumer's. Where one of them is 0 the channel stays. Nagel et al. 2019, arXiv:1906.04721, equation 11.
 */
export function equalizingScales(producers: ArrayLike<number>, consumers: ArrayLike<number>): Float64Array {
  return Float64Array.from(producers, (first, j) => {
    const second = consumers[j];
    return first > 0 && second > 0 ? Math.sqrt(first / second) : 1;
  });
}

/**
 * SVDQuant's candidates: λ = a^α / w^β for (0, 0), then (α, 0) and (α, 1 − α) with α = 1/n … (n − 1)/n. Li et al. 2025,
 * arXiv:2411.05007, as deepcompressor releases it; a span of 0, or a scale that is not finite, is 1.
 */
export function spanExponents(n = 20): (readonly [number, number])[] {
  const inner = Array.from({ length: n - 1 }, (_, i) => (i + 1) / n);
  return [[0, 0], ...inner.map((a) => [a, 0] as const), ...inner.map((a) => [a, 1 - a] as const)];
}

export function spanScales(
  inputs: ArrayLike<number>,
  weights: ArrayLike<number>,
  [alpha, beta]: readonly [number, number],
): Float64Array {
  const scales = Float64Array.from(inputs, (a, j) => {
    const scale = a ** alpha / weights[j] ** beta;
    return scale === 0 ? 1 : scale;
  });
  return scales.every((scale) => Number.isFinite(scale) && scale > 0) ? scales : scales.fill(1);
}
