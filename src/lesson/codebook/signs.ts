/** Signs apart, as SSVQ stores them: one bit a weight, and a codebook of magnitudes in one quadrant. Li et al. 2025, arXiv:2503.08668. */
import { kmeansSteps, type HalfStep } from './clusters';

export interface SignSplit {
  readonly magnitudes: Float64Array;
  /** 1 where a weight is negative. */
  readonly signs: Uint8Array;
  readonly steps: readonly HalfStep[];
}

export function signSplit(points: Float64Array, codewords: number): SignSplit {
  const magnitudes = points.map(Math.abs);
  return {
    magnitudes,
    signs: Uint8Array.from(points, (value) => (value < 0 ? 1 : 0)),
    steps: kmeansSteps(magnitudes, codewords),
  };
}
