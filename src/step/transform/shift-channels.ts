/**
 * Outlier Suppression+ (Wei et al. 2023, arXiv:2304.09145): z_j = (max_j + min_j)/2 and s_j = max(1, max|x_j − z_j|/t), with t from the
 * widest range t₀ down to t₀/64 by what is lost of the outputs of the layers that read the channels,
 *
 *   Σ ‖F((x − z)/s)·Q(W·diag(s))ᵀ − (x − z)·Wᵀ‖²,
 *
 * F and Q as the row rounds activations and weights. Where it rounds neither, or nothing is searched, s = 1.
 */
import type { DiagonalPair } from '../../model/view/pairs';
import { addBias } from '../../tensor/bias';
import { scaleColumns } from '../../tensor/elementwise';
import { matmul } from '../../tensor/matmul';
import type { ColumnFigures } from '../../tensor/observers';
import { Scalars } from '../../tensor/reduce';
import { Tensor } from '../../tensor/tensor';
import { tilesOfWeight } from '../../tensor/weight';
import type { Rehearsal, TransformStep } from '../step';
import { columnFigures, inputPlaces, sampledInputs, type Sample } from './paired';
import { movedState, movedView, shiftablePairs, type Moved } from './shifting';

/** The least threshold, as a share of the widest range. */
const LEAST = 1 / 64;

export const shiftChannels: TransformStep = {
  async fit(rehearsal, options) {
    const { view, block, quantized, rounded } = rehearsal;
    const pairs = shiftablePairs(view, block, options);
    const seen = await columnFigures(rehearsal, pairs);
    const searched = options.search === true && (quantized !== null || rounded !== null);
    const samples = searched ? await sampledInputs(rehearsal, pairs) : null;
    const found = new Map<DiagonalPair, Moved>();
    const numbers: Record<string, number> = {};
    try {
      for (const pair of pairs) {
        const { z, half } = centred(seen(pair), pair);
        const widest = half.reduce((a, b) => Math.max(a, b));
        let threshold = widest;
        if (samples && widest > 0) {
          const steps = Number(options.thresholds);
          const candidates = Array.from({ length: steps }, (_, i) => widest * LEAST ** (i / (steps - 1)));
          threshold = await search(rehearsal, pair, samples(pair), { z, half }, candidates);
        }
        found.set(pair, { z, s: shrinking(half, threshold) });
        numbers[`${pair.id}: threshold`] = widest > 0 ? threshold / widest : 1;
      }
    } finally {
      samples?.release();
    }
    return { arrays: await movedState(view, block, found), numbers };
  },
  fitted: (view, block, options, state) => movedView(view, block, 'shift_channels', options, state),
};

interface Centred {
  readonly z: Float64Array;
  /** Half of each range. */
  readonly half: Float64Array;
}

function centred({ least, greatest }: ColumnFigures, pair: DiagonalPair): Centred {
  const low = new Float64Array(pair.width).fill(Infinity);
  const high = new Float64Array(pair.width).fill(-Infinity);
  inputPlaces(pair).forEach((place, j) => {
    low[place] = Math.min(low[place], least[j]);
    high[place] = Math.max(high[place], greatest[j]);
  });
  // As it will be stored: what is moved away is what comes back.
  const z = Float64Array.from(Float32Array.from(low, (value, i) => (value + high[i]) / 2));
  return { z, half: high.map((value, i) => Math.max(value - z[i], z[i] - low[i])) };
}

function shrinking(half: Float64Array, threshold: number): Float64Array {
  return half.map((range) => (threshold > 0 ? Math.max(1, range / threshold) : 1));
}

/** The first of the best thresholds; the widest where no error is a number. */
async function search(
  rehearsal: Rehearsal,
  pair: DiagonalPair,
  samples: readonly Sample[],
  { z, half }: Centred,
  thresholds: readonly number[],
): Promise<number> {
  const { gpu } = rehearsal;
  const places = inputPlaces(pair);
  const row = (values: Float64Array) =>
    Tensor.from(
      gpu,
      1,
      places.length,
      Float64Array.from(places, (place) => values[place]),
      'channels',
    );
  const away = row(z.map((value) => -value));
  const moved = samples.map(({ x, length }) => {
    const own = x.clone('moved inputs');
    addBias(own, away);
    return { x: own, length };
  });
  away.release();
  const errors = new Float64Array(thresholds.length);
  try {
    for (const linear of rehearsal.block.stages[pair.stage].linears) {
      const weight = await rehearsal.weight(linear);
      try {
        for (const [i, threshold] of thresholds.entries()) {
          rehearsal.check();
          const s = shrinking(half, threshold);
          const [there, back] = [row(s), row(s.map((scale) => 1 / scale))];
          errors[i] += await lossOf(rehearsal, tilesOfWeight(weight), moved, there, back);
          there.release();
          back.release();
        }
      } finally {
        weight.release();
      }
    }
  } finally {
    for (const { x } of moved) x.release();
  }
  const best = errors.reduce((least, error, i) => (error < errors[least] ? i : least), 0);
  return Number.isFinite(errors[best]) ? thresholds[best] : thresholds[0];
}

async function lossOf(
  { gpu, quantized, rounded }: Rehearsal,
  tiles: readonly Tensor[],
  inputs: readonly Sample[],
  there: Tensor,
  back: Tensor,
): Promise<number> {
  const scalars = new Scalars(gpu);
  try {
    for (const tile of tiles) {
      const scaled = tile.clone('scaled weight');
      scaleColumns(scaled, there);
      const q = quantized ? await quantized(scaled) : scaled;
      for (const { x, length } of inputs) {
        const shrunk = x.clone('shrunk inputs');
        scaleColumns(shrunk, back);
        const own = rounded ? rounded(shrunk, length) : shrunk;
        const [y, exact] = [matmul('nt', own, q), matmul('nt', x, tile)];
        scalars.sumOfSquaredDifferences(y, exact);
        for (const used of new Set([shrunk, own, y, exact])) used.release();
      }
      for (const used of new Set([scaled, q])) used.release();
    }
    return (await scalars.read()).reduce((sum, error) => sum + error, 0);
  } finally {
    scalars.release();
  }
}
