/**
 * What a mean KL divergence does not say: how it is spread over tokens (median, 99th percentile), and of how many of them the likeliest
 * next token stays full precision's. Windows of equal length; of a classifier an image is a window of one. Quantiles are between the two
 * nearest values in order (Hyndman and Fan 1996, definition 7); intervals are bootstrapped over windows.
 */
import { bootstrapIntervals, type Interval } from './bootstrap';
import { LEAST_WINDOWS } from './paired';

/** Null where it did not come to a number; without an interval where there are fewer windows than LEAST_WINDOWS. */
export interface Estimate {
  readonly value: number | null;
  readonly interval: Interval | null;
}

export interface DivergenceSpread {
  /** Of the mean, which stands beside this one. */
  readonly meanInterval: Interval | null;
  readonly median: Estimate;
  readonly p99: Estimate;
  /** Share of tokens, or images. */
  readonly sameTop: Estimate;
  /** How many these are of: all, or those of the first windows that MOST_TOKENS leaves room for. */
  readonly tokens: number;
}

/** Five bytes of each are kept on the host, a stream: 2.6 MB. */
export const MOST_TOKENS = 2 ** 19;

/** KL and agreement of single tokens as they are measured, window after window. */
export class TokenDivergences {
  readonly #kl: Float32Array;
  readonly #same: Uint8Array;
  #count = 0;

  /** `positions`: predicted tokens a window. */
  constructor(
    windows: number,
    private readonly positions: number,
    most = MOST_TOKENS,
  ) {
    const kept = Math.min(windows, Math.max(1, Math.floor(most / positions)));
    this.#kl = new Float32Array(kept * positions);
    this.#same = new Uint8Array(kept * positions);
  }

  /** What there is no room for is left out. */
  add(kl: number, same: boolean): void {
    if (this.#count === this.#kl.length) return;
    this.#kl[this.#count] = kl;
    this.#same[this.#count++] = Number(same);
  }

  /** `means`: of all windows, those left out too. */
  spread(means: readonly number[]): DivergenceSpread {
    const kl = this.#kl.subarray(0, this.#count);
    const windows = Math.floor(kl.length / this.positions);
    if (windows === 0 || !kl.every(Number.isFinite) || !means.every(Number.isFinite)) return NOTHING;
    // Tokens by rising KL, as values and as the windows that they are of.
    const order = Uint32Array.from(kl, (_, i) => i).sort((a, b) => kl[a] - kl[b]);
    const sorted = Float32Array.from(order, (i) => kl[i]);
    const windowOf = Uint32Array.from(order, (i) => Math.floor(i / this.positions));
    const agreed = Array.from({ length: windows }, (_, w) =>
      this.#same.subarray(w * this.positions, (w + 1) * this.positions).reduce((sum, one) => sum + one, 0),
    );
    const once = new Uint32Array(windows).fill(1);
    const last = kl.length - 1;
    const statistics = (times: Uint32Array) => [
      quantileFromBelow(sorted, windowOf, times, 0.5 * last),
      quantileFromAbove(sorted, windowOf, times, 0.99 * last),
      agreed.reduce((sum, one, w) => sum + one * times[w], 0) / kl.length,
    ];
    const values = statistics(once);
    const intervals = windows < LEAST_WINDOWS ? [] : bootstrapIntervals(windows, statistics);
    const estimate = (i: number): Estimate => ({ value: values[i], interval: intervals.at(i) ?? null });
    return {
      meanInterval: means.length < LEAST_WINDOWS ? null : meanInterval(means),
      ...{ median: estimate(0), p99: estimate(1), sameTop: estimate(2) },
      tokens: kl.length,
    };
  }
}

const UNKNOWN: Estimate = { value: null, interval: null };
const NOTHING: DivergenceSpread = {
  ...{ meanInterval: null, median: UNKNOWN, p99: UNKNOWN, sameTop: UNKNOWN },
  tokens: 0,
};

function meanInterval(means: readonly number[]): Interval {
  const [interval] = bootstrapIntervals(means.length, (times) => [
    means.reduce((sum, one, w) => sum + one * times[w], 0) / means.length,
  ]);
  return interval;
}

/** The value at a place, whole or between two, among values of which each counts as often as its window was drawn. */
function quantileFromBelow(sorted: Float32Array, windowOf: Uint32Array, times: Uint32Array, place: number): number {
  const below = Math.floor(place);
  let i = 0;
  let passed = times[windowOf[0]];
  while (passed <= below) passed += times[windowOf[++i]];
  const low = sorted[i];
  while (passed <= Math.ceil(place)) passed += times[windowOf[++i]];
  return low + (place - below) * (sorted[i] - low);
}

/** The same from the other end: of a place near it a resample then looks at few tokens. */
function quantileFromAbove(sorted: Float32Array, windowOf: Uint32Array, times: Uint32Array, place: number): number {
  const below = Math.floor(place);
  let i = sorted.length - 1;
  let first = sorted.length - times[windowOf[i]];
  while (first > Math.ceil(place)) first -= times[windowOf[--i]];
  const high = sorted[i];
  while (first > below) first -= times[windowOf[--i]];
  return sorted[i] + (place - below) * (high - sorted[i]);
}
