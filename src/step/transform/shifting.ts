/** What steps that move and scale channels have in common, x' = (x − z)/s: their options, their states, and the view by them. */
import type { Options } from '../../method/parameters';
import type { Block } from '../../model/model';
import type { DiagonalPair } from '../../model/view/pairs';
import { canShift, movedBiases, shifted } from '../../model/view/shifts';
import { changed, type NetworkView } from '../../model/view/view';
import type { StepState } from '../step';
import { heldScales, pairsOf, scaledView } from './paired';

/** z and s of a pair's channels. */
export interface Moved {
  readonly z: Float64Array;
  readonly s: Float64Array;
}

const SHIFT = 'shift of ';
const BIAS = 'more of ';

/** Those of the chosen pairs that biases can move. */
export function shiftablePairs(view: NetworkView, block: Block, options: Options): DiagonalPair[] {
  return pairsOf(view, block, options).filter((pair) => canShift(pair, block));
}

/** As a state keeps them, with what the readers' biases gain in the view as it is. */
export async function movedState(
  { source }: NetworkView,
  block: Block,
  found: ReadonlyMap<DiagonalPair, Moved>,
): Promise<StepState['arrays']> {
  const arrays: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const [pair, { z, s }] of found) {
    arrays[pair.id] = heldScales(s);
    arrays[`${SHIFT}${pair.id}`] = Float32Array.from(z);
    for (const [tensor, more] of await movedBiases(source, pair, block, arrays[`${SHIFT}${pair.id}`])) {
      arrays[`${BIAS}${tensor}`] = Float32Array.from(more);
    }
  }
  return arrays;
}

/** First moved, then scaled: z is in the basis before. */
export function movedView(
  view: NetworkView,
  block: Block,
  step: string,
  options: Options,
  state: StepState,
): NetworkView {
  const named = (prefix: string) =>
    new Map(
      Object.entries(state.arrays)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, values]) => [name.slice(prefix.length), Float64Array.from(values)]),
    );
  const pairs = shiftablePairs(view, block, options);
  const shifts = { by: named(SHIFT), moved: named(BIAS) };
  const moved = changed(view, shifted(pairs, shifts, `${step} moves block ${block.index}`));
  return scaledView(moved, block, step, options, state);
}
