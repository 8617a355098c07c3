/**
 * A run on a diffusion network. Windows are noisy images along trajectories that the full-precision network samples itself (so no
 * data is needed: VQ4DiT, arXiv:2408.17131), with and without their class, as guidance asks it. The end is what the quantized
 * network samples from the same noise: how far its trajectories stray, and how its images' features are distributed.
 */
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { frechetDistance } from '../measure/frechet';
import { similarityOf } from '../measure/similarity';
import { releaseContext } from '../model/context';
import { linearsIn } from '../model/linears';
import { DiffusionEnd } from '../model/vision/diffusion-end';
import { PatchEmbedder } from '../model/vision/image-ends';
import { Denoiser, type ImageClassifier } from '../model/vision/image-network';
import { imageLength, type DiffusionNetwork } from '../model/vision/image-model';
import { guidanceOf, labelsInTurn, sampleSteps, type Predictor } from '../model/vision/sampler';
import { noiseDivergence } from './divergence';
import type { RowSummary } from './events';
import { toBytes } from './image-sets';
import { predictionOutput, type OutputOnTape } from './output-on-tape';
import { layerSummary } from './plan';
import type { Sampling } from '../recipe/recipe';
import type { RunRow } from '../recipe/rows';
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
import { TrajectorySampler, type Noisy } from './trajectory-sampler';

export interface NoisySet extends Noisy {
  readonly label: string;
}

/** How often a step's images are looked at when features are taken: whole batches, so that a step fills the GPU. */
const FEATURE_BATCH = 64;

export interface DiffusionOptions {
  readonly sampling: Sampling;
  /** Of the images that are sampled at the end; never a calibration seed. */
  readonly seed: number;
  /** Opens the network that features are taken with, on the GPU of the evaluation; gives null where there is none for such images. */
  readonly features: (gpu: Gpu) => Promise<ImageClassifier | null>;
}

export class DiffusionSubject implements Subject {
  readonly task = 'diffusion';
  readonly sampledRows: number;
  readonly drawnRows: number;
  readonly classNames: readonly string[] | null;
  readonly calibration: WindowSet;
  readonly heldOut: WindowSet;
  readonly inputs: readonly Uint8Array[];
  readonly outputWidth: number;

  constructor(
    readonly network: DiffusionNetwork,
    private readonly calibrationSet: NoisySet,
    private readonly heldOutSet: NoisySet,
    private readonly options: DiffusionOptions,
    readonly notes: readonly string[],
  ) {
    const setOf = ({ labels, label, calls }: NoisySet) => {
      return { windows: labels.length, length: network.tokens, label, calls };
    };
    this.calibration = setOf(calibrationSet);
    this.heldOut = setOf(heldOutSet);
    this.inputs = [calibrationSet, heldOutSet].flatMap(({ images, labels, times }) => [
      new Uint8Array(images.buffer),
      new Uint8Array(Uint32Array.from([...labels, ...times]).buffer),
    ]);
    this.outputWidth = imageLength(network.image);
    const { images, steps } = options.sampling;
    const guidance = guidanceOf(network, options.sampling.guidance);
    // Guidance asks the network twice.
    this.drawnRows = images * network.tokens * (guidance === 1 ? 1 : 2);
    this.sampledRows = steps * this.drawnRows;
    this.classNames = network.classNames;
  }

  async open(gpu: Gpu, { source, network }: NetworkView): Promise<OpenSubject> {
    const embedder = await PatchEmbedder.load(gpu, source, network as DiffusionNetwork);
    const end = await DiffusionEnd.load(gpu, source, network as DiffusionNetwork);
    return {
      embed: ({ heldOut, first, geometry: { windows } }: Chunk): Embedded => {
        const part = slice(heldOut ? this.heldOutSet : this.calibrationSet, first, windows, this.network);
        return { hidden: embedder.embed(part.images), context: end.context(part) };
      },
      release: () => {
        embedder.release();
        end.release();
      },
    };
  }

  divergence(gpu: Gpu, view: NetworkView): Promise<Divergence> {
    const { calibrationSet, network } = this;
    const context = (end: DiffusionEnd, { first, geometry }: Chunk) =>
      end.context(slice(calibrationSet, first, geometry.windows, network));
    return noiseDivergence(gpu, view, context, imageLength(network.image));
  }

