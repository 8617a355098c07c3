/**
 * What stands before the first block of a network on images, and after a classifier's last: patch embedding with positions and class token,
 * or pixels as they are, and the heads (of diffusion networks: diffusion-end.ts). None of it is quantized, as in the papers.
 *
 * Images are N × channels × size × size on the host; hidden states (N · tokens) × hidden; a context N × hidden.
 */
import type { Gpu } from '../../gpu/gpu';
import { Tape, type Variable } from '../../gradient/tape';
import { addPositions } from '../../tensor/bias';
import { byWindow, foldRows } from '../../tensor/spread';
import { gather, Table } from '../../tensor/embedding';
import { Indices } from '../../tensor/indices';
import { matmul } from '../../tensor/matmul';
import { Tensor } from '../../tensor/tensor';
import type { Context } from '../context';
import { withoutHead } from '../ends';
import type { WeightSource } from '../model';
import { Norm, readVectors, tensorsOf } from '../norm';
import type { Classifier, ImageModel } from './image-model';
import { toPatches } from './patches';
import { Projection } from './projection';

/** Hidden states before the first block, and what steers the blocks; both the caller's. */
export interface Embedded {
  readonly hidden: Tensor;
  readonly context: Context | null;
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
    if (!('patches' in ends)) return new PatchEmbedder(gpu, model, null);
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
