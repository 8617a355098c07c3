/**
 * What steps that scale diagonal pairs have in common: the pairs of a block, what is seen of channels on either side, and the view with scales
 * that were found. A pair's channels are counted by its scales (`width`); where several channels share one, the largest figure stands for all.
 */
import { StudioError } from '../../base/errors';
import type { Options } from '../../method/parameters';
import type { Block } from '../../model/model';
import { diagonalPairs, divided, type DiagonalPair, type PairSite } from '../../model/view/pairs';
import { changed, type NetworkView } from '../../model/view/view';
import { ColumnObserver, type ColumnFigures } from '../../tensor/observers';
import type { Tensor } from '../../tensor/tensor';
import type { Rehearsal, StepState } from '../step';
import { chosenKinds } from './pair-choice';

/** Those of the chosen kinds, but for those that an online operation of the view stands between. */
export function pairsOf({ online }: NetworkView, block: Block, options: Options): DiagonalPair[] {
  const kinds = chosenKinds(options);
  const parted = (stage: number) =>
    online.some((op) => op.place === 'tap' && op.block === block.index && op.stage === stage);
  return diagonalPairs({ blocks: [block] }).filter(({ kind, stage }) => kinds.includes(kind) && !parted(stage));
}

/** The view with scales in a state's arrays, by their pairs' ids. */
export function scaledView(
  view: NetworkView,
  block: Block,
  step: string,
  options: Options,
  { arrays }: StepState,
): NetworkView {
  const scales = new Map(Object.entries(arrays).map(([id, values]) => [id, Float64Array.from(values)]));
  const key = `${step} ${JSON.stringify(options)} of block ${block.index}`;
  return changed(view, divided(pairsOf(view, block, options), scales, key));
}

/** Figures of the columns of all stages that the pairs read, over the calibration windows. */
export async function columnFigures(
  { taps, block }: Pick<Rehearsal, 'taps' | 'block'>,
  pairs: readonly DiagonalPair[],
): Promise<(pair: DiagonalPair) => ColumnFigures> {
  const observers = new Map(pairs.map(({ stage }) => [stage, new ColumnObserver()]));
  try {
    await taps((stage, x) => observers.get(stage)?.add(x));
    const found = new Map<number, ColumnFigures>();
    for (const [stage, observer] of observers) found.set(stage, await soundFigures(observer, block, stage));
    return ({ stage }) => {
      const figures = found.get(stage);
      if (!figures) throw new Error(`bug: nobody looked at stage ${stage}`);
      return figures;
    };
  } finally {
    for (const observer of observers.values()) observer.release();
  }
}

/** What was seen of a stage's inputs. Throws QS-NUM-02 where one of them is no number: nothing can be found by them. */
export async function soundFigures(observer: ColumnObserver, { stages }: Block, stage: number): Promise<ColumnFigures> {
  const figures = await observer.read();
  const bad = figures.peak.findIndex((peak) => !Number.isFinite(peak));
  if (bad >= 0) {
    throw new StudioError(
      'QS-NUM-02',
      `Input ${bad} of ${stages[stage].linears[0].name} reaches ${figures.peak[bad]} in full precision, and no transform can be found by it: leave out the steps that look at inputs, or mend the model.`,
      { input: bad },
    );
  }
  return figures;
}

/** Some of a stage's inputs, windows of `length` tokens. */
export interface Sample {
  readonly x: Tensor;
  readonly length: number;
}

/** Tokens from which on no more are kept. */
const SAMPLED_TOKENS = 4096;

/** Copies of the first calibration chunks' inputs of all stages that the pairs read, for searches that go through them again and again. */
export async function sampledInputs(
  { taps }: Pick<Rehearsal, 'taps'>,
  pairs: readonly DiagonalPair[],
): Promise<((pair: DiagonalPair) => readonly Sample[]) & { release(): void }> {
  const kept = new Map<number, Sample[]>(pairs.map(({ stage }) => [stage, []]));
  const release = () => {
    for (const samples of kept.values()) for (const { x } of samples) x.release();
    kept.clear();
  };
  try {
    await taps((stage, x, { windows }) => {
      const own = kept.get(stage);
      if (!own || own.reduce((sum, { x: before }) => sum + before.rows, 0) >= SAMPLED_TOKENS) return;
      own.push({ x: x.clone('inputs to be searched by'), length: x.rows / windows });
    });
  } catch (error) {
    release();
    throw error;
  }
  return Object.assign(({ stage }: DiagonalPair) => kept.get(stage) ?? [], { release });
}

/** Which scale each input of the pair's readers takes. */
export function inputPlaces({ consumers: [first] }: DiagonalPair): Int32Array {
  return first.places;
}

/** The largest of the values that take each scale; 0 where none does. */
export function largestAt(values: ArrayLike<number>, places: Int32Array, width: number): Float64Array {
  const largest = new Float64Array(width);
  places.forEach((place, i) => {
    if (place >= 0) largest[place] = Math.max(largest[place], values[i]);
  });
  return largest;
}

/** The largest |w| that each scale meets in these tensors. */
export async function sitePeaks(
  { source }: Pick<NetworkView, 'source'>,
  sites: readonly PairSite[],
  width: number,
): Promise<Float64Array> {
  const largest = new Float64Array(width);
  for (const { tensor, axis, places } of sites) {
    const values = await source.read(tensor);
    const rest = values.length / places.length;
    values.forEach((value, i) => {
      const place = places[axis === 'last' ? i % places.length : Math.floor(i / rest)];
      if (place >= 0) largest[place] = Math.max(largest[place], Math.abs(value));
    });
  }
  return largest;
}

/** The nearest powers of two: by them nothing is rounded otherwise. */
export function powersOfTwo(scales: ArrayLike<number>): Float64Array {
  return Float64Array.from(scales, (scale) => 2 ** Math.round(Math.log2(scale)));
}

/** The largest scale, and 1 over the least: by it neither side of a pair leaves float32, where a channel is next to nothing. */
const FARTHEST = 2 ** 60;

/** Scales as a state keeps them. */
export function heldScales(scales: ArrayLike<number>): Float32Array<ArrayBuffer> {
  return Float32Array.from(scales, (scale) => Math.min(Math.max(scale, 1 / FARTHEST), FARTHEST));
}

/** The same of pairs, by their ids. */
export function storedScales(scales: ReadonlyMap<string, ArrayLike<number>>): StepState['arrays'] {
  return Object.fromEntries([...scales].map(([id, values]) => [id, heldScales(values)]));
}
