/**
 * What stands before the first block and after the last of a network on images: patch embedding with positions and class token, or pixels
 * as they are; a diffusion transformer's time and class embeddings, and the heads. None of it is quantized, as in the papers.
 *
 * Images are N × channels × size × size on the host; hidden states (N · tokens) × hidden; a context N × hidden.
 */
import { StudioError } from '../../base/errors';
import type { Gpu } from '../../gpu/gpu';
import { silu } from '../../gradient/activation';
import { fixedLinear } from '../../gradient/linear';
import { modulate } from '../../gradient/modulation';
import { layerNorm } from '../../gradient/norm';
import { sliceColumns } from '../../gradient/slice';
import { Tape, type Variable } from '../../gradient/tape';
import { addPositions } from '../../tensor/bias';
import { byWindow, foldRows } from '../../tensor/spread';
import { gather, Table } from '../../tensor/embedding';
import { Indices } from '../../tensor/indices';
import { matmul } from '../../tensor/matmul';
import { Tensor } from '../../tensor/tensor';
import type { Weight } from '../../tensor/weight';
import type { Context } from '../context';
import { withoutHead } from '../ends';
import { uploadLinear } from '../linear';
import type { LinearShape, WeightSource } from '../model';
import { Norm, readVectors, tensorsOf } from '../norm';
import type { Prediction } from './diffusion';
import type { Classifier, DiffusionTransformer, ImageModel } from './image-model';
import { fromPatches, toPatches } from './patches';

/** Hidden states before the first block, and what steers the blocks; both the caller's. */
export interface Embedded {
  readonly hidden: Tensor;
  readonly context: Context | null;
}

/** What a diffusion transformer is told about each image: its time step, and its class (`classes` for none). */
export interface Conditions {
  readonly times: readonly number[];
  /** As in Geometry; missing where no sampler asks. */
  readonly calls?: readonly number[];
  readonly labels: readonly number[];
}

/** A linear layer's weight and bias on the GPU. */
class Projection {
  private constructor(
    private readonly weight: Weight,
    private readonly bias: Tensor | null,
  ) {}

  static async load(gpu: Gpu, source: WeightSource, plan: LinearShape): Promise<Projection> {
    const bias = plan.bias ? await source.read(plan.bias) : null;
    const weight = await uploadLinear(gpu, source, plan);
    return new Projection(weight, bias && Tensor.from(gpu, 1, plan.rows, bias, plan.bias ?? ''));
  }

  apply(tape: Tape, x: Variable): Variable {
    return fixedLinear(tape, x, this.weight, this.bias);
  }

  release(): void {
    this.weight.release();
    this.bias?.release();
  }
}

/** Images to hidden states. */
export class PatchEmbedder {
  private constructor(
    private readonly gpu: Gpu,
    private readonly model: ImageModel,
    /** Null where pixels enter as they are. */
    private readonly patches: {
      /** hidden × (channels · patch²). */
      readonly weight: Tensor;
      /** tokens × hidden: position plus the convolution's bias, or plus the class token. */
      readonly offsets: Tensor;
      /** The class token's place; the number of tokens where there is none. */
      readonly classPlace: number;
    } | null,
  ) {}

  static async load(gpu: Gpu, source: WeightSource, model: ImageModel): Promise<PatchEmbedder> {
    const { hidden, tokens, ends } = model;
    if ('pooled' in ends) return new PatchEmbedder(gpu, model, null);
    const { weight, bias, positions } = ends.patches;
    const [classToken, classPlace] = 'classToken' in ends ? [ends.classToken, ends.classPlace] : [null, tokens];
    const [kernel, shift, places, token] = await Promise.all([
      source.read(weight),
      source.read(bias),
      source.read(positions),
      classToken === null ? null : source.read(classToken),
    ]);
    const offsets = places.map((value, at) => {
      const own = Math.floor(at / hidden) === classPlace && token ? token : shift;
      return value + own[at % hidden];
    });
    return new PatchEmbedder(gpu, model, {
      weight: Tensor.from(gpu, hidden, kernel.length / hidden, kernel, weight),
      offsets: Tensor.from(gpu, tokens, hidden, offsets, positions),
      classPlace,
    });
  }

