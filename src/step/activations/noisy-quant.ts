/**
 * NoisyQuant (Liu et al. 2023, arXiv:2211.16056): x̂ = Q(x + N) − N with one fixed N for all tokens, on a static symmetric grid of the whole
 * tensor. The grid's range, then the noise's strength, are those of least output error over the calibration tokens,
 *
 *   Σ ‖(x − x̂)·Wᵀ‖² = tr((X − X̂)·WᵀW·(X − X̂)ᵀ), W all layers of the stage.
 */
import { Random } from '../../base/random';
import { fakeQuant } from '../../gradient/fake-quant';
import type { ActivationFormat } from '../../tensor/activation-format';
import { subtract } from '../../tensor/elementwise';
import { Dressing, fakeQuantize } from '../../tensor/fake-quant';
import { accumulateGram, mirror } from '../../tensor/gram';
import { RangeObserver } from '../../tensor/observers';
import { emptySquare, type Square } from '../../tensor/panels';
import { quadratic } from '../../tensor/quadratic';
import { Scalars } from '../../tensor/reduce';
import { Tensor } from '../../tensor/tensor';
import { tilesOfWeight } from '../../tensor/weight';
import type { ActivationStep, SeenTaps } from '../step';

/** Shares of the widest range that are tried: 1, 0.96 … 0.24. */
const SHARES = Array.from({ length: 20 }, (_, i) => 1 - i / 25);
/** The strongest noise, in steps of the grid. */
const STRONGEST = 2;

/** What a candidate rounds with. */
interface Candidate {
  readonly reach: number;
  readonly strength: number;
}

export const noisyQuant: ActivationStep = {
  async at(seen, options, known) {
    const { gpu, cols } = seen;
    const bits = Number(options.bits);
    const format: ActivationFormat = { code: { kind: 'symmetric', bits }, cells: { per: 'tensor' } };
    const levels = 2 ** (bits - 1) - 1;
    const random = new Random(Number(options.seed));
    const noise = Float32Array.from({ length: cols }, () => 2 * random.uniform() - 1);
    const made = ({ reach, strength }: Candidate): Parts => {
      const row = noise.map((value) => value * strength * (reach / levels));
      const own = Tensor.from(gpu, 1, cols, row, 'noise');
      const dressing = strength > 0 ? Dressing.of(gpu, 1, cols, { noise: own }) : null;
      own.release();
      return { dressing, ranges: Tensor.from(gpu, 2, 1, [-reach, reach], 'range') };
    };
    const widest = known ? 0 : await reachOf(seen);
    let best: Candidate = known
      ? { reach: known.numbers.reach, strength: known.numbers.strength }
      : { reach: widest, strength: 0 };
    if (widest > 0) {
      const gram = await outputGram(seen);
      const least = (candidates: readonly Candidate[]) => leastOf(seen, format, candidates, made, gram);
      try {
        if (options.clip === true) best = await least(SHARES.map((share) => ({ reach: share * widest, strength: 0 })));
        const strengths = Number(options.strengths);
        const { reach } = best;
        best = await least(
          Array.from({ length: strengths }, (_, i) => ({ reach, strength: (STRONGEST * i) / strengths })),
        );
      } finally {
        gram.release();
      }
    }
    const { dressing, ranges } = made(best);
    return {
      on: (tape, x) => fakeQuant(tape, x, format, { dressing, ranges: tape.constant(ranges) }),
      bits: () => bits,
      state: { arrays: {}, numbers: { ...best } },
      release() {
        dressing?.release();
        ranges.release();
      },
    };
  },
};

interface Parts {
  readonly dressing: Dressing | null;
  readonly ranges: Tensor;
}

/** The largest magnitude. */
async function reachOf({ each }: SeenTaps): Promise<number> {
  const observer = new RangeObserver({ per: 'tensor' });
  try {
    each((x) => observer.add(x));
    const [low, high] = await observer.ranges.read();
    return Math.max(Math.abs(low), Math.abs(high));
  } finally {
    observer.release();
  }
}

/** WᵀW over all layers of the stage. */
async function outputGram({ gpu, cols, linears, weight }: SeenTaps): Promise<Square> {
  const gram = emptySquare(gpu, cols, 'Gram of weights');
  let tiles = 0;
  for (const linear of linears) {
    const own = await weight(linear);
    for (const tile of tilesOfWeight(own)) accumulateGram(gram, tile, 1, tiles++ === 0 ? 0 : 1);
    own.release();
  }
  mirror(gram);
  return gram;
}

/** The first of the best; the first of all where no error is a number. */
async function leastOf(
  { gpu, each }: SeenTaps,
  format: ActivationFormat,
  candidates: readonly Candidate[],
  made: (candidate: Candidate) => Parts,
  gram: Square,
): Promise<Candidate> {
  const scalars = new Scalars(gpu);
  try {
    const places = candidates.map((candidate) => {
      const { dressing, ranges } = made(candidate);
      const own: number[] = [];
      each((x) => {
        const y = fakeQuantize(x, format, { dressing, ranges });
        const lost = subtract(y, x);
        own.push(quadratic(scalars, lost, gram));
        y.release();
        lost.release();
      });
      dressing?.release();
      ranges.release();
      return own;
    });
    const sums = await scalars.read();
    const errors = places.map((own) => own.reduce((sum, place) => sum + sums[place], 0));
    const best = errors.reduce((least, error, i) => (error < errors[least] ? i : least), 0);
    return candidates[best];
  } finally {
    scalars.release();
  }
}
