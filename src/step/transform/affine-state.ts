/** Learned affine transforms as they are stored, and the view that they make. */
import type { Block } from '../../model/model';
import { kroneckerTaps, type KroneckerTap } from '../../model/view/kronecker';
import { divided, type DiagonalPair } from '../../model/view/pairs';
import { changed, type NetworkView } from '../../model/view/view';
import { matrix, type Matrix } from '../../numerics/matrix';
import type { Options } from '../../method/parameters';
import type { StepState } from '../state';
import { foldingPair } from './affine-start';
import type { TapValues } from './affine-parameters';

export interface Learned {
  readonly taps: readonly TapValues[];
  /** Losses over all windows: before, the least, after the last epoch. */
  readonly start: number;
  readonly best: number;
  readonly last: number;
  /** The epoch of the least, 0 for the start, and how many there were. */
  readonly epoch: number;
  readonly epochs: number;
}

/** Arrays by stage: 'A 0', 'B 0', and 'c 0' where it has a diagonal. */
export function stateOf({ taps, start, best, last, epoch, epochs }: Learned): StepState {
  const arrays: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const { stage, a, b, diagonal } of taps) {
    arrays[`A ${stage}`] = Float32Array.from(a.data);
    arrays[`B ${stage}`] = Float32Array.from(b.data);
    if (diagonal) arrays[`c ${stage}`] = Float32Array.from(diagonal);
  }
  const condition = Math.max(...taps.map((tap) => tap.condition));
  return { arrays, numbers: { start, best, last, epoch, epochs, condition } };
}

/** The view with a block's transforms: diagonals in what stands before them, factors online, their inverses in the weights. */
export function fittedView(
  view: NetworkView,
  block: Block,
  options: Options,
  { arrays, numbers }: StepState,
): NetworkView {
  const key = `affine of ${block.name}: ${JSON.stringify({ options, numbers })}`;
  const pairs: DiagonalPair[] = [];
  const scales = new Map<string, Float64Array>();
  const taps = block.stages.map((_, stage): KroneckerTap => {
    const diagonal = arrays[`c ${stage}`] as Float32Array | undefined;
    const pair = diagonal && foldingPair(view, block, stage);
    if (diagonal && !pair) throw new Error(`bug: a diagonal of stage ${stage} of ${block.name} folds nowhere`);
    if (pair) {
      pairs.push(pair);
      scales.set(
        pair.id,
        Float64Array.from(diagonal, (c) => 1 / c),
      );
    }
    return { stage, a: squareOf(arrays[`A ${stage}`]), b: squareOf(arrays[`B ${stage}`]) };
  });
  return changed(changed(view, divided(pairs, scales, `${key}, diagonals`)), kroneckerTaps(block, taps, key));
}

function squareOf(values: Float32Array): Matrix {
  const n = Math.sqrt(values.length);
  return matrix(n, n, values);
}