  /** (N · tokens) × hidden; (N · size²) × channels where pixels enter as they are. */
  embed(images: Float32Array): Tensor {
    const { image, tokens } = this.model;
    if (!this.patches) {
      const pixels = toPatches(images, image);
      return Tensor.from(this.gpu, pixels.length / image.channels, image.channels, pixels, 'pixels');
    }
    const { weight, offsets, classPlace } = this.patches;
    // A class token's row is a patch of zeros, so that the product leaves room for it.
    const patches = toPatches(images, image, tokens, (patch) => (patch < classPlace ? patch : patch + 1));
    const width = weight.cols;
    const x = Tensor.from(this.gpu, patches.length / width, width, patches, 'patches');
    const y = matmul('nt', x, weight, { label: 'patch embedding' });
    x.release();
    addPositions(y, offsets, tokens);
    return y;
  }

  release(): void {
    this.patches?.weight.release();
    this.patches?.offsets.release();
  }
}

/**
 * A classifier's final norm and head, on the class token, or on the mean of an image's pixels, without a norm; without a head, its features
 * alone. Of hidden states it reads one row an image, its *summary*.
 */
export class ClassHead {
  private constructor(
    private readonly model: Classifier,
    private readonly norm: Norm | null,
    private readonly head: Projection | null,
  ) {}

  static async load(gpu: Gpu, source: WeightSource, model: Classifier): Promise<ClassHead> {
    const { ends } = model;
    const plan = 'norm' in ends ? ends.norm : null;
    const vectors = await readVectors(source, tensorsOf(plan));
    const head = ends.head && (await Projection.load(gpu, source, ends.head));
    return new ClassHead(model, plan && new Norm(gpu, vectors, plan), head);
  }

  /** N × hidden, before the norm. `hidden` stays the caller's. */
  summaries(hidden: Tensor): Tensor {
    const { tokens, ends } = this.model;
    if ('pooled' in ends) {
      return foldRows(hidden, null, byWindow(hidden.rows, ends.pooled), { alpha: 1 / ends.pooled });
    }
    const indices = Indices.from(hidden.gpu, placesOf(hidden, tokens, ends.classPlace), 'class tokens');
    const tokensOnly = gather(Table.of(hidden), indices);
    indices.release();
    return tokensOnly;
  }

  /** The gradient of hidden states, rows × hidden, from that of their summaries: what is not looked at has none. */
  spread(gradient: Float32Array, { rows, cols }: Tensor): Float32Array<ArrayBuffer> {
    const { tokens, ends } = this.model;
    const all = new Float32Array(rows * cols);
    if ('pooled' in ends) {
      const { pooled } = ends;
      for (let i = 0; i < all.length; i++) {
        all[i] = gradient[Math.floor(i / (pooled * cols)) * cols + (i % cols)] / pooled;
      }
    } else {
      placesOf({ rows }, tokens, ends.classPlace).forEach((row, i) => {
        all.set(gradient.subarray(i * cols, (i + 1) * cols), row * cols);
      });
    }
    return all;
  }

  /** Logits of summaries on a tape; nothing flows into the head. */
  on(tape: Tape, summaries: Variable): Variable {
    if (!this.head) throw withoutHead();
    return this.head.apply(tape, this.norm ? this.norm.on(tape, summaries) : summaries);
  }

  /** N × hidden: the normed summaries, which the Fréchet distance calls features. `hidden` stays the caller's. */
  features(hidden: Tensor): Tensor {
    const summaries = this.summaries(hidden);
    if (!this.norm) return summaries;
    const normed = this.norm.apply(summaries);
    summaries.release();
    return normed;
  }

