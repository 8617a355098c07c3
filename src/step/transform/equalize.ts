/**
 * Cross-layer equalization (Nagel et al. 2019, arXiv:1906.04721, section 4.1): s = √(r₁/r₂), r₁ the largest |w| of the row that makes a channel,
 * r₂ of the column that reads it, which leaves both √(r₁r₂). Pair after pair, again and again, until nothing changes: pairs share matrices.
 *
 * A norm's gain, and the rows that steer a block, have no range that matters: there s = c/r₂, which leaves the columns of all readers equal,
 * with c the geometric mean of r₂ so that scales lie about 1. Biases are divided along and count for no range. Float64 on the host; the
 * matrices stay as they are, beside the scales that they have got.
 */
import { equalizingScales } from '../../numerics/scales';
import type { DiagonalPair, PairSite } from '../../model/view/pairs';
import type { NetworkView } from '../../model/view/view';
import type { TransformStep } from '../step';
import { pairsOf, scaledView, storedScales } from './paired';

/** The largest |log s| of a sweep at which it is the last. */
const STILL = 1e-4;

export const equalize: TransformStep = {
  async fit({ view, block, check }, options) {
    const pairs = pairsOf(view, block, options);
    const matrices = await matricesOf(view, pairs);
    const scales = new Map(pairs.map(({ id, width }) => [id, new Float64Array(width).fill(1)]));
    let [sweeps, change] = [0, Infinity];
    while (sweeps < Number(options.sweeps) && change > STILL) {
      check();
      change = 0;
      sweeps++;
      for (const pair of pairs) {
        const s = scalesFor(pair, matrices);
        for (const site of pair.producers) matrices.get(site.tensor)?.scale(site, s, true);
        for (const site of pair.consumers) matrices.get(site.tensor)?.scale(site, s, false);
        const total = scales.get(pair.id) as Float64Array;
        s.forEach((scale, j) => {
          total[j] *= scale;
          change = Math.max(change, Math.abs(Math.log(scale)));
        });
      }
    }
    return { arrays: storedScales(scales), numbers: { sweeps, change } };
  },
  fitted: (view, block, options, state) => scaledView(view, block, 'equalize', options, state),
};

function scalesFor({ kind, producers, consumers, width }: DiagonalPair, matrices: ReadonlyMap<string, Scaled>) {
  const ranges = (sites: readonly PairSite[]) => {
    const largest = new Float64Array(width);
    for (const site of sites) matrices.get(site.tensor)?.peaks(site, largest);
    return largest;
  };
  const second = ranges(consumers);
  if (kind !== 'norm' && kind !== 'modulation') return equalizingScales(ranges(producers), second);
  const logs = second.filter((range) => range > 0).map(Math.log);
  const middle = Math.exp(logs.reduce((sum, log) => sum + log, 0) / Math.max(1, logs.length));
  return second.map((range) => (range > 0 ? middle / range : 1));
}

/** Those of the pairs' tensors that are matrices, each once. */
async function matricesOf(
  { source }: Pick<NetworkView, 'source'>,
  pairs: readonly DiagonalPair[],
): Promise<Map<string, Scaled>> {
  const matrices = new Map<string, Scaled>();
  for (const { tensor } of pairs.flatMap(({ producers, consumers }) => [...producers, ...consumers])) {
    const shape = source.tensors.get(tensor)?.shape ?? [];
    if (shape.length < 2 || matrices.has(tensor)) continue;
    const values = await source.read(tensor);
    matrices.set(tensor, new Scaled(values, shape[0], shape[shape.length - 1]));
  }
  return matrices;
}

/** A matrix with what its first and its last axis have been multiplied by. */
class Scaled {
  readonly #first: Float64Array;
  readonly #last: Float64Array;

  constructor(
    private readonly values: Float32Array,
    first: number,
    last: number,
  ) {
    this.#first = new Float64Array(first).fill(1);
    this.#last = new Float64Array(last).fill(1);
  }

  /** Raises `largest` to the largest |w| that each place meets. */
  peaks({ axis, places }: PairSite, largest: Float64Array): void {
    const [first, last] = [this.#first, this.#last];
    const rest = this.values.length / first.length;
    this.values.forEach((value, i) => {
      const [row, column] = [Math.floor(i / rest), i % last.length];
      const place = places[axis === 'first' ? row : column];
      if (place >= 0) largest[place] = Math.max(largest[place], Math.abs(value) * first[row] * last[column]);
    });
  }

  scale({ axis, places }: PairSite, s: Float64Array, inverse: boolean): void {
    const own = axis === 'first' ? this.#first : this.#last;
    places.forEach((place, i) => {
      if (place >= 0) own[i] *= inverse ? 1 / s[place] : s[place];
    });
  }
}
