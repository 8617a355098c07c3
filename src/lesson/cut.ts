/**
 * A seed's own small problem out of a piece of a layer: 8 of its rows, 16 of its inputs, 128 of its tokens to calibrate with, and the tokens
 * that are left, which nothing is fitted to. All seeds are drawn alike; none is picked by hand.
 */
import { Random } from '../base/random';
import { matrix, type Matrix } from '../numerics/matrix';
import type { LayerPiece } from './layer-data';

export const CUT = { rows: 8, cols: 16, tokens: 128 } as const;
export const SEEDS = 200;

export interface Streams {
  /** X̃, tokens × cols: what the layer gets in the full-precision network. */
  readonly full: Matrix;
  /** X: what it gets behind quantized layers. */
  readonly own: Matrix;
}

export interface Cut {
  /** Which of the piece's rows and columns these are. */
  readonly rows: readonly number[];
  readonly cols: readonly number[];
  readonly weight: Matrix;
  readonly calibration: Streams;
  readonly heldOut: Streams;
}

export function cutOf({ weight, full, own }: LayerPiece, seed: number): Cut {
  const random = new Random(seed);
  const some = (all: number, count: number) => rising(random.shuffled(all).slice(0, count));
  const rows = some(weight.rows, CUT.rows);
  const cols = some(weight.cols, CUT.cols);
  const tokens = random.shuffled(full.rows);
  const streams = (which: readonly number[]): Streams => ({
    full: taken(full, which, cols),
    own: taken(own, which, cols),
  });
  return {
    rows,
    cols,
    weight: taken(weight, rows, cols),
    calibration: streams(rising(tokens.slice(0, CUT.tokens))),
    heldOut: streams(rising(tokens.slice(CUT.tokens))),
  };
}

function rising(places: readonly number[]): number[] {
  return [...places].sort((a, b) => a - b);
}

function taken(a: Matrix, rows: readonly number[], cols: readonly number[]): Matrix {
  const out = matrix(rows.length, cols.length);
  rows.forEach((r, i) => cols.forEach((c, j) => (out.data[i * cols.length + j] = a.data[r * a.cols + c])));
  return out;
}
