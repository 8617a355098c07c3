/**
 * Percentile bootstrap intervals over held-out windows (Efron and Tibshirani 1993, chapter 13). Whole windows are drawn, not their tokens,
 * because tokens of one text are not independent.
 */
import { Random } from '../base/random';

/** 95 %. */
export type Interval = readonly [low: number, high: number];

const RESAMPLES = 1000;

/**
 * One interval a statistic. `statistics` is given how often each window was drawn, which sums to their number, and must not keep it.
 * Deterministic.
 */
export function bootstrapIntervals(
  windows: number,
  statistics: (times: Uint32Array) => readonly number[],
): [number, number][] {
  const random = new Random(1);
  const times = new Uint32Array(windows);
  const drawn: Float64Array[] = [];
  for (let i = 0; i < RESAMPLES; i++) {
    times.fill(0);
    for (let k = 0; k < windows; k++) times[random.integer(windows)]++;
    statistics(times).forEach((value, s) => ((drawn[s] ??= new Float64Array(RESAMPLES))[i] = value));
  }
  return drawn.map((values) => {
    values.sort();
    return [values[Math.floor(RESAMPLES * 0.025)], values[Math.ceil(RESAMPLES * 0.975) - 1]];
  });
}
