/** Labelled pictures drawn here, as many as wanted: the kind that the samples on shapes were trained on, from a split of their own. */
import { StudioError } from '../base/errors';
import type { Classifier } from '../model/vision/image-model';
import { SHAPES } from '../model/vision/shapes/distances';
import { drawLabelled, LABELLED_SIDE } from '../model/vision/shapes/labelled';
import { scaled, type ImageSet } from './image-sets';

/** Never the name of a split that a sample was trained on or ships. */
const SPLIT = 'drawn';
/** The random numbers of so many pictures lie in memory at once: 5 MB. */
const CHUNK = 512;
/** 3 GB of pixels. */
export const MOST_DRAWN = 1_000_000;

/** @throws QS-FILE-07 when the model does not tell these ten shapes apart at their size */
export function drawnImages(model: Pick<Classifier, 'image' | 'classes'>, count: number, seed: number): ImageSet {
  const { size, channels } = model.image;
  if (size !== LABELLED_SIDE || channels !== 3 || model.classes !== SHAPES.length) {
    throw new StudioError(
      'QS-FILE-07',
      `Drawn pictures are ${LABELLED_SIDE} × ${LABELLED_SIDE} × 3 of ${SHAPES.length} shapes, and this model takes ${size} × ${size} × ${channels} of ${model.classes} classes: name a set of images.`,
      { found: size, expected: LABELLED_SIDE },
    );
  }
  const { pixels, labels } = drawLabelled(seed, SPLIT, count, { chunk: CHUNK });
  return {
    images: scaled(pixels, model.image),
    labels: Array.from(labels),
    label: `${count} drawn pictures of seed ${seed}`,
  };
}
