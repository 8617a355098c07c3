/**
 * CrossQuant (arXiv:2410.07505): s[i,j] = t_i^α · c_j^(1 − α) / (2^(b − 1) − 1), t_i the token's largest magnitude as it comes, c_j the
 * channel's over the calibration tokens of the row's own stream (tensor/dressings.ts).
 */
import { fakeQuant } from '../../gradient/fake-quant';
import type { ActivationFormat } from '../../tensor/activation-format';
import { crossScales } from '../../tensor/dressings';
import { ColumnObserver } from '../../tensor/observers';
import { Tensor } from '../../tensor/tensor';
import type { ActivationStep, SeenTaps } from '../step';

export const crossQuant: ActivationStep = {
  async at(seen, options, known) {
    const { gpu, cols } = seen;
    const peaks = known?.arrays.peaks ?? (await peaksOf(seen));
    const alpha = Number(options.alpha);
    const format: ActivationFormat = {
      code: { kind: 'symmetric', bits: Number(options.bits) },
      cells: { per: 'tensor' },
    };
    const powers = peaks.map((peak) => peak ** (1 - alpha));
    const factor = Tensor.from(gpu, 1, cols, powers, 'channels’ part of scales');
    // What the scales have left of any value.
    const unit = Tensor.from(gpu, 2, 1, [-1, 1], 'range');
    return {
      on(tape, x) {
        const dressing = crossScales(x.value, factor, alpha);
        const y = fakeQuant(tape, x, format, { dressing, ranges: tape.constant(unit) });
        dressing.release();
        return y;
      },
      // A token keeps its own part of the scale; at α = 0 it has none.
      bits: () => Number(options.bits) + (alpha === 0 ? 0 : 16 / cols),
      state: { arrays: { peaks }, numbers: {} },
      release() {
        factor.release();
        unit.release();
      },
    };
  },
};

/** The largest magnitude of each channel. */
async function peaksOf({ each }: SeenTaps): Promise<Float32Array<ArrayBuffer>> {
  const observer = new ColumnObserver();
  try {
    each((x) => observer.add(x));
    return Float32Array.from((await observer.read()).peak);
  } finally {
    observer.release();
  }
}