  /** N × classes, from features, which stay the caller's. Throws QS-RECIPE-01 where the network has no head. */
  logits(features: Tensor): Tensor {
    if (!this.head) throw withoutHead();
    const tape = new Tape(features.gpu, { recording: false });
    const logits = tape.take(this.head.apply(tape, tape.constant(features)));
    tape.release();
    return logits;
  }

  release(): void {
    this.norm?.release();
    this.head?.release();
  }
}

/** Rows of hidden states that are class tokens. */
function placesOf({ rows }: { readonly rows: number }, tokens: number, classPlace: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: rows / tokens }, (_, i) => i * tokens + classPlace);
}

/** A diffusion transformer's time and class embeddings and its last layer. */
export class DiffusionEnd {
  private constructor(
    private readonly gpu: Gpu,
    private readonly model: DiffusionTransformer,
    /** (classes + 1) × hidden, on the host. */
    private readonly labels: Float32Array,
    private readonly time: readonly [Projection, Projection],
    private readonly modulation: Projection,
    private readonly last: Projection,
  ) {}

  static async load(gpu: Gpu, source: WeightSource, model: DiffusionTransformer): Promise<DiffusionEnd> {
    const { ends } = model;
    const labels = await source.read(ends.labels);
    const [first, second, modulation, last] = await Promise.all(
      [...ends.time, ends.modulation, ends.last].map((plan) => Projection.load(gpu, source, plan)),
    );
    return new DiffusionEnd(gpu, model, labels, [first, second], modulation, last);
  }

  /** Of N images. Throws QS-RECIPE-01 on a class there is not. */
  context({ times, labels }: Conditions): Context {
    const { hidden, classes, ends } = this.model;
    const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label > classes);
    if (wrong !== undefined) {
      throw new StudioError(
        'QS-RECIPE-01',
        `There is no class ${wrong}: this model has classes 0 to ${classes - 1}, and ${classes} for none.`,
        { class: wrong, classes },
      );
    }
    const tape = new Tape(this.gpu, { recording: false });
    const rows = Float32Array.from({ length: labels.length * hidden }, (_, at) => {
      return this.labels[labels[Math.floor(at / hidden)] * hidden + (at % hidden)];
    });
    const waves = tape.keep(
      Tensor.from(this.gpu, times.length, ends.timeWaves, timeWaves(times, ends.timeWaves), 'time'),
    );
    const first = silu(tape, this.time[0].apply(tape, tape.constant(waves)));
    const context = tape.take(this.time[1].apply(tape, first));
    const classRows = tape.keep(Tensor.from(this.gpu, labels.length, hidden, rows, 'class embedding'));
    // One period of N rows: a plain addition in place.
    addPositions(context, classRows, labels.length);
    tape.release();
    return { steer: context, tokens: null };
  }

  /** Patches of the prediction, tokens × (patch² · channels), on a tape; nothing flows into the end or the context. */
  on(tape: Tape, hidden: Variable, context: Context): Variable {
    const { tokens, ends, hidden: width } = this.model;
    const steer = this.modulation.apply(tape, silu(tape, tape.constant(context.steer)));
    const [shift, scale] = [0, 1].map((part) => sliceColumns(tape, steer, part * width, width));
    const normed = layerNorm(tape, hidden, null, null, ends.eps);
    return this.last.apply(tape, modulate(tape, normed, shift, scale, tokens));
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
    for (const part of [...this.time, this.modulation, this.last]) part.release();
  }
}

/** Cosines, then sines, of t at frequencies from 1 down to 1/10000 (exclusive): N × size. */
export function timeWaves(times: readonly number[], size: number): Float32Array<ArrayBuffer> {
  const half = Math.floor(size / 2);
  const waves = new Float32Array(times.length * size);
  times.forEach((t, i) => {
    for (let k = 0; k < half; k++) {
      const angle = t * Math.exp((-Math.log(10000) * k) / half);
      waves[i * size + k] = Math.cos(angle);
      waves[i * size + half + k] = Math.sin(angle);
    }
  });
  return waves;
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
