/**
 * PCG64, the bits behind numpy's default_rng: a linear congruence on 128 bits, and 64 bits out of each state (XSL-RR).
 * Source: M. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", 2014. Numbers of 128 bits are four
 * words of 32, lowest first: ten times as fast as BigInt, and pictures take thousands of draws each.
 */
import { seedWords } from './seed-sequence';

const MULTIPLIER = (2549297995355413924n << 64n) + 4865540595714422341n;
const TWO32 = 4294967296;
const WORDS = 2n ** 128n - 1n;
const [M0, M1, M2, M3] = wordsOf(MULTIPLIER);

function wordsOf(value: bigint): number[] {
  return [0n, 32n, 64n, 96n].map((shift) => Number((value >> shift) & 0xffffffffn));
}

/** The upper 32 bits of a · b. */
function high(a: number, b: number): number {
  const [a0, a1, b0, b1] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const [p01, p10] = [a0 * b1, a1 * b0];
  const middle = ((a0 * b0) >>> 16) + (p01 & 0xffff) + (p10 & 0xffff);
  return a1 * b1 + (p01 >>> 16) + (p10 >>> 16) + (middle >>> 16);
}

/** The lower 32 bits of a · b. */
function low(a: number, b: number): number {
  return Math.imul(a, b) >>> 0;
}

export class Pcg64 {
  readonly #state: Uint32Array;
  readonly #increment: Uint32Array;
  /** The half of 64 bits that a draw of 32 has left over; draws of 64 pass it by. */
  #spare: number | null = null;
  /** What was drawn last. */
  upper = 0;
  lower = 0;

  /** As numpy's PCG64(entropy), each number of which has 32 bits. */
  constructor(entropy: readonly number[]) {
    const seed = seedWords(entropy, 8).map(BigInt);
    const wide = (at: number) => (seed[at + 1] << 96n) | (seed[at] << 64n) | (seed[at + 3] << 32n) | seed[at + 2];
    const increment = ((wide(4) << 1n) | 1n) & WORDS;
    const state = ((increment + wide(0)) * MULTIPLIER + increment) & WORDS;
    this.#state = Uint32Array.from(wordsOf(state));
    this.#increment = Uint32Array.from(wordsOf(increment));
  }

  /** Skips `count` draws of 64 bits, in steps that grow like its logarithm. */
  advance(count: number): void {
    let [factor, sum, power, term] = [1n, 0n, MULTIPLIER, this.#whole(this.#increment)];
    for (let left = BigInt(count); left > 0n; left >>= 1n) {
      if (left & 1n) {
        factor = (factor * power) & WORDS;
        sum = (sum * power + term) & WORDS;
      }
      term = ((power + 1n) * term) & WORDS;
      power = (power * power) & WORDS;
    }
    this.#state.set(wordsOf((factor * this.#whole(this.#state) + sum) & WORDS));
    this.#spare = null;
  }

  /** Draws 64 bits into `upper` and `lower`. */
  next(): void {
    const s = this.#state;
    const i = this.#increment;
    const [s0, s1, s2, s3] = s;
    const r0 = low(s0, M0) + i[0];
    const r1 = high(s0, M0) + low(s0, M1) + low(s1, M0) + i[1] + Math.floor(r0 / TWO32);
    const r2 = high(s0, M1) + high(s1, M0) + low(s0, M2) + low(s1, M1) + low(s2, M0) + i[2] + Math.floor(r1 / TWO32);
    const r3 =
      high(s0, M2) + high(s1, M1) + high(s2, M0) + low(s0, M3) + low(s1, M2) + low(s2, M1) + low(s3, M0) + i[3];
    s[0] = r0;
    s[1] = r1;
    s[2] = r2;
    s[3] = r3 + Math.floor(r2 / TWO32);
    const [upper, lower] = [s[3] ^ s[1], s[2] ^ s[0]];
    const turn = s[3] >>> 26;
    const [a, b] = turn & 32 ? [lower, upper] : [upper, lower];
    const by = turn & 31;
    this.upper = (by === 0 ? a : (a >>> by) | (b << (32 - by))) >>> 0;
    this.lower = (by === 0 ? b : (b >>> by) | (a << (32 - by))) >>> 0;
  }

  /** 32 bits: the lower half of a draw, then its upper half. */
  uint32(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    this.next();
    this.#spare = this.upper;
    return this.lower;
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    this.next();
    return (this.upper * 2097152 + (this.lower >>> 11)) * 2 ** -53;
  }

  #whole(words: Uint32Array): bigint {
    return words.reduceRight((value, word) => (value << 32n) | BigInt(word), 0n);
  }
}
