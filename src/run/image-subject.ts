/**
 * What a run on a network of images works on: the images of a classifier (calibration.npz and heldout.npz beside the model, or noise),
 * or a diffusion network's own trajectories.
 */
import type { Checkpoint } from '../checkpoint/checkpoint';
import { StudioError } from '../base/errors';
import type { Gpu } from '../gpu/gpu';
import { openNetwork, readsText, type ImageModel } from '../model/architecture';
import { Denoiser, ImageClassifier } from '../model/vision/image-network';
import type { Classifier, DiffusionNetwork } from '../model/vision/image-model';
import { askedNetwork } from './asked-network';
import { ClassifierSubject } from './classifier-subject';
import { DiffusionSubject, trajectoryImages } from './diffusion-subject';
import { noiseImages, readImages, type ImageSet } from './image-sets';
import { SAMPLING_DEFAULTS, type Recipe } from '../recipe/recipe';
import type { Subject } from './subject';

export type FeatureSource = () => Promise<Checkpoint | null>;

/** Throws QS-FILE-07 and -09 where images are missing or do not fit, QS-RECIPE-01 where the recipe asks for what there is not. */
export function imageSubject(
  gpu: Gpu,
  checkpoint: Checkpoint,
  network: ImageModel,
  recipe: Recipe,
  features: FeatureSource = () => Promise.resolve(null),
  watch?: { step(done: number, total: number): void },
): Promise<Subject> {
  return network.task === 'classification'
    ? classifierSubject(checkpoint, network, recipe)
    : diffusionSubject(gpu, checkpoint, network, recipe, features, watch);
}

async function classifierSubject(checkpoint: Checkpoint, network: Classifier, recipe: Recipe): Promise<Subject> {
  const { source, file, windows, seed } = recipe.calibration;
  if (source === 'generated') {
    throw new StudioError(
      'QS-RECIPE-01',
      'A classifier generates no images: calibrate on a file of images, or on noise.',
    );
  }
  const named = file ?? defaultImages(checkpoint, 'calibration');
  const calibration =
    source === 'random' ? noiseImages(network, windows, seed) : await fromFile(checkpoint, network, named, windows);
  const heldOutFile = recipe.heldOut.file ?? defaultImages(checkpoint, 'heldout');
  // Held-out images of the same file are those after the calibration images.
  const first = source === 'file' && heldOutFile === named ? calibration.labels.length : 0;
  const heldOut = await fromFile(checkpoint, network, heldOutFile, recipe.heldOut.windows, first);
  const short = (set: ImageSet, asked: number) =>
    set.labels.length < asked ? [`${set.label}: the file has no more than that, ${asked} were asked for.`] : [];
  const notes = [
    ...(source === 'random' ? ['Calibration uses noise, not images.'] : short(calibration, windows)),
    ...short(heldOut, recipe.heldOut.windows),
  ];
  return new ClassifierSubject(network, calibration, heldOut, notes);
}

async function diffusionSubject(
  gpu: Gpu,
  checkpoint: Checkpoint,
  opened: DiffusionNetwork,
  recipe: Recipe,
  features: FeatureSource,
  watch?: { step(done: number, total: number): void },
): Promise<Subject> {
  const { source, windows, seed } = recipe.calibration;
  if (source !== 'generated') {
    throw new StudioError(
      'QS-RECIPE-01',
      `A diffusion network calibrates on what it generates itself: choose the calibration "generated" instead of "${source}".`,
    );
  }
  const sampling = { ...SAMPLING_DEFAULTS, ...recipe.sampling };
  const { network, notes } = await askedNetwork(checkpoint, opened);
  const denoiser = await Denoiser.load(gpu, checkpoint, network);
  try {
    // Two sets of trajectories, each of all steps.
    const onStep = (before: number) => (done: number) => watch?.step(before + done, 2 * sampling.steps);
    const calibration = await trajectoryImages(denoiser, windows, sampling, seed, onStep(0));
    const heldOut = await trajectoryImages(
      denoiser,
      recipe.heldOut.windows,
      sampling,
      seed + HELD_OUT_SEED,
      onStep(sampling.steps),
    );
    const options = { sampling, seed: seed + SAMPLED_SEED, features: featureNetwork(network, features) };
    return new DiffusionSubject(network, calibration, heldOut, options, notes);
  } finally {
    denoiser.release();
  }
}

/** Added to the calibration seed, so that neither set's noise is the other's. */
const HELD_OUT_SEED = 1;
const SAMPLED_SEED = 2;

/** The classifier that images of this network's size can be given to, opened when it is wanted. */
function featureNetwork({ image }: DiffusionNetwork, features: FeatureSource) {
  return async (gpu: Gpu): Promise<ImageClassifier | null> => {
    const checkpoint = await features();
    if (!checkpoint) return null;
    const network = openNetwork(checkpoint);
    if (readsText(network) || network.task !== 'classification') return null;
    const fits = network.image.size === image.size && network.image.channels === image.channels;
    return fits && image.scaling ? ImageClassifier.load(gpu, checkpoint, network) : null;
  };
}

/** calibration.npz or heldout.npz when there is one, else the first set of images. */
export function defaultImages(checkpoint: Pick<Checkpoint, 'images'>, kind: 'calibration' | 'heldout'): string {
  const names = [...checkpoint.images.keys()];
  const name = names.find((path) => path.split('/').at(-1) === `${kind}.npz`) ?? names[0];
  if (name !== undefined) return name;
  throw new StudioError(
    'QS-FILE-09',
    'There are no images to work with: add a .npz file with the arrays "images" (N × size × size × channels, bytes) and "labels".',
  );
}

function fromFile(
  checkpoint: Checkpoint,
  network: Classifier,
  file: string,
  count: number,
  first = 0,
): Promise<ImageSet> {
  const source = checkpoint.images.get(file);
  if (source) return readImages(source, network, count, first);
  const known = [...checkpoint.images.keys()].join(', ') || 'none';
  throw new StudioError('QS-FILE-09', `There are no images "${file}" beside this model (there is ${known}): add them.`);
}