  outputOnTape(gpu: Gpu, view: NetworkView): Promise<OutputOnTape> {
    return predictionOutput(gpu, view);
  }

  trajectories(gpu: Gpu, view: NetworkView): Promise<TrajectorySampler> {
    return TrajectorySampler.open(gpu, view, this.options.sampling);
  }

  async evaluate(input: EvaluationInput): Promise<Evaluation> {
    const { rows, layers, streams } = input;
    const predictions = await this.#predictions(input);
    const features = await this.options.features(input.gpu);
    try {
      const full = await this.#sample(input, null, features);
      const summaries: RowSummary[] = [];
      for (const row of rows) {
        const own = layers.filter((layer) => layer.row === row.row);
        const sampled = await this.#sample(input, row, features);
        const byStep = sampled.steps.map((step, i) => meanSquare(step, full.steps[i]));
        summaries.push({
          row: row.row,
          ...layerSummary(own),
          perplexity: null,
          perplexityInterval: null,
          kl: null,
          tokens: this.heldOut.windows,
          windows: { of: 'trajectory', values: strayed(sampled.steps, full.steps, this.options.sampling.images) },
          milliseconds: own.reduce((sum, layer) => sum + layer.milliseconds, 0),
          images: {
            accuracy: null,
            prediction: meanSquare(predictions[streams.of(row)], predictions[0]),
            trajectory: mean(byStep),
            steps: byStep,
            ...(this.network.image.scaling && similarityOf(last(sampled.steps), last(full.steps), this.network.image)),
            frechet:
              features && full.features && sampled.features
                ? {
                    distance: frechetDistance(full.features, sampled.features, features.model.hidden),
                    images: this.options.sampling.images,
                    network: features.model.title,
                  }
                : null,
            samples: sampled.samples,
          },
        });
      }
      return {
        rows: summaries,
        views: viewSummaries(input, (view) => ({
          ...{ perplexity: null, kl: null },
          prediction: meanSquare(predictions[view], predictions[0]),
        })),
        fullPrecision: {
          perplexity: null,
          tokens: this.heldOut.windows,
          images: { accuracy: null, prediction: null, trajectory: null, frechet: null, samples: full.samples },
        },
      };
    } finally {
      features?.release();
    }
  }

  /** What each stream says of the noise in the held-out images. */
  async #predictions(input: EvaluationInput): Promise<Float32Array[]> {
    const { gpu, views, streams, chunks } = input;
    // No change of a view reaches beyond the blocks of a network that is steered.
    const end = await DiffusionEnd.load(gpu, views[0].source, this.network);
    const length = imageLength(this.network.image);
    const all = Array.from({ length: streams.count }, () => new Float32Array(this.heldOut.windows * length));
    try {
      for (const [c, chunk] of chunks.entries()) {
        input.check();
        const part = slice(this.heldOutSet, chunk.first, chunk.geometry.windows, this.network);
        const context = chunk.heldOut ? end.context(part) : null;
        for (const [stream, values] of all.entries()) {
          const hidden = input.hidden(stream, c);
          if (context) values.set((await end.predict(hidden, context)).noise, chunk.first * length);
          hidden.release();
        }
        releaseContext(context);
      }
    } finally {
      end.release();
    }
    return all;
  }

  /** The images of one row, or of full precision, step by step. */
  async #sample(input: EvaluationInput, row: RunRow | null, features: ImageClassifier | null) {
    const { gpu, views } = input;
    const { images: count, ...asked } = this.options.sampling;
    const settings = { ...asked, guidance: guidanceOf(this.network, asked.guidance) };
    const { source } = views[row?.view ?? 0];
    const bindings = row && (await input.bindings(row, linearsIn(this.network)));
    const denoiser = await Denoiser.load(gpu, source, this.network, bindings ?? {});
    try {
      const labels = labelsInTurn(this.network, count);
      const steps: Float32Array<ArrayBuffer>[] = [];
      for await (const { after } of sampleSteps(denoiser, { ...settings, labels, seed: this.options.seed })) {
        input.check();
        steps.push(after);
      }
      const images = steps[steps.length - 1];
      return {
        steps,
        features: features && (await featuresOf(features, images)),
        samples: { size: this.network.image.size, labels, pixels: toBytes(images, this.network.image) },
      };
    } finally {
      denoiser.release();
      bindings?.release();
    }
  }
}

