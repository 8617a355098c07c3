/**
 * A whole network on images on the GPU, with its own weights or with others put in their place. Blocks stay loaded while `residentBytes`
 * lasts, since a sampler runs them again for every step; beyond that they are read anew each time.
 */
import type { Gpu } from '../../gpu/gpu';
import { Tape, type Variable } from '../../gradient/tape';
import { Tensor } from '../../tensor/tensor';
import { loadStagedBlock } from '../load-block';
import { loadLinear } from '../linear';
import type { Block, Linear, WeightSource } from '../model';
import { runStaged, type StagedBlock } from '../staged-block';
import type { Prediction } from './diffusion';
import { ClassHead, DiffusionEnd, PatchEmbedder, type Conditions, type Embedded } from './image-ends';
import { imageLength, type Classifier, type DiffusionTransformer, type ImageModel } from './image-model';

export interface ImageNetworkOptions {
  /** W of a linear, rows × cols, to use instead of the checkpoint's; null for the checkpoint's. The tensor stays the caller's. */
  readonly weights?: (linear: Linear) => Tensor | null;
  /** Default 1 GiB. */
  readonly residentBytes?: number;
}

interface LoadedBlock {
  readonly staged: StagedBlock;
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** The blocks of a network between its ends. */
class Trunk {
  readonly #resident = new Map<number, LoadedBlock>();
  #residentBytes = 0;

  constructor(
    readonly gpu: Gpu,
    private readonly source: WeightSource,
    private readonly model: ImageModel,
    private readonly options: ImageNetworkOptions,
  ) {}

  /** Hidden states after the last block. Takes `hidden`; `context` stays the caller's. */
  async run({ hidden, context }: Embedded): Promise<Tensor> {
    const g = { windows: hidden.rows / this.model.tokens, length: this.model.tokens };
    let state = hidden;
    for (const block of this.model.blocks) {
      const loaded = await this.#load(block);
      const tape = new Tape(this.gpu, { recording: false });
      const weight = (linear: Linear): Variable => tape.constant(this.#weight(loaded, linear));
      const steer = context && tape.constant(context);
      const next = tape.take(runStaged(tape, loaded.staged, tape.constant(state), steer, g, weight));
      tape.release();
      state.release();
      state = next;
      if (!this.#resident.has(block.index)) release(loaded);
    }
    return state;
  }

  release(): void {
    for (const loaded of this.#resident.values()) release(loaded);
    this.#resident.clear();
    this.#residentBytes = 0;
  }

  #weight(loaded: LoadedBlock, linear: Linear): Tensor {
    const weight = this.options.weights?.(linear) ?? loaded.weights.get(linear.name);
    if (!weight) throw new Error(`bug: ${linear.name} was not loaded`);
    return weight;
  }

  async #load(block: Block): Promise<LoadedBlock> {
    const known = this.#resident.get(block.index);
    if (known) return known;
    const weights = new Map<string, Tensor>();
    const loaded = { staged: await loadStagedBlock(this.gpu, this.source, block), weights };
    try {
      for (const linear of block.stages.flatMap(({ linears }) => linears)) {
        if (this.options.weights?.(linear)) continue;
        const values = await loadLinear(this.source, linear);
        weights.set(linear.name, Tensor.from(this.gpu, linear.rows, linear.cols, values, linear.name));
      }
    } catch (error) {
      release(loaded);
      throw error;
    }
    const bytes = [...weights.values()].reduce((sum, weight) => sum + weight.bytes, 0);
    if (this.#residentBytes + bytes <= (this.options.residentBytes ?? 2 ** 30)) {
      this.#residentBytes += bytes;
      this.#resident.set(block.index, loaded);
    }
    return loaded;
  }
}

function release({ staged, weights }: LoadedBlock): void {
  staged.release();
  for (const weight of weights.values()) weight.release();
}

/** Images to class logits and features. */
export class ImageClassifier {
  static async load(
    gpu: Gpu,
    source: WeightSource,
    model: Classifier,
    options: ImageNetworkOptions = {},
  ): Promise<ImageClassifier> {
    const embedder = await PatchEmbedder.load(gpu, source, model);
    const head = await ClassHead.load(gpu, source, model);
    return new ImageClassifier(model, embedder, new Trunk(gpu, source, model, options), head);
  }

  private constructor(
    readonly model: Classifier,
    private readonly embedder: PatchEmbedder,
    private readonly trunk: Trunk,
    private readonly head: ClassHead,
  ) {}

  /** For images of N × channels × size × size: features N × hidden and logits N × classes, row-major. */
  async classify(images: Float32Array): Promise<{ features: Float32Array; logits: Float32Array }> {
    const hidden = await this.trunk.run({ hidden: this.embedder.embed(images), context: null });
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
    for (const part of [this.embedder, this.trunk, this.head]) part.release();
  }
}

/** Noisy images to what is noise in them. */
export class Denoiser {
  static async load(
    gpu: Gpu,
    source: WeightSource,
    model: DiffusionTransformer,
    options: ImageNetworkOptions = {},
  ): Promise<Denoiser> {
    const embedder = await PatchEmbedder.load(gpu, source, model);
    const end = await DiffusionEnd.load(gpu, source, model);
    return new Denoiser(model, embedder, new Trunk(gpu, source, model, options), end);
  }

  private constructor(
    readonly model: DiffusionTransformer,
    private readonly embedder: PatchEmbedder,
    private readonly trunk: Trunk,
    private readonly end: DiffusionEnd,
  ) {}

  /** `images`: N × channels × size × size. */
  async predict(images: Float32Array, conditions: Conditions): Promise<Prediction> {
    if (images.length !== conditions.labels.length * imageLength(this.model.image)) {
      throw new Error(`bug: ${images.length} values are not ${conditions.labels.length} images`);
    }
    const context = this.end.context(conditions);
    const hidden = await this.trunk.run({ hidden: this.embedder.embed(images), context });
    try {
      return await this.end.predict(hidden, context);
    } finally {
      hidden.release();
      context.release();
    }
  }

  release(): void {
    for (const part of [this.embedder, this.trunk, this.end]) part.release();
  }
}
