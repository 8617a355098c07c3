/**
 * How a loss follows from errors of layers, and how well one measure of sensitivity orders what another measures.
 *
 * HIGGS (arXiv:2411.17525): for small unbiased errors the loss is Σ α_ℓ·t_ℓ² with t² = ‖Δ‖² / ‖W‖². `fitLinearity` is α of one layer
 * by least squares through the origin, α = Σ KL·t² / Σ t⁴.
 */

/** A relative squared error t² and the loss (KL divergence) that came of it. */
export interface Sample {
  readonly squaredError: number;
  readonly loss: number;
}

export interface Linearity {
  /** Loss per squared error; 0 where it came out negative. */
  readonly slope: number;
  /**
   * Share of Σ loss² that the line explains, 1 − Σ(loss − α·t²)² / Σ loss²: without an intercept, since no error costs nothing. Null where
   * all losses are zero.
   */
  readonly r2: number | null;
  /** True where the slope was negative and clipped. */
  readonly clipped: boolean;
}

/** Null where there is no error to fit to. */
export function fitLinearity(samples: readonly Sample[]): Linearity | null {
  const sum = (term: (sample: Sample) => number) => samples.reduce((all, sample) => all + term(sample), 0);
  const weight = sum(({ squaredError }) => squaredError ** 2);
  if (!(weight > 0)) return null;
  const raw = sum(({ squaredError, loss }) => loss * squaredError) / weight;
  const slope = Math.max(0, raw);
  const whole = sum(({ loss }) => loss ** 2);
  const missed = sum(({ squaredError, loss }) => (loss - slope * squaredError) ** 2);
  return { slope, r2: whole > 0 ? 1 - missed / whole : null, clipped: raw < 0 };
}

/** Pearson's correlation; null where either side does not vary. */
export function correlation(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  requirePairs(x, y);
  const [meanX, meanY] = [mean(x), mean(y)];
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i] - meanX, y[i] - meanY];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  return xx > 0 && yy > 0 ? Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy))) : null;
}

/** Spearman's ρ: the correlation of ranks, ties sharing theirs. Null where either side does not vary. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  requirePairs(x, y);
  return correlation(ranks(x), ranks(y));
}

/** Kendall's τ-b: pairs in the same order less pairs in opposite order, corrected for ties. Null where either side does not vary. */
export function kendall(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  requirePairs(x, y);
  let [agreed, ofX, ofY] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [dx, dy] = [Math.sign(x[i] - x[j]), Math.sign(y[i] - y[j])];
      agreed += dx * dy;
      ofX += Math.abs(dx);
      ofY += Math.abs(dy);
    }
  }
  return ofX > 0 && ofY > 0 ? agreed / Math.sqrt(ofX * ofY) : null;
}

/** 1 … n by rising value, the mean of their places for equal ones. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const out = new Float64Array(values.length);
  for (let first = 0; first < order.length;) {
    let past = first + 1;
    while (past < order.length && values[order[past]] === values[order[first]]) past++;
    for (let i = first; i < past; i++) out[order[i]] = (first + past + 1) / 2;
    first = past;
  }
  return out;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((all, value) => all + value, 0) / values.length;
}

function requirePairs(x: ArrayLike<number>, y: ArrayLike<number>): void {
  if (x.length !== y.length) throw new Error(`bug: ${x.length} values beside ${y.length}`);
  for (const values of [x, y]) {
    const bad = Array.from(values).find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new Error(`bug: a correlation with ${bad}`);
  }
}
