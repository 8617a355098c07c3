/** A run on an image classifier: windows are images, and the end is how often it is right. */
import type { Gpu } from '../gpu/gpu';
import { accuracyOf, hitsOf } from '../measure/accuracy';
import { TokenDivergences, type DivergenceSpread } from '../measure/divergence-spread';
import { ClassHead, PatchEmbedder } from '../model/vision/image-ends';
import { imageLength, type Classifier } from '../model/vision/image-model';
import { imageDivergences, logitsOf, summedKl } from './class-logits';
import { classDivergence } from './divergence';
import type { RowSummary } from './events';
import type { ImageSet } from './image-sets';
import { classLoss, type OutputLoss } from './output-loss';
import { classOutput, type OutputOnTape } from './output-on-tape';
import { layerSummary } from './plan';
import type { NetworkView } from '../model/view/view';
import {
  viewSummaries,
  type Divergence,
  type Embedded,
  type Evaluation,
  type EvaluationInput,
  type OpenSubject,
  type Subject,
} from './subject';
import type { WindowSet, Chunk } from './chunks';

export class ClassifierSubject implements Subject {
  readonly task = 'classification';
  readonly sampledRows = 0;
  readonly classNames: readonly string[] | null;
  readonly calibration: WindowSet;
  readonly heldOut: WindowSet;
  readonly inputs: readonly Uint8Array[];
  readonly outputWidth: number;

  constructor(
    readonly network: Classifier,
    private readonly calibrationImages: ImageSet,
    private readonly heldOutImages: ImageSet,
    readonly notes: readonly string[],
  ) {
    const setOf = ({ labels, label }: ImageSet) => ({ windows: labels.length, length: network.tokens, label });
    this.calibration = setOf(calibrationImages);
    this.heldOut = setOf(heldOutImages);
    this.inputs = [calibrationImages, heldOutImages].flatMap(({ images, labels }) => [
      new Uint8Array(images.buffer),
      Uint8Array.from(new Uint8Array(Uint32Array.from(labels).buffer)),
    ]);
    this.outputWidth = network.classes;
    this.classNames = network.classNames;
  }

  async open(gpu: Gpu, { source, network }: NetworkView): Promise<OpenSubject> {
    const embedder = await PatchEmbedder.load(gpu, source, network as Classifier);
    return {
      embed: ({ heldOut, first, geometry: { windows } }: Chunk): Embedded => {
        const { images } = heldOut ? this.heldOutImages : this.calibrationImages;
        const length = imageLength(this.network.image);
        return { hidden: embedder.embed(images.subarray(first * length, (first + windows) * length)), context: null };
      },
      release: () => embedder.release(),
    };
  }

  divergence(gpu: Gpu, view: NetworkView): Promise<Divergence> {
    return classDivergence(gpu, view);
  }

  outputLoss(gpu: Gpu, view: NetworkView): Promise<OutputLoss> {
    return classLoss(gpu, view);
  }

  outputOnTape(gpu: Gpu, view: NetworkView): Promise<OutputOnTape> {
    return classOutput(gpu, view);
  }

  async evaluate(input: EvaluationInput): Promise<Evaluation> {
    const { gpu, views, rows, streams, chunks, layers } = input;
    const heads: ClassHead[] = [];
    const logits = Array.from({ length: streams.count }, () => [] as Float32Array[]);
    try {
      for (const { source, network } of views) heads.push(await ClassHead.load(gpu, source, network as Classifier));
      for (const [c, chunk] of chunks.entries()) {
        input.check();
        for (const [stream, parts] of logits.entries()) {
          const hidden = input.hidden(stream, c);
          const head = heads[streams.viewOf(stream)];
          if (chunk.heldOut && this.network.ends.head) parts.push(await logitsOf(head, hidden));
          hidden.release();
        }
      }
    } finally {
      for (const head of heads) head.release();
    }
    const { labels } = this.heldOutImages;
    const { classes } = this.network;
    const all = logits.map(concatenated);
    // A network without a head has no opinion to be right or wrong, or to stray.
    const accuracy = (values: Float32Array) => (classes === 0 ? null : accuracyOf(values, labels, classes));
    const hits = (values: Float32Array) =>
      values.every(Number.isFinite) ? hitsOf(values, labels, classes) : labels.map(() => NaN);
    const kl = (values: Float32Array) => (classes === 0 ? null : meanKl(all[0], values, classes));
    return {
      views: viewSummaries(input, (view) => ({ perplexity: null, kl: kl(all[view]) })),
      fullPrecision: {
        perplexity: null,
        tokens: labels.length,
        images: {
          accuracy: accuracy(all[0]),
          prediction: null,
          trajectory: null,
          frechet: null,
          samples: null,
        },
      },
      rows: rows.map((row): RowSummary => {
        const own = layers.filter((layer) => layer.row === row.row);
        const values = all[streams.of(row)];
        return {
          row: row.row,
          ...layerSummary(own),
          perplexity: null,
          perplexityInterval: null,
          kl: kl(values),
          tokens: labels.length,
          ...(classes === 0
            ? {}
            : { divergence: spreadOf(all[0], values, classes), windows: { of: 'hit', values: hits(values) } }),
          images: {
            accuracy: accuracy(values),
            prediction: null,
            trajectory: null,
            frechet: null,
            samples: null,
          },
          milliseconds: own.reduce((sum, layer) => sum + layer.milliseconds, 0),
        };
      }),
    };
  }
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Each image is a window of its own. */
function spreadOf(full: Float32Array, quantized: Float32Array, classes: number): DivergenceSpread {
  const images = imageDivergences(full, quantized, classes);
  const all = new TokenDivergences(images.length, 1);
  for (const { kl, same } of images) all.add(kl, same);
  return all.spread(images.map(({ kl }) => kl));
}

/** Mean over images of Σ p log(p / q), p and q the softmax of either's logits. */
export function meanKl(full: Float32Array, quantized: Float32Array, classes: number): number {
  return summedKl(full, quantized, classes) / (full.length / classes);
}
