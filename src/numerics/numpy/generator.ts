/**
 * Random numbers as numpy's default_rng draws them, in numpy's order, so that what a Python program drew can be drawn here.
 * Uniform numbers and integers are equal to the bit; so are normal ones, but for about one in four thousand that lies in the tail,
 * whose logarithm is the machine's own.
 */
import { Pcg64 } from './pcg64';
import { layers } from './ziggurat';

const TWO32 = 4294967296;

/** Pictures take thousands of draws each, for which Float64Array.from is slow. */
function filled(count: number, draw: () => number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = draw();
  return values;
}

export class NumpyRandom {
  readonly #bits: Pcg64;

  /** As np.random.default_rng(entropy), of numbers of 32 bits each. */
  constructor(entropy: readonly number[]) {
    this.#bits = new Pcg64(entropy);
  }

  /** Skips as many uniform numbers. */
  skip(count: number): void {
    this.#bits.advance(count);
  }

  /** rng.uniform(low, high, count); rng.random(count) without bounds. */
  uniform(count: number, low = 0, high = 1): Float64Array {
    const range = high - low;
    return filled(count, () => low + range * this.#bits.uniform());
  }

  /** rng.integers(limit, size=count), of a limit below 2³²: Lemire's method, without bias. */
  integers(count: number, limit: number): Uint32Array {
    const least = TWO32 % limit;
    return Uint32Array.from({ length: count }, () => {
      for (;;) {
        const product = BigInt(this.#bits.uint32()) * BigInt(limit);
        if (Number(product & 0xffffffffn) >= least) return Number(product >> 32n);
      }
    });
  }

  /** rng.choice(odds.length, count, p=odds). */
  choice(count: number, odds: readonly number[]): Int32Array {
    const bounds: number[] = [];
    for (const share of odds) bounds.push((bounds.at(-1) ?? 0) + share);
    const whole = bounds[bounds.length - 1];
    const cumulative = bounds.map((bound) => bound / whole);
    return Int32Array.from({ length: count }, () => {
      const at = this.#bits.uniform();
      return cumulative.findIndex((bound) => at < bound);
    });
  }

  /** rng.normal(mean, deviation, count). */
  normal(count: number, mean: number, deviation: number): Float64Array {
    return filled(count, () => mean + deviation * this.#standard());
  }

  #standard(): number {
    const bits = this.#bits;
    const { tail, widths, heights, inner } = layers();
    for (;;) {
      bits.next();
      const layer = bits.lower & 255;
      const multiple = (bits.upper & 0x1fffffff) * 8388608 + (bits.lower >>> 9);
      const x = multiple * widths[layer] * (bits.lower & 256 ? -1 : 1);
      if (multiple < inner[layer]) return x;
      if (layer === 0) {
        const negative = (bits.lower >>> 17) & 1;
        for (;;) {
          const beyond = -Math.log1p(-bits.uniform()) / tail;
          const limit = -Math.log1p(-bits.uniform());
          if (limit + limit > beyond * beyond) return negative ? -(tail + beyond) : tail + beyond;
        }
      }
      const height = (heights[layer - 1] - heights[layer]) * bits.uniform() + heights[layer];
      if (height < Math.exp(-0.5 * x * x)) return x;
    }
  }
}
