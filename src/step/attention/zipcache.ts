/**
 * ZipCache (He et al. 2024, arXiv 2405.14256). Salience is the attention that a token receives from probing queries, of the heads that read its
 * key (tensor/attend-cache.ts); keys are rounded per channel, each class with ranges of its own; values are divided by c_j = √(max_t |v_tj|)
 * before, and multiplied after, they are rounded per token. Classes take turns: what is not in one is kept, and counts for no range of it.
 */
import { Random } from '../../base/random';
import { attendHeads } from '../../gradient/attention';
import { probeQueries } from '../../numerics/token-weights';
import type { Gpu } from '../../gpu/gpu';
import type { ActivationFormat, Cells } from '../../tensor/activation-format';
import { receivedAttention } from '../../tensor/attend-cache';
import { windowPeakPowers } from '../../tensor/dressings';
import { Dressing, fakeQuantize } from '../../tensor/fake-quant';
import type { Geometry } from '../../tensor/heads';
import { leastRows } from '../../tensor/least';
import { byWindow, spreadMultiply } from '../../tensor/spread';
import { padded, Tensor } from '../../tensor/tensor';
import type { AttentionStep } from '../step';
import { attentionOf, headWindows } from './heads';

/** Rows that are kept while a class is rounded, and the bits of that class. */
interface Class {
  readonly bits: number;
  readonly kept: Dressing;
}

export const zipcache: AttentionStep = {
  hooks(gpu, _network, options) {
    const [bits, lowBits, share, seed] = ['bits', 'lowBits', 'share', 'seed'].map((name) => Number(options[name]));
    const probes = new Probes(gpu, seed);
    return {
      on: (_tape, _at, x) => x,
      attend(tape, _block, { query, key, value }, g, how) {
        const { byQuery, seenBy } = probes.of(g.length, how.mask);
        const received = receivedAttention(query.value, key.value, g, how, byQuery);
        const kept = (others: boolean) => {
          const least = Math.floor(share * g.length);
          const keptRows = leastRows(received, { least, divisors: seenBy, others });
          const dressing = Dressing.of(gpu, keptRows.cols, key.value.cols, { keptRows });
          keptRows.release();
          return dressing;
        };
        const classes: Class[] = [
          { bits, kept: kept(false) },
          { bits: lowBits, kept: kept(true) },
        ];
        received.release();
        const keys = rounded(key.value, { per: 'column' }, g, classes);
        const values = separable(value.value, g, classes);
        for (const one of classes) one.kept.release();
        // Straight through.
        return attendHeads(
          tape,
          query,
          tape.record(keys, [key], (grad) => [grad.clone('gradient')]),
          tape.record(values, [value], (grad) => [grad.clone('gradient')]),
          g,
          how,
        );
      },
      release: () => probes.release(),
    };
  },

  cacheBits(network, { bits, lowBits, share }, length) {
    const attention = attentionOf(network);
    if (!attention?.causal) return null;
    const { dim } = attention;
    const low = Math.floor(Number(share) * length);
    // A token's class is one bit, for its key and its value.
    const codes = (low * Number(lowBits) + (length - low) * Number(bits)) / length + 1 / (2 * dim);
    const classes = (low > 0 ? 1 : 0) + (low < length ? 1 : 0);
    return { key: codes + (32 * classes) / length, value: codes + 32 / dim + 16 / length };
  },
};

function rounded(x: Tensor, cells: Cells, g: Geometry, classes: readonly Class[]): Tensor {
  let y = x;
  for (const { bits, kept } of classes) {
    const format: ActivationFormat = { code: { kind: 'float offset', bits }, cells };
    const next = fakeQuantize(y, format, { windows: headWindows(g), dressing: kept });
    if (y !== x) y.release();
    y = next;
  }
  return y;
}

function separable(x: Tensor, g: Geometry, classes: readonly Class[]): Tensor {
  const windows = headWindows(g);
  const spread = byWindow(x.rows, padded(g.length));
  const [factors, inverses] = [windowPeakPowers(x, windows, 0.5), windowPeakPowers(x, windows, -0.5)];
  const divided = spreadMultiply(x, inverses, spread);
  const small = rounded(divided, { per: 'token' }, g, classes);
  const y = spreadMultiply(small, factors, spread);
  for (const used of [factors, inverses, divided, small]) used.release();
  return y;
}

/** Which queries probe, and how many of them see each token: for the lengths that come, until `release`. */
class Probes {
  readonly #made = new Map<string, { readonly byQuery: Tensor; readonly seenBy: Tensor }>();

  constructor(
    private readonly gpu: Gpu,
    private readonly seed: number,
  ) {}

  of(length: number, mask: 'causal' | 'full') {
    const key = `${length} ${mask}`;
    const known = this.#made.get(key);
    if (known) return known;
    const probes = probeQueries(length, new Random(this.seed));
    const seen = Float32Array.from(probes);
    for (let j = length - 2; j >= 0; j--) seen[j] += seen[j + 1];
    if (mask === 'full') seen.fill(seen[0]);
    const made = {
      byQuery: Tensor.from(this.gpu, 1, length, probes, 'probes'),
      seenBy: Tensor.from(this.gpu, 1, length, seen, 'probes that see a token'),
    };
    this.#made.set(key, made);
    return made;
  }

  release(): void {
    for (const { byQuery, seenBy } of this.#made.values()) for (const one of [byQuery, seenBy]) one.release();
    this.#made.clear();
  }
}
