/** The accuracy of an image classifier on a set of images: those of --images, pictures drawn for it, else its own held-out set. */
import type { Checkpoint } from '../engine';
import { accuracyOf } from '../measure/accuracy';
import { openNetwork, readsText, withoutHead } from '../model/architecture';
import { ImageClassifier } from '../model/vision/image-network';
import { imageLength, type Classifier } from '../model/vision/image-model';
import { assertFinite } from '../run/finite-weights';
import { defaultImages } from '../run/image-subject';
import { drawnImages, MOST_DRAWN } from '../run/drawn-images';
import { readImages, type ImageSet } from '../run/image-sets';
import type { Call } from './command';
import { UsageError } from './exit-codes';
import { imagesAt } from './image-folder';

export interface ClassifierFigures {
  /** Share of images classified right. */
  readonly accuracy: number;
  /** 95 % Wilson interval. */
  readonly interval: readonly [number, number];
  readonly images: number;
}

/** Images at once. */
const BATCH = 64;
const MOST_IMAGES = 1_000_000;

export async function evaluateClassifier(
  { flags, gpu: open }: Call,
  checkpoint: Checkpoint,
): Promise<ClassifierFigures> {
  const model = openNetwork(checkpoint);
  if (readsText(model) || model.task !== 'classification') throw new Error(`bug: ${model.title} is no classifier`);
  if (model.ends.head === null) throw withoutHead();
  await assertFinite(checkpoint, model);
  const { images, labels } = await imagesOf(flags, checkpoint, model);
  const network = await ImageClassifier.load(await open(), checkpoint, model);
  const length = imageLength(model.image);
  const logits = new Float32Array(labels.length * model.classes);
  for (let first = 0; first < labels.length; first += BATCH) {
    const part = images.subarray(first * length, Math.min(labels.length, first + BATCH) * length);
    logits.set((await network.classify(part)).logits, first * model.classes);
  }
  network.release();
  const { share, interval, images: count } = accuracyOf(logits, labels, model.classes);
  return { accuracy: share, interval, images: count };
}

async function imagesOf(flags: Call['flags'], checkpoint: Checkpoint, model: Classifier): Promise<ImageSet> {
  const path = flags.text('images');
  if (flags.has('drawn')) {
    if (path !== null) throw new UsageError('--images and --drawn are given: choose one of them.');
    return drawnImages(model, flags.count('drawn', 1, MOST_DRAWN), flags.count('seed', 1, 0xffffffff));
  }
  flags.refuse(['seed'], 'without --drawn, whose pictures it draws');
  return path === null ? ownImages(checkpoint, model) : imagesAt(path, model);
}

/** The held-out set beside the model. */
function ownImages(checkpoint: Checkpoint, model: Classifier): Promise<ImageSet> {
  const source = checkpoint.images.get(defaultImages(checkpoint, 'heldout'));
  if (!source) throw new Error('bug: the images that were found are gone');
  return readImages(source, model, MOST_IMAGES);
}
