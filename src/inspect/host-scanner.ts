/** The two looks on the host, sums in float64: where there is no GPU, where a piece is too small for one, and the kernels' twin. */
import { bug } from '../base/errors';
import {
  BROKEN,
  NOTHING_GREATEST,
  NOTHING_LEAST,
  ordered,
  type FirstLook,
  type LoadedPiece,
  type Ruler,
  type Scanner,
  type SecondLook,
} from './scanner';

export const hostScanner: Scanner = {
  first: (piece, run) => Promise.resolve(firstLook(piece, run)),
  second: (piece, ruler) => Promise.resolve(secondLook(piece, ruler)),
};

function firstLook({ rows, cols, values }: LoadedPiece, run: number): FirstLook {
  if (values.length !== rows * cols) bug(`${values.length} values for a piece of ${rows} × ${cols}`);
  const codes = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const runs = Math.ceil(cols / run);
  const columnPeaks = new Uint32Array(cols);
  const runPeaks = new Uint32Array(rows * runs);
  let [nan, infinite, zeros, sum] = [0, 0, 0, 0];
  let [least, greatest] = [NOTHING_LEAST, NOTHING_GREATEST];
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++, i++) {
      const magnitude = codes[i] & 0x7fffffff;
      const peak = magnitude < BROKEN ? magnitude : BROKEN;
      if (peak > columnPeaks[c]) columnPeaks[c] = peak;
      const at = r * runs + Math.floor(c / run);
      if (peak > runPeaks[at]) runPeaks[at] = peak;
      if (magnitude > BROKEN) nan++;
      else if (magnitude === BROKEN) infinite++;
      else {
        if (magnitude === 0) zeros++;
        const order = ordered(codes[i]);
        if (order < least) least = order;
        if (order > greatest) greatest = order;
        sum += values[i];
      }
    }
  }
  return { nan, infinite, zeros, least, greatest, sum, columnPeaks, runPeaks };
}

function secondLook({ values }: LoadedPiece, { pre, centre, spread, low, factor, bins }: Ruler): SecondLook {
  const counts = new Uint32Array(bins);
  const powers: [number, number, number, number] = [0, 0, 0, 0];
  for (const x of values) {
    if (!Number.isFinite(x)) continue;
    const v = x * pre;
    const d = (v - centre) * spread;
    const square = d * d;
    powers[0] += d;
    powers[1] += square;
    powers[2] += square * d;
    powers[3] += square * square;
    // In F32, as a GPU does: a value on an edge falls on the same side of it everywhere.
    counts[Math.min(Math.trunc(Math.fround(Math.fround(v - low) * factor)), bins - 1)]++;
  }
  return { powers, counts };
}
