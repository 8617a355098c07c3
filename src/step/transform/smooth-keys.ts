/** SmoothAttention (smooth-keys.face.ts; model/view/key-scales.ts): what keys reach in the cache, channel by channel of a head. */
import { keyHeadsOf, scaledKeys, tiedScales, type KeyHeads } from '../../model/view/key-scales';
import { changed } from '../../model/view/view';
import { sliceRows } from '../../tensor/embedding';
import { ColumnObserver } from '../../tensor/observers';
import { padded } from '../../tensor/tensor';
import type { Rehearsal, StepState, TransformStep } from '../step';
import { powersOfTwo } from './paired';

const NOTHING: StepState = { arrays: {}, numbers: {} };

export const smoothKeys: TransformStep = {
  async fit(rehearsal, options) {
    const heads = keyHeadsOf(rehearsal.block);
    if (!heads) return NOTHING;
    const peaks = await keyPeaks(rehearsal, heads);
    // A channel that says nothing keeps its scale.
    const scales = tiedScales(heads, peaks).map((peak) => (peak > 0 ? peak ** Number(options.alpha) : 1));
    return {
      arrays: { scales: Float32Array.from(options.powers === true ? powersOfTwo(scales) : scales) },
      numbers: {},
    };
  },
  fitted(view, block, options, { arrays }) {
    if (!keyHeadsOf(block)) return view;
    const key = `keys of block ${block.index} smoothed, ${JSON.stringify(options)}`;
    return changed(view, scaledKeys(block, Float64Array.from(arrays.scales), key));
  },
};

/** Largest magnitudes of keys as a cache holds them, keyHeads × dim. */
async function keyPeaks({ block, within }: Rehearsal, { keyHeads, dim }: KeyHeads): Promise<Float64Array> {
  const observers = Array.from({ length: keyHeads }, () => new ColumnObserver());
  try {
    await within((at, x, { windows, length }) => {
      if (at.place !== 'key' || at.block !== block.index) return;
      const rows = padded(length);
      for (let place = 0; place < windows * keyHeads; place++) {
        const head = sliceRows(x, place * rows, rows);
        observers[place % keyHeads].add(head);
        head.release();
      }
    });
    const found = new Float64Array(keyHeads * dim);
    for (const [head, observer] of observers.entries()) found.set((await observer.read()).peak, head * dim);
    return found;
  } finally {
    for (const observer of observers) observer.release();
  }
}
