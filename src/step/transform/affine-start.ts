/** Where learned affine transforms start: random orthogonal factors or identities, and SmoothQuant's scales of channels. */
import type { Options } from '../../method/parameters';
import type { Linear } from '../../model/model';
import { diagonalPairs, type DiagonalPair } from '../../model/view/pairs';
import { identity, matrix, transpose, type Matrix } from '../../numerics/matrix';
import { randomOrthogonal } from '../../numerics/orthogonal';
import { smoothScales } from '../../numerics/scales';
import { ColumnObserver } from '../../tensor/observers';
import type { Block } from '../../model/model';
import type { NetworkView } from '../../model/view/view';
import type { Rehearsal } from '../step';
import type { FactorStart, TapStart } from './affine-parameters';
import { factorOrders } from './affine.face';
import { soundFigures } from './paired';

/** SmoothQuant's strength, as released. */
const STRENGTH = 0.3;

/** Of every stage of the block. */
export async function startsOf(rehearsal: Rehearsal, options: Options): Promise<TapStart[]> {
  const { view, block } = rehearsal;
  const seed = Number(options.seed);
  const peaks = options.diagonal === true ? await peaksOf(rehearsal) : null;
  const starts: TapStart[] = [];
  for (const [stage, { linears }] of block.stages.entries()) {
    const orders = factorOrders(linears[0].cols);
    // Four matrices a stage, none of them another's.
    const place = 4 * (block.stages.length * block.index + stage);
    const factor = (i: number): FactorStart => {
      const n = orders[i];
      if (options.start === 'identity') return { u: identity(n), v: identity(n) };
      const random = (which: number) => randomOrthogonal(n, seed + place + 2 * i + which);
      return { u: random(0), v: random(1) };
    };
    const folds = peaks && foldingPair(view, block, stage);
    starts.push({
      stage,
      factors: [factor(0), factor(1)],
      diagonal: folds ? await smoothed(view, linears, peaks[stage]) : null,
    });
  }
  return starts;
}

/**
 * The pair whose scales are those of the stage's inputs, channel by channel; null where there is none, or an online operation of the view
 * stands between its two sides.
 */
export function foldingPair({ network, online }: NetworkView, block: Block, stage: number): DiagonalPair | null {
  if (online.some((op) => op.place === 'tap' && op.block === block.index && op.stage === stage)) return null;
  const own = diagonalPairs(network).find((pair) => pair.block === block.index && pair.stage === stage);
  const straight = own?.consumers.every(({ places }) => {
    return places.length === own.width && places.every((place, i) => place === i);
  });
  return own && straight ? own : null;
}

/** Largest magnitudes of every stage's inputs. */
async function peaksOf(rehearsal: Rehearsal): Promise<Float32Array[]> {
  const observers = rehearsal.block.stages.map(() => new ColumnObserver());
  try {
    await rehearsal.taps((stage, x) => observers[stage].add(x));
    return await Promise.all(
      observers.map(async (observer, stage) => (await soundFigures(observer, rehearsal.block, stage)).peak),
    );
  } finally {
    for (const observer of observers) observer.release();
  }
}

/** c₀ = 1/s; 1 where nothing was seen of a channel, or no weight meets it. */
async function smoothed(view: NetworkView, linears: readonly Linear[], peaks: Float32Array): Promise<Float64Array> {
  const weights = new Float64Array(peaks.length);
  for (const linear of linears) {
    const { data, cols } = await matrixOf(view, linear);
    for (let i = 0; i < data.length; i++) weights[i % cols] = Math.max(weights[i % cols], Math.abs(data[i]));
  }
  const scales = smoothScales(peaks, weights, STRENGTH);
  return scales.map((scale, j) => (peaks[j] > 0 && weights[j] > 0 ? 1 / scale : 1));
}

/** W, rows × cols. */
async function matrixOf({ source }: NetworkView, { weight, rows, cols, layout }: Linear): Promise<Matrix> {
  const values = await source.read(weight);
  return layout === 'out-in' ? matrix(rows, cols, values) : transpose(matrix(cols, rows, values));
}
