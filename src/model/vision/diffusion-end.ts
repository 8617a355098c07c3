/**
 * What a diffusion network is told about each image, and what it says of the noise behind its last block. What DiT and U-Nets have of
 * their own is an `EndParts` each.
 */
import { StudioError } from '../../base/errors';
import type { Gpu } from '../../gpu/gpu';
import { Tape, type Variable } from '../../gradient/tape';
import type { Tensor } from '../../tensor/tensor';
import type { Context } from '../context';
import type { WeightSource } from '../model';
import type { Prediction } from './diffusion';
import { loadDitEnd } from './dit-end';
import type { Conditions, EndParts } from './end-parts';
import type { DiffusionNetwork } from './image-model';
import { fromPatches } from './patches';
import { loadUNetEnd } from './unet/end';

export class DiffusionEnd {
  private constructor(
    private readonly gpu: Gpu,
    private readonly model: DiffusionNetwork,
    private readonly parts: EndParts,
  ) {}

  static async load(gpu: Gpu, source: WeightSource, model: DiffusionNetwork): Promise<DiffusionEnd> {
    const { ends } = model;
    const parts =
      'patches' in ends
        ? await loadDitEnd(gpu, source, { ...model, ends })
        : await loadUNetEnd(gpu, source, { ...model, ends });
    return new DiffusionEnd(gpu, model, parts);
  }

  /** Of N images. Throws QS-RECIPE-01 on a class there is not. */
  context(conditions: Conditions): Context {
    const { classes } = this.model;
    const wrong = conditions.labels.find((label) => !Number.isInteger(label) || label < 0 || label > classes);
    if (wrong !== undefined) {
      throw new StudioError(
        'QS-RECIPE-01',
        `There is no class ${wrong}: this model has classes 0 to ${classes - 1}, and ${classes} for none.`,
        { class: wrong, classes },
      );
    }
    return this.parts.context(conditions);
  }

  /** Patches of the prediction, tokens × (patch² · channels), on a tape; nothing flows into the end or the context. */
  on(tape: Tape, hidden: Variable, context: Context): Variable {
    return this.parts.on(tape, hidden, context);
  }

  /** Where in those patches the noise of an image's values stands, for so many images. */
  noisePlaces(images: number): Uint32Array {
    const { image, tokens, learnsVariance } = this.model;
    const channels = image.channels * (learnsVariance ? 2 : 1);
    const each = tokens * image.patch ** 2 * channels;
    const numbers = Float32Array.from({ length: each }, (_, i) => i);
    const places = fromPatches(numbers, { ...image, channels }).subarray(0, image.channels * image.size ** 2);
    return Uint32Array.from({ length: images * places.length }, (_, i) => {
      return Math.floor(i / places.length) * each + places[i % places.length];
    });
  }

  /** Hidden states after the last block to what the network says of the noise; both inputs stay the caller's. */
  async predict(hidden: Tensor, context: Context): Promise<Prediction> {
    const { image, learnsVariance } = this.model;
    const tape = new Tape(this.gpu, { recording: false });
    const y = this.on(tape, tape.constant(hidden), context);
    const values = await y.value.read();
    tape.release();
    if (!learnsVariance) return { noise: fromPatches(values, image), variance: null };
    const both = fromPatches(values, { ...image, channels: 2 * image.channels });
    return halves(both, image.channels * image.size ** 2);
  }

  release(): void {
    this.parts.release();
  }
}

/** Splits images of 2 · channels into the first and the second half of their channels. */
function halves(both: Float32Array, length: number): Prediction {
  const count = both.length / (2 * length);
  const [noise, variance] = [new Float32Array(count * length), new Float32Array(count * length)];
  for (let i = 0; i < count; i++) {
    noise.set(both.subarray(2 * i * length, (2 * i + 1) * length), i * length);
    variance.set(both.subarray((2 * i + 1) * length, (2 * i + 2) * length), i * length);
  }
  return { noise, variance };
}
