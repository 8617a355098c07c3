/** A whole network on images on the GPU, with its own weights or with others put in their place. */
import type { Gpu } from '../../gpu/gpu';
import type { Tensor } from '../../tensor/tensor';
import { releaseContext } from '../context';
import type { WeightSource } from '../model';
import { ResidentBlocks, type Batch, type ResidentOptions } from '../resident-blocks';
import type { Prediction } from './diffusion';
import { DiffusionEnd } from './diffusion-end';
import type { Conditions } from './end-parts';
import { ClassHead, PatchEmbedder, type Embedded } from './image-ends';
import { imageLength, type Classifier, type DiffusionNetwork, type ImageModel } from './image-model';

/** Hidden states after the last block, the caller's. Takes the embedding; its context stays the caller's. */
async function through(
  blocks: ResidentBlocks,
  { tokens }: ImageModel,
  { hidden, context }: Embedded,
  calls?: readonly number[],
): Promise<Tensor> {
  const geometry = { windows: hidden.rows / tokens, length: tokens, calls };
  const batch: Batch = { geometry, context, kept: [], hidden };
  await blocks.run([batch]);
  return batch.hidden;
}

/** Images to class logits and features. */
export class ImageClassifier {
  static async load(
    gpu: Gpu,
    source: WeightSource,
    model: Classifier,
    options: ResidentOptions = {},
  ): Promise<ImageClassifier> {
    const embedder = await PatchEmbedder.load(gpu, source, model);
    const head = await ClassHead.load(gpu, source, model);
    return new ImageClassifier(model, embedder, new ResidentBlocks(gpu, source, model.blocks, options), head);
  }

  private constructor(
    readonly model: Classifier,
    private readonly embedder: PatchEmbedder,
    private readonly blocks: ResidentBlocks,
    private readonly head: ClassHead,
  ) {}

  /** For images of N × channels × size × size: features N × hidden and logits N × classes, row-major. Throws as ClassHead.logits. */
  async classify(images: Float32Array): Promise<{ features: Float32Array; logits: Float32Array }> {
    const hidden = await through(this.blocks, this.model, { hidden: this.embedder.embed(images), context: null });
    const features = this.head.features(hidden);
    const logits = this.head.logits(features);
    hidden.release();
    const [first, second] = await features.gpu.read(
      { buffer: features.buffer, bytes: features.bytes },
      { buffer: logits.buffer, bytes: logits.bytes },
    );
    const values = {
      features: features.unpad(new Float32Array(first)),
      logits: logits.unpad(new Float32Array(second)),
    };
    features.release();
    logits.release();
    return values;
  }

  release(): void {
    for (const part of [this.embedder, this.blocks, this.head]) part.release();
  }
}

/** Noisy images to what is noise in them. */
export class Denoiser {
  static async load(
    gpu: Gpu,
    source: WeightSource,
    model: DiffusionNetwork,
    options: ResidentOptions = {},
  ): Promise<Denoiser> {
    const embedder = await PatchEmbedder.load(gpu, source, model);
    const end = await DiffusionEnd.load(gpu, source, model);
    return new Denoiser(model, embedder, new ResidentBlocks(gpu, source, model.blocks, options), end);
  }

  private constructor(
    readonly model: DiffusionNetwork,
    private readonly embedder: PatchEmbedder,
    private readonly blocks: ResidentBlocks,
    private readonly end: DiffusionEnd,
  ) {}

  /** `images`: N × channels × size × size. */
  async predict(images: Float32Array, conditions: Conditions): Promise<Prediction> {
    if (images.length !== conditions.labels.length * imageLength(this.model.image)) {
      throw new Error(`bug: ${images.length} values are not ${conditions.labels.length} images`);
    }
    const context = this.end.context(conditions);
    const embedded = { hidden: this.embedder.embed(images), context };
    const hidden = await through(this.blocks, this.model, embedded, conditions.calls);
    try {
      return await this.end.predict(hidden, context);
    } finally {
      hidden.release();
      releaseContext(context);
    }
  }

  release(): void {
    for (const part of [this.embedder, this.blocks, this.end]) part.release();
  }
}
