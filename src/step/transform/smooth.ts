/**
 * SmoothQuant (Xiao et al. 2023, arXiv:2211.10438): s = A^α / W^(1 − α), A the largest |x| of a channel over the calibration tokens of the
 * full-precision stream, W the largest |w| that meets it over all layers that read it (numerics/scales.ts).
 */
import { smoothScales } from '../../numerics/scales';
import type { TransformStep } from '../step';
import {
  columnFigures,
  inputPlaces,
  largestAt,
  pairsOf,
  powersOfTwo,
  scaledView,
  sitePeaks,
  storedScales,
} from './paired';

export const smooth: TransformStep = {
  async fit(rehearsal, options) {
    const pairs = pairsOf(rehearsal.view, rehearsal.block, options);
    const seen = await columnFigures(rehearsal, pairs);
    const scales = new Map<string, Float64Array>();
    for (const pair of pairs) {
      const inputs = largestAt(seen(pair).peak, inputPlaces(pair), pair.width);
      const weights = await sitePeaks(rehearsal.view, pair.consumers, pair.width);
      const found = smoothScales(inputs, weights, Number(options.alpha)).map((scale, j) =>
        // A floor would blow up a channel that says nothing.
        inputs[j] > 0 && weights[j] > 0 ? scale : 1,
      );
      scales.set(pair.id, options.powers === true ? powersOfTwo(found) : found);
    }
    return { arrays: storedScales(scales), numbers: {} };
  },
  fitted: (view, block, options, state) => scaledView(view, block, 'smooth', options, state),
};
