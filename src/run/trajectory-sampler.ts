/**
 * A diffusion network's trajectories from noise to pictures, as any weights of it take them: what is trained on and judged by. Image i of a seed
 * begins with the same noise whatever network samples, so that two networks' trajectories can be compared step by step.
 */
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import type { ResidentOptions } from '../model/resident-blocks';
import type { NetworkView } from '../model/view/view';
import { DiffusionEnd } from '../model/vision/diffusion-end';
import type { Conditions } from '../model/vision/end-parts';
import { PatchEmbedder, type Embedded } from '../model/vision/image-ends';
import { imageLength, type DiffusionNetwork } from '../model/vision/image-model';
import { Denoiser } from '../model/vision/image-network';
import { guidanceOf, sampleSteps } from '../model/vision/sampler';
import type { Sampling } from '../recipe/recipe';

/** Noisy images with what the network is told about each. */
export interface Noisy extends Conditions {
  readonly images: Float32Array<ArrayBuffer>;
  readonly calls: readonly number[];
}

export class TrajectorySampler {
  static async open(gpu: Gpu, view: NetworkView, sampling: Sampling): Promise<TrajectorySampler> {
    const network = view.network as DiffusionNetwork;
    const embedder = await PatchEmbedder.load(gpu, view.source, network);
    const end = await DiffusionEnd.load(gpu, view.source, network);
    return new TrajectorySampler(gpu, view, network, sampling, embedder, end);
  }

  private constructor(
    private readonly gpu: Gpu,
    private readonly view: NetworkView,
    private readonly network: DiffusionNetwork,
    private readonly sampling: Sampling,
    private readonly embedder: PatchEmbedder,
    private readonly end: DiffusionEnd,
  ) {}

  /** Of the sampler, for a picture. */
  get calls(): number {
    return this.sampling.steps;
  }

  /** Images behind each step, from noise to picture, and the noisy ones before it with what the network was told. */
  async sample(
    bindings: ResidentOptions,
    count: number,
    seed: number,
    check: () => void,
  ): Promise<{ readonly before: readonly Noisy[]; readonly after: readonly Float32Array[] }> {
    const { classes, unasked } = this.network;
    const { images: _, ...asked } = this.sampling;
    const settings = { ...asked, guidance: guidanceOf(this.network, asked.guidance) };
    const order = classes === 0 ? [0] : new Random(seed).shuffled(classes);
    const labels = Array.from({ length: count }, (_none, i) => order[i % order.length]);
    const denoiser = await Denoiser.load(this.gpu, this.view.source, this.network, bindings);
    const before: Noisy[] = [];
    const after: Float32Array[] = [];
    try {
      for await (const step of sampleSteps(denoiser, { ...settings, labels, seed })) {
        check();
        before.push({
          images: step.before,
          times: labels.map(() => step.time),
          calls: labels.map(() => step.index),
          // Guidance asks with the class and without: each is half of what is met.
          labels: labels.map((label, i) => (!unasked || (i + step.index + seed) % 2 === 0 ? label : classes)),
        });
        after.push(step.after);
      }
    } finally {
      denoiser.release();
    }
    return { before, after };
  }

  /** Hidden states before the first block, and what steers the blocks; the caller's. */
  embed(noisy: Noisy): Embedded {
    return { hidden: this.embedder.embed(noisy.images), context: this.end.context(noisy) };
  }

  /** Some of several, in the order that is asked for: (which of them, which of its images). */
  pick(from: readonly Noisy[], places: readonly (readonly [set: number, image: number])[]): Noisy {
    const length = imageLength(this.network.image);
    const images = new Float32Array(places.length * length);
    places.forEach(([set, i], at) => images.set(from[set].images.subarray(i * length, (i + 1) * length), at * length));
    return {
      images,
      times: places.map(([set, i]) => from[set].times[i]),
      calls: places.map(([set, i]) => from[set].calls[i]),
      labels: places.map(([set, i]) => from[set].labels[i]),
    };
  }

  release(): void {
    this.embedder.release();
    this.end.release();
  }
}
