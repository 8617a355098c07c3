/**
 * From noise to images, step by step. Image i of a seed starts from the same noise, and draws the same, whatever else is in its batch
 * and whatever network predicts: so two networks can be compared along equal-seed trajectories.
 */
import { Random } from '../../base/random';
import { StudioError } from '../../base/errors';
import { ddimStep, ddpmStep, guide, respaced, type Prediction } from './diffusion';
import { imageLength, type DiffusionNetwork } from './image-model';
import type { Conditions } from './end-parts';

export interface SamplerSettings {
  /** A class an image. */
  readonly labels: readonly number[];
  readonly seed: number;
  /** Of the network, out of those it was trained with. */
  readonly steps: number;
  /** Classifier-free guidance; 1 is none, and then half the work. */
  readonly guidance: number;
  readonly sampler: 'ddpm' | 'ddim';
  /** What to start from instead of the seed's noise. */
  readonly start?: Float32Array<ArrayBuffer>;
}

export const SAMPLER_DEFAULTS = { steps: 50, guidance: 4, sampler: 'ddpm' } as const;

/** What predicts: a Denoiser, or a test's function. */
export interface Predictor {
  readonly model: Pick<DiffusionNetwork, 'image' | 'classes' | 'diffusion'>;
  predict(images: Float32Array, conditions: Conditions): Promise<Prediction>;
}

/** Classes, or captions, of so many images, one after another; nothing where a network has none. */
export function labelsInTurn({ classes }: Pick<DiffusionNetwork, 'classes'>, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (classes === 0 ? 0 : i % classes));
}

/** What guides a network: nothing where it is asked for nothing anyway, or never is. */
export function guidanceOf({ classes, unasked }: Pick<DiffusionNetwork, 'classes' | 'unasked'>, asked: number): number {
  return classes > 0 && unasked ? asked : 1;
}

/** One step: the images before it and after it. */
export interface SampledStep {
  /** 0 is the last. */
  readonly index: number;
  /** t of the training schedule, as the network was told. */
  readonly time: number;
  readonly before: Float32Array<ArrayBuffer>;
  readonly after: Float32Array<ArrayBuffer>;
}

/** All steps of a batch, in order; the last one's `after` are the images. Throws QS-RECIPE-01 on a class or a number of steps there is not. */
export async function* sampleSteps(predictor: Predictor, settings: SamplerSettings): AsyncGenerator<SampledStep> {
  const { image, classes, diffusion } = predictor.model;
  const { labels, seed, guidance, sampler } = settings;
  // A network without classes is asked for nothing, whose number is 0.
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= Math.max(1, classes));
  if (wrong !== undefined) {
    throw new StudioError('QS-RECIPE-01', `There is no class ${wrong}: this model has classes 0 to ${classes - 1}.`, {
      class: wrong,
    });
  }
  const schedule = respaced(diffusion, settings.steps);
  const length = imageLength(image);
  const sources = labels.map((_, i) => new Random(seedOf(seed, i)));
  const noise = () => {
    const drawn = new Float32Array(labels.length * length);
    sources.forEach((source, i) => drawn.set(source.normals(length), i * length));
    return drawn;
  };
  let x: Float32Array<ArrayBuffer> = settings.start ?? noise();
  for (let index = schedule.length - 1; index >= 0; index--) {
    const time = schedule.times[index];
    const prediction = await guidedPrediction(predictor, x, { time, call: index }, labels, guidance);
    const after =
      sampler === 'ddim'
        ? ddimStep(schedule, index, x, prediction)
        : ddpmStep(schedule, index, x, prediction, index === 0 ? null : noise());
    yield { index, time, before: x, after };
    x = after;
  }
}

/** The images alone. */
export async function sampleImages(
  predictor: Predictor,
  settings: SamplerSettings,
): Promise<Float32Array<ArrayBuffer>> {
  let images = new Float32Array();
  for await (const { after } of sampleSteps(predictor, settings)) images = after;
  return images;
}

/** With and without the class in one batch, as the network was trained to be asked. */
async function guidedPrediction(
  predictor: Predictor,
  x: Float32Array,
  at: { readonly time: number; readonly call: number },
  labels: readonly number[],
  guidance: number,
): Promise<Prediction> {
  const [times, calls] = [labels.map(() => at.time), labels.map(() => at.call)];
  if (guidance === 1) return predictor.predict(x, { times, calls, labels });
  const twice = new Float32Array(2 * x.length);
  twice.set(x);
  twice.set(x, x.length);
  const none = labels.map(() => predictor.model.classes);
  const both = await predictor.predict(twice, {
    times: [...times, ...times],
    calls: [...calls, ...calls],
    labels: [...labels, ...none],
  });
  const part = (from: number): Prediction => ({
    noise: both.noise.subarray(from, from + x.length),
    variance: both.variance?.subarray(from, from + x.length) ?? null,
  });
  return guide(part(0), part(x.length), guidance);
}

/** A seed for image i: neighbouring seeds and neighbouring images share nothing. */
function seedOf(seed: number, i: number): number {
  return (Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(i + 1, 0x9e3779b9)) >>> 0;
}
