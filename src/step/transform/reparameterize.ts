/**
 * RepQ-ViT (Li et al. 2023, arXiv:2212.08254, section 3.3): every channel c of a pair's inputs gets an affine quantizer (s_c, z_c) of its own;
 * with s̃ and z̃ their means (numerics/channel-ranges.ts), x' = (x + s_c·(z_c − z̃))·s̃/s_c has the codes under (s̃, z̃) that x had under (s_c, z_c), and what was done to x is
 * undone in the layers behind. Channels that share a scale are looked at together.
 */
import { channelRange, folded, type RangeRule } from '../../numerics/channel-ranges';
import type { DiagonalPair } from '../../model/view/pairs';
import type { TransformStep } from '../step';
import { inputPlaces, sampledInputs, type Sample } from './paired';
import { movedState, movedView, shiftablePairs, type Moved } from './shifting';

export const reparameterize: TransformStep = {
  async fit(rehearsal, options) {
    const { view, block } = rehearsal;
    const pairs = shiftablePairs(view, block, options);
    const samples = await sampledInputs(rehearsal, pairs);
    const found = new Map<DiagonalPair, Moved>();
    const numbers: Record<string, number> = {};
    try {
      for (const pair of pairs) {
        rehearsal.check();
        const channels = await channelsOf(pair, samples(pair));
        const bits = Number(options.bits);
        const ranges = channels.map((own) => channelRange(own, options.ranges as RangeRule, bits));
        const { one, shift, scale } = folded(ranges, bits);
        found.set(pair, { z: shift, s: scale });
        numbers[`${pair.id}: scale`] = one?.scale ?? 1;
        numbers[`${pair.id}: zero point`] = one?.zero ?? 0;
      }
    } finally {
      samples.release();
    }
    return { arrays: await movedState(view, block, found), numbers };
  },
  fitted: (view, block, options, state) => movedView(view, block, 'reparameterize', options, state),
};

/** Values by the pair's scales, in rising order. */
async function channelsOf(pair: DiagonalPair, samples: readonly Sample[]): Promise<Float64Array[]> {
  const places = inputPlaces(pair);
  const tokens = samples.reduce((sum, { x }) => sum + x.rows, 0);
  const sharing = new Uint32Array(pair.width);
  for (const place of places) sharing[place]++;
  const channels = Array.from(sharing, (count) => new Float64Array(count * tokens));
  const filled = new Uint32Array(pair.width);
  for (const { x } of samples) {
    const values = await x.read();
    values.forEach((value, i) => {
      const place = places[i % x.cols];
      channels[place][filled[place]++] = value;
    });
  }
  return channels.map((own) => own.sort());
}