/** Noisy images taken of one trajectory at most, so that many classes are seen. */
const MOST_OF_TRAJECTORY = 4;

/**
 * `count` noisy images along `predictor`'s own trajectories, of all classes in turn, from every stretch of the way and in no order; half of
 * them with their class and half without. Step for step the same for a seed.
 */
export async function trajectoryImages(
  predictor: Predictor & { readonly model: DiffusionNetwork },
  count: number,
  sampling: Sampling,
  seed: number,
  onStep: (done: number) => void = () => undefined,
): Promise<NoisySet> {
  const { classes, image, unasked } = predictor.model;
  const { images: _, ...asked } = sampling;
  const settings = { ...asked, guidance: guidanceOf(predictor.model, asked.guidance) };
  const random = new Random(seed);
  const each = Math.min(MOST_OF_TRAJECTORY, settings.steps);
  const order = random.shuffled(Math.max(1, classes));
  const labels = labelsInTurn(predictor.model, Math.ceil(count / each)).map((place) => order[place]);
  const length = imageLength(image);
  // Each trajectory gives the same steps' share: the stretches of the way are dealt out among them, with the class and without in turn.
  const from = (stretch: number) => Math.floor((stretch * settings.steps) / each);
  const wanted = labels.map(() =>
    Array.from({ length: each }, (_, j) => from(j) + random.integer(from(j + 1) - from(j))),
  );
  const taken: { readonly at: Float32Array; readonly time: number; readonly call: number; readonly label: number }[] =
    [];
  let step = 0;
  for await (const { before, time, index } of sampleSteps(predictor, { ...settings, labels, seed })) {
    labels.forEach((label, i) => {
      const j = wanted[i].indexOf(step);
      if (j < 0) return;
      const at = before.slice(i * length, (i + 1) * length);
      // A class comes round at the same parity where there are evenly many: the round turns it.
      const conditional = !unasked || (i + j + Math.floor(i / Math.max(1, classes))) % 2 === 0;
      taken.push({ at, time, call: index, label: conditional ? label : classes });
    });
    step++;
    onStep(step);
  }
  // Minibatches are taken in order: each is to hold images from all along the way.
  const chosen = random.shuffled(taken.length).slice(0, count);
  const images = new Float32Array(count * length);
  chosen.forEach((one, i) => images.set(taken[one].at, i * length));
  return {
    images,
    times: chosen.map((one) => taken[one].time),
    calls: chosen.map((one) => taken[one].call),
    labels: chosen.map((one) => taken[one].label),
    label: `${count} noisy images along ${labels.length} ${labels.length === 1 ? 'trajectory' : 'trajectories'} of ${settings.steps} steps`,
  };
}

function slice(set: NoisySet, first: number, count: number, model: DiffusionNetwork) {
  const length = imageLength(model.image);
  return {
    images: set.images.subarray(first * length, (first + count) * length),
    times: set.times.slice(first, first + count),
    labels: set.labels.slice(first, first + count),
  };
}

async function featuresOf(network: ImageClassifier, images: Float32Array): Promise<Float32Array> {
  const length = imageLength(network.model.image);
  const count = images.length / length;
  const all = new Float32Array(count * network.model.hidden);
  for (let first = 0; first < count; first += FEATURE_BATCH) {
    const part = images.subarray(first * length, Math.min(count, first + FEATURE_BATCH) * length);
    all.set((await network.classify(part)).features, first * network.model.hidden);
  }
  return all;
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;
}

/** How far each of `images` strays on the mean over its steps: the mean square of the difference of each. */
function strayed(steps: readonly Float32Array[], full: readonly Float32Array[], images: number): number[] {
  const length = full[0].length / images;
  const part = (values: Float32Array, i: number) => values.subarray(i * length, (i + 1) * length);
  return Array.from({ length: images }, (_, i) =>
    mean(steps.map((step, s) => meanSquare(part(step, i), part(full[s], i)))),
  );
}

function last<T>(values: readonly T[]): T {
  return values[values.length - 1];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
