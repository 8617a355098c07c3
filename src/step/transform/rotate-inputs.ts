/** Rotated inputs (rotate-inputs.face.ts; model/view/turned-inputs.ts): signs are drawn, scales of the rotated channels fitted. */
import { Tape } from '../../gradient/tape';
import { onlineHooks } from '../../model/view/online';
import { inputsOf } from '../../model/view/residual';
import { dividedInputs, turnedInputs, turnOf } from '../../model/view/turned-inputs';
import { changed, type NetworkView } from '../../model/view/view';
import { smoothScales } from '../../numerics/scales';
import type { Options } from '../../method/parameters';
import type { Block } from '../../model/model';
import { ColumnObserver } from '../../tensor/observers';
import type { Rehearsal, TransformStep } from '../step';

export const rotateInputs: TransformStep = {
  async fit(rehearsal, options) {
    if (options.smooth !== true) return { arrays: {}, numbers: {} };
    const { view, block } = rehearsal;
    const turned = changed(view, turnedInputs(block, Number(options.seed)));
    const peaks = await turnedPeaks(rehearsal, turned);
    const arrays: Record<string, Float32Array<ArrayBuffer>> = {};
    for (const stage of turnedStages(block)) {
      const inputs = peaks[stage];
      const weights = await weightPeaks(turned, block, stage);
      // A floor would blow up a channel that says nothing.
      const scales = smoothScales(inputs, weights, Number(options.alpha)).map((scale, j) =>
        inputs[j] > 0 && weights[j] > 0 ? scale : 1,
      );
      arrays[`s ${stage}`] = Float32Array.from(scales);
    }
    return { arrays, numbers: {} };
  },
  fitted(view, block, options, { arrays }) {
    const turned = changed(view, turnedInputs(block, Number(options.seed)));
    if (options.smooth !== true) return turned;
    const scales = new Map(turnedStages(block).map((stage) => [stage, arrays[`s ${stage}`]]));
    return changed(turned, dividedInputs(block, scales, keyOf(block, options)));
  },
};

function keyOf({ index }: Block, options: Options): string {
  return `inputs of block ${index} divided, ${JSON.stringify(options)}`;
}

function turnedStages({ stages }: Block): number[] {
  return stages.flatMap(({ linears }, stage) => (turnOf(linears[0].cols) ? [stage] : []));
}

/** Largest magnitudes of every stage's channels behind the turn; the rehearsal shows them before it. */
async function turnedPeaks({ gpu, view, block, taps }: Rehearsal, turned: NetworkView): Promise<Float32Array[]> {
  const hooks = onlineHooks(gpu, turned.online.slice(view.online.length));
  const observers = block.stages.map(() => new ColumnObserver());
  try {
    await taps((stage, x, g) => {
      if (!hooks) return;
      const tape = new Tape(gpu, { recording: false });
      observers[stage].add(
        hooks.on(tape, { place: 'tap', block: block.index, stage, heads: 1 }, tape.constant(x), g).value,
      );
      tape.release();
    });
    return await Promise.all(observers.map(async (observer) => (await observer.read()).peak));
  } finally {
    for (const observer of observers) observer.release();
    hooks?.release?.();
  }
}

/** The largest |w| that meets each channel of a stage, over all layers that read it. */
async function weightPeaks({ source }: NetworkView, { stages }: Block, stage: number): Promise<Float64Array> {
  const { linears } = stages[stage];
  const [{ cols }] = linears;
  const largest = new Float64Array(cols);
  for (const linear of linears) {
    const { tensor, axis } = inputsOf(linear);
    const values = await source.read(tensor);
    const rest = values.length / cols;
    values.forEach((value, i) => {
      const channel = axis === 'last' ? i % cols : Math.floor(i / rest);
      largest[channel] = Math.max(largest[channel], Math.abs(value));
    });
  }
  return largest;
}
