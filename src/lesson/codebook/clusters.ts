/**
 * k-means on pairs of weights, half step by half step, as the engine's (src/codebook/kmeans.ts) from its Mahalanobis start: each pair to its
 * nearest codeword, each codeword to the mean of its pairs, until nothing moves. Points: pair i at 2i, 2i + 1. Lloyd 1982; start as GPTVQ's,
 * arXiv:2402.15319. A test holds codes and codewords equal to the engine's.
 */
import { mahalanobisOrder, roundHalfEven } from '../../codebook/order';

export const DIM = 2;

export interface Clustering {
  /** K × 2. */
  readonly codebook: Float64Array;
  /** Of each pair, its codeword. */
  readonly codes: Uint32Array;
  /** Σ |v − c|² over all pairs, against Σ |v|². */
  readonly error: number;
}

export interface HalfStep extends Clustering {
  readonly phase: 'start' | 'assign' | 'move';
  /** Pairs that changed their codeword, or codewords that moved. */
  readonly changed: number;
}

/** Half steps at most, the start not counted. */
const MOST_HALF_STEPS = 200;

export function kmeansSteps(points: Float64Array, codewords: number): HalfStep[] {
  const energy = points.reduce((sum, value) => sum + value * value, 0);
  const steps: HalfStep[] = [];
  const put = (phase: HalfStep['phase'], codebook: Float64Array, codes: Uint32Array, changed: number) =>
    steps.push({ phase, codebook, codes, changed, error: distortion(points, codebook, codes) / energy });
  let codebook = startOf(points, codewords);
  let codes = nearest(points, codebook);
  put('start', codebook, codes, 0);
  while (steps.length + 1 < MOST_HALF_STEPS) {
    const before = codebook;
    codebook = means(points, codes, codewords);
    const moved = count(
      codewords,
      (k) => before[2 * k] !== codebook[2 * k] || before[2 * k + 1] !== codebook[2 * k + 1],
    );
    put('move', codebook, codes, moved);
    const next = nearest(points, codebook);
    const changed = count(codes.length, (i) => next[i] !== codes[i]);
    codes = next;
    put('assign', codebook, codes, changed);
    if (changed === 0) break;
  }
  return steps;
}

function startOf(points: Float64Array, codewords: number): Float64Array {
  const pairs = points.length / DIM;
  const step = codewords === 1 ? 0 : (pairs - 1) / (codewords - 1);
  const ranks = Array.from({ length: codewords }, (_, k) => roundHalfEven(k * step));
  const members = Uint32Array.from({ length: pairs }, (_, i) => i);
  const chosen = mahalanobisOrder(Float32Array.from(points), members, DIM, ranks);
  return Float64Array.from({ length: DIM * codewords }, (_, at) => points[DIM * chosen[at >> 1] + (at & 1)]);
}

/** The nearest codeword of each pair, the lowest of equals. */
export function nearest(points: Float64Array, codebook: Float64Array): Uint32Array {
  return Uint32Array.from({ length: points.length / DIM }, (_, i) => {
    let [best, least] = [0, Infinity];
    for (let k = 0; k < codebook.length / DIM; k++) {
      const distance = squared(points, i, codebook, k);
      if (distance >= least) continue;
      [best, least] = [k, distance];
    }
    return best;
  });
}

/** The n nearest codewords of pair i, nearest first. */
export function candidatesOf(points: Float64Array, i: number, codebook: Float64Array, n: number): number[] {
  return Array.from({ length: codebook.length / DIM }, (_, k) => k)
    .sort((a, b) => squared(points, i, codebook, a) - squared(points, i, codebook, b) || a - b)
    .slice(0, n);
}

export function squared(points: Float64Array, i: number, codebook: Float64Array, k: number): number {
  return (points[2 * i] - codebook[2 * k]) ** 2 + (points[2 * i + 1] - codebook[2 * k + 1]) ** 2;
}

/** A codeword without pairs becomes zero, as in the engine. */
function means(points: Float64Array, codes: Uint32Array, codewords: number): Float64Array {
  const sums = new Float64Array(DIM * codewords);
  const counts = new Float64Array(codewords);
  codes.forEach((k, i) => {
    counts[k]++;
    sums[2 * k] += points[2 * i];
    sums[2 * k + 1] += points[2 * i + 1];
  });
  return sums.map((sum, at) => (counts[at >> 1] > 0 ? sum / counts[at >> 1] : 0));
}

export function distortion(points: Float64Array, codebook: Float64Array, codes: Uint32Array): number {
  return codes.reduce((sum, k, i) => sum + squared(points, i, codebook, k), 0);
}

function count(n: number, holds: (i: number) => boolean): number {
  let found = 0;
  for (let i = 0; i < n; i++) if (holds(i)) found++;
  return found;
}
