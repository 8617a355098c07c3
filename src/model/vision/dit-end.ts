/** A diffusion transformer's time and class embeddings and its last layer, which is steered like its blocks. */
import type { Gpu } from '../../gpu/gpu';
import { silu } from '../../gradient/activation';
import { modulate } from '../../gradient/modulation';
import { layerNorm } from '../../gradient/norm';
import { sliceColumns } from '../../gradient/slice';
import { Tape } from '../../gradient/tape';
import { addPositions } from '../../tensor/bias';
import { Tensor } from '../../tensor/tensor';
import type { WeightSource } from '../model';
import type { EndParts } from './end-parts';
import type { DiffusionTransformer } from './image-model';
import { Projection } from './projection';
import { timeWaves } from './time-wave';

export async function loadDitEnd(
  gpu: Gpu,
  source: WeightSource,
  { hidden: width, tokens, ends }: DiffusionTransformer,
): Promise<EndParts> {
  /** (classes + 1) × hidden, on the host. */
  const table = await source.read(ends.labels);
  const [first, second, modulation, last] = await Promise.all(
    [...ends.time, ends.modulation, ends.last].map((plan) => Projection.load(gpu, source, plan)),
  );
  return {
    context({ times, labels }) {
      const tape = new Tape(gpu, { recording: false });
      const rows = Float32Array.from({ length: labels.length * width }, (_, at) => {
        return table[labels[Math.floor(at / width)] * width + (at % width)];
      });
      const size = ends.timeWaves;
      const waves = timeWaves(times, { size, sinesFirst: false, shift: 0 });
      const wave = tape.keep(Tensor.from(gpu, times.length, size, waves, 'time'));
      const context = tape.take(second.apply(tape, silu(tape, first.apply(tape, tape.constant(wave)))));
      const classRows = tape.keep(Tensor.from(gpu, labels.length, width, rows, 'class embedding'));
      // One period of N rows: a plain addition in place.
      addPositions(context, classRows, labels.length);
      tape.release();
      return { steer: context, tokens: null };
    },
    on(tape, hidden, context) {
      const steer = modulation.apply(tape, silu(tape, tape.constant(context.steer)));
      const [shift, scale] = [0, 1].map((part) => sliceColumns(tape, steer, part * width, width));
      const normed = layerNorm(tape, hidden, null, null, ends.eps);
      return last.apply(tape, modulate(tape, normed, shift, scale, tokens));
    },
    release() {
      for (const part of [first, second, modulation, last]) part.release();
    },
  };
}
