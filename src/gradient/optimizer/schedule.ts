/** Learning rates over a training. Loshchilov and Hutter 2017, arXiv 1608.03983 (cosine), without restarts. */

export interface CosineOptions {
  /** The highest rate. */
  readonly peak: number;
  /** Steps in all, the warm-up's included. */
  readonly steps: number;
  /** First steps, in which the rate rises in a straight line from peak / warmUp to the peak; default 0. */
  readonly warmUp?: number;
  /** What the rate falls to, default 0. */
  readonly floor?: number;
}

/** The rate of step 0 … steps − 1; afterwards the floor. */
export function cosineRate({ peak, steps, warmUp = 0, floor = 0 }: CosineOptions): (step: number) => number {
  return (step) => {
    if (step < warmUp) return (peak * (step + 1)) / warmUp;
    if (step >= steps) return floor;
    return floor + ((peak - floor) * (1 + Math.cos((Math.PI * (step - warmUp)) / (steps - warmUp)))) / 2;
  };
}

/** In a straight line from `from` at step `first` to `to` at step `last`; `from` before, `to` afterwards. */
export function linearRate({
  from,
  to,
  first = 0,
  last,
}: {
  readonly from: number;
  readonly to: number;
  readonly first?: number;
  readonly last: number;
}): (step: number) => number {
  return (step) => {
    if (step <= first) return from;
    if (step >= last) return to;
    return from + ((to - from) * (step - first)) / (last - first);
  };
}
