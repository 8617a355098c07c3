/**
 * From the attention that tokens receive to weights (RSQ) and to who is salient (ZipCache). One window at a time; j counts tokens from 0.
 */
import type { Random } from '../base/random';

/**
 * What a token's sum is divided by: nothing; how many queries see it, T − j (`linear`), or its root; or how many of the probes do. ZipCache's
 * release divides sums over probes by T − j, which favours late tokens; `probes` is what its mean means.
 */
export type Visibility = 'none' | 'linear' | 'root' | 'probes';

/** Received sums by visibility, under the causal mask. `byQuery` is what the sums were weighted with; default all 1. */
export function normalizedAttention(
  received: ArrayLike<number>,
  visibility: Visibility,
  byQuery?: ArrayLike<number>,
): Float64Array {
  const { length } = received;
  const normalized = Float64Array.from(received);
  let seen = 0;
  for (let j = length - 1; j >= 0; j--) {
    seen += byQuery?.[j] ?? 1;
    const divisors = { none: 1, linear: length - j, root: Math.sqrt(length - j), probes: seen };
    // What no probe sees has received nothing.
    normalized[j] = divisors[visibility] === 0 ? 0 : normalized[j] / divisors[visibility];
  }
  return normalized;
}

/** RSQ: scores brought linearly to 1 … most; all 1 where they are equal. */
export function tokenWeights(scores: ArrayLike<number>, most: number): Float64Array {
  if (!(most >= 1)) throw new Error(`bug: tokens that weigh at most ${most}`);
  const all = Float64Array.from(scores);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return all.map((score) => (high > low ? 1 + ((most - 1) * (score - low)) / (high - low) : 1));
}

/** 1 for the ⌊share · n⌋ tokens of the lowest scores, the earlier first among equals; else 0. ZipCache's demonstration: 0.4. */
export function leastSalient(scores: ArrayLike<number>, share: number): Uint8Array {
  if (!(share >= 0 && share <= 1)) throw new Error(`bug: a share of ${share} of the tokens`);
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a] - scores[b] || a - b);
  const chosen = new Uint8Array(scores.length);
  for (const token of order.slice(0, Math.floor(share * scores.length))) chosen[token] = 1;
  return chosen;
}

/** ZipCache's probes: the last ⌈recent · n⌉ queries, and ⌈random · n⌉ of the others by chance. 1 for a probe. */
export function probeQueries(length: number, random: Random, share = { recent: 0.05, random: 0.05 }): Float64Array {
  const probes = new Float64Array(length);
  const recent = Math.min(length, Math.ceil(share.recent * length));
  probes.fill(1, length - recent);
  for (const query of random.shuffled(length - recent).slice(0, Math.ceil(share.random * length))) probes[query] = 1;
  return probes;
}
