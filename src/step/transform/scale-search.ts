/**
 * AWQ (Lin et al. 2024, arXiv:2306.00978): of scales s = E|x|^r, r = 0, 1/n … (n − 1)/n, evened out about 1 (numerics/scales.ts), those by which
 * the row's own rounding loses least of the outputs of all layers that read the pair's inputs,
 *
 *   Σ ‖(Q(W·diag(s))·diag(1/s) − W)·Xᵀ‖² = Σ tr(Δ·XᵀX·Δᵀ),
 *
 * with X of the full-precision stream. Every pair is searched as if the others stayed, as the release has it. r = 0 is rounding without
 * scales.
 */
import { awqScales } from '../../numerics/scales';
import type { DiagonalPair } from '../../model/view/pairs';
import { axpy, scaleColumns } from '../../tensor/elementwise';
import { accumulateGram, mirror } from '../../tensor/gram';
import { emptySquare, type Square } from '../../tensor/panels';
import { ColumnObserver } from '../../tensor/observers';
import { quadratic } from '../../tensor/quadratic';
import { Scalars } from '../../tensor/reduce';
import { Tensor } from '../../tensor/tensor';
import { tilesOfWeight } from '../../tensor/weight';
import type { Rehearsal, TransformStep } from '../step';
import { inputPlaces, largestAt, pairsOf, scaledView, soundFigures, storedScales } from './paired';

export const scaleSearch: TransformStep = {
  async fit(rehearsal, options) {
    const { view, block } = rehearsal;
    const shared = options.sharedHeads === true;
    const pairs = pairsOf(view, block, options).filter(
      (pair) => shared || pair.kind !== 'v' || inputPlaces(pair).length === pair.width,
    );
    const seen = await inputsOf(rehearsal, pairs);
    const scales = new Map<string, Float64Array>();
    const numbers: Record<string, number> = {};
    try {
      for (const pair of pairs) {
        const { magnitude, gram } = seen.of(pair);
        const means = largestAt(magnitude, inputPlaces(pair), pair.width);
        const found = await search(rehearsal, pair, means, gram, Number(options.grid));
        scales.set(pair.id, found.scales);
        numbers[`${pair.id}: exponent`] = found.exponent;
        numbers[`${pair.id}: error`] = found.error;
        numbers[`${pair.id}: error without`] = found.before;
      }
    } finally {
      seen.release();
    }
    return { arrays: storedScales(scales), numbers };
  },
  fitted: (view, block, options, state) => scaledView(view, block, 'scale_search', options, state),
};

interface Found {
  readonly scales: Float64Array;
  readonly exponent: number;
  /** Σ ‖…‖² with these scales, and with none. */
  readonly error: number;
  readonly before: number;
}

/** The first of the best exponents; none where no error is a number. */
async function search(
  rehearsal: Rehearsal,
  pair: DiagonalPair,
  means: Float64Array,
  gram: Square,
  grid: number,
): Promise<Found> {
  const candidates = Array.from({ length: grid }, (_, i) => awqScales(means, i / grid));
  const errors = new Float64Array(grid);
  for (const linear of rehearsal.block.stages[pair.stage].linears) {
    const weight = await rehearsal.weight(linear);
    const scalars = new Scalars(rehearsal.gpu);
    try {
      const places: number[][] = [];
      for (const s of candidates) {
        rehearsal.check();
        places.push(await lossesOf(rehearsal, tilesOfWeight(weight), atInputs(pair, s), gram, scalars));
      }
      const sums = await scalars.read();
      places.forEach((own, i) => own.forEach((place) => (errors[i] += sums[place])));
    } finally {
      scalars.release();
      weight.release();
    }
  }
  const best = errors.reduce((least, error, i) => (error < errors[least] ? i : least), 0);
  if (!Number.isFinite(errors[best])) return { scales: candidates[0], exponent: 0, error: 0, before: 0 };
  return {
    scales: candidates[best],
    exponent: best / grid,
    error: errors[best],
    before: Math.min(errors[0], Number.MAX_VALUE),
  };
}

/** A scale for each input. */
function atInputs(pair: DiagonalPair, scales: Float64Array): Float64Array {
  return Float64Array.from(inputPlaces(pair), (place) => scales[place]);
}

/** tr(Δ·XᵀX·Δᵀ) of each tile, Δ = Q(W·diag(s))·diag(1/s) − W. */
async function lossesOf(
  { gpu, quantized }: Rehearsal,
  tiles: readonly Tensor[],
  scales: Float64Array,
  gram: Square,
  scalars: Scalars,
): Promise<number[]> {
  if (!quantized) throw new Error('bug: a search by rounding of a row that keeps its weights');
  const row = (values: Float64Array) => Tensor.from(gpu, 1, values.length, values, 'scales');
  const [there, back] = [row(scales), row(scales.map((scale) => 1 / scale))];
  const places: number[] = [];
  try {
    for (const tile of tiles) {
      const scaled = tile.clone('scaled weight');
      scaleColumns(scaled, there);
      const delta = await quantized(scaled);
      scaled.release();
      scaleColumns(delta, back);
      axpy(-1, tile, delta);
      places.push(quadratic(scalars, delta, gram));
      delta.release();
    }
  } finally {
    there.release();
    back.release();
  }
  return places;
}

interface SeenInputs {
  /** E|x| of each input, and XᵀX. */
  of(pair: DiagonalPair): { readonly magnitude: Float32Array; readonly gram: Square };
  release(): void;
}

/** Of the stages that the pairs read, over the calibration windows. */
async function inputsOf({ gpu, block, taps }: Rehearsal, pairs: readonly DiagonalPair[]): Promise<SeenInputs> {
  const stages = new Map(
    [...new Set(pairs.map(({ stage }) => stage))].map((stage) => {
      const [{ cols }] = block.stages[stage].linears;
      return [stage, { observer: new ColumnObserver(), gram: emptySquare(gpu, cols, 'Gram of inputs'), chunks: 0 }];
    }),
  );
  const release = () => {
    for (const { observer, gram } of stages.values()) {
      observer.release();
      gram.release();
    }
  };
  try {
    await taps((stage, x) => {
      const own = stages.get(stage);
      if (!own) return;
      own.observer.add(x);
      accumulateGram(own.gram, x, 1, own.chunks++ === 0 ? 0 : 1);
    });
    const found = new Map<number, { magnitude: Float32Array; gram: Square }>();
    for (const [stage, { observer, gram }] of stages) {
      mirror(gram);
      found.set(stage, { magnitude: (await soundFigures(observer, block, stage)).magnitude, gram });
    }
    return {
      of({ stage }) {
        const own = found.get(stage);
        if (!own) throw new Error(`bug: nobody looked at stage ${stage}`);
        return own;
      },
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}
