/**
 * What learned rotations store: how far each is turned from its start, R = Q·T with T under 'residual' and 'heads 3' (of block 3). Where
 * learning is broken off, the best so far stands beside what it goes on with, under 'best residual'.
 */
import type { Turns } from '../../model/view/rotation';
import { matrix, type Matrix } from '../../numerics/matrix';
import type { StepState } from '../state';

type Arrays = StepState['arrays'];

const HEADS = /^heads (\d+)$/;
const BEST = 'best ';

export const RESIDUAL = 'residual';
export const headsOf = (block: number) => `heads ${block}`;

/** Nothing is turned. */
export function startState(): StepState {
  return { arrays: {}, numbers: { start: 0, best: 0, last: 0, step: 0, steps: 0 } };
}

/** Null where nothing is turned. */
export function turnsOf({ arrays, numbers }: StepState): Turns | null {
  if (!Object.hasOwn(arrays, RESIDUAL)) return null;
  const heads = Object.entries(arrays).flatMap(([name, values]): [number, Matrix][] => {
    const block = HEADS.exec(name);
    return block ? [[Number(block[1]), squareOf(values)]] : [];
  });
  return { residual: squareOf(arrays[RESIDUAL]), heads: new Map(heads), key: JSON.stringify(numbers) };
}

/** The best so far, as it stands in a state that is not the last. */
export function besideAsBest(best: Arrays): Arrays {
  return Object.fromEntries(Object.entries(best).map(([name, values]) => [BEST + name, values]));
}

export function bestIn({ arrays }: StepState): Arrays {
  const own = Object.entries(arrays).filter(([name]) => name.startsWith(BEST));
  return Object.fromEntries(own.map(([name, values]) => [name.slice(BEST.length), values]));
}

export function squareOf(values: ArrayLike<number>): Matrix {
  const n = Math.sqrt(values.length);
  return matrix(n, n, values);
}
