/**
 * Images to calibrate and to measure with: .npz files beside the model (`images` N × size × size × channels of bytes, `labels` N), or
 * noise. For a diffusion transformer nothing is needed: its windows are noisy images along trajectories that it samples itself.
 */
import { Random } from '../base/random';
import { StudioError } from '../base/errors';
import type { ByteSource } from '../checkpoint/bytes';
import { openNpz } from '../checkpoint/numpy';
import { quoted } from '../checkpoint/wording';
import { imageLength, type Classifier, type ImagePlan } from '../model/vision/image-model';

export interface ImageSet {
  /** N × channels × size × size, scaled as the network takes them. */
  readonly images: Float32Array<ArrayBuffer>;
  readonly labels: readonly number[];
  /** '128 images of calibration.npz'. */
  readonly label: string;
}

/** Images one file may hold. */
const MOST_IMAGES = 1_000_000;

/**
 * The first `count` images from number `first` on, fewer when there are not so many.
 * @throws QS-FILE-07 when the file has no such arrays or they do not fit the model; QS-FILE-09 when there are none of that number
 */
export async function readImages(
  source: ByteSource,
  model: Pick<Classifier, 'image' | 'classes'>,
  count: number,
  first = 0,
): Promise<ImageSet> {
  const arrays = await openNpz(source);
  const [images, labels] = [arrays.get('images'), arrays.get('labels')];
  if (!images || !labels) {
    throw new StudioError(
      'QS-FILE-07',
      `${quoted(source.name)} has no arrays "images" and "labels" (it has ${[...arrays.keys()].join(', ') || 'none'}): save it with numpy.savez(images=…, labels=…).`,
    );
  }
  const { size, channels, patch, stride } = model.image;
  const [n, height, width, depth] = images.shape;
  const grid = (size - patch) / stride + 1;
  const other = (height - patch) / (grid - 1);
  if (stride === patch && height === width && height < size && other >= 1 && Number.isInteger(other)) {
    throw new StudioError(
      'QS-FILE-07',
      `The images of ${quoted(source.name)} are ${height} × ${width}, and ${grid} × ${grid} patches of ${patch} can be read in two ways: ` +
        `as images of ${size} whose patches do not overlap (stride ${patch}), which is taken where nothing is said, or as images of ${height} ` +
        `whose patches overlap (stride ${other}): if the network was trained so, say "stride": ${other} in its config.json.`,
      { found: height, expected: size },
    );
  }
  if (images.shape.length !== 4 || height !== size || width !== size || depth !== channels || images.dtype !== 'U8') {
    throw new StudioError(
      'QS-FILE-07',
      `The images of ${quoted(source.name)} are ${images.shape.join(' × ')} of ${images.dtype}, and this model takes N × ${size} × ${size} × ${channels} of U8: choose the images that belong to it.`,
    );
  }
  if (labels.shape.length !== 1 || labels.shape[0] !== n || n > MOST_IMAGES) {
    throw new StudioError(
      'QS-FILE-07',
      `${quoted(source.name)} has ${n} images and labels of ${labels.shape.join(' × ')}: there must be one label for each image, at most ${MOST_IMAGES} in all: save them again.`,
    );
  }
  const last = Math.min(n, first + count);
  if (last <= first) {
    throw new StudioError(
      'QS-FILE-09',
      `${quoted(source.name)} has ${n} images, and number ${first} was asked for: add images, or ask for fewer.`,
    );
  }
  const classes = Array.from(await labels.items(first, last));
  // Without a head there are no classes that a label could miss.
  const wrong = model.classes === 0 ? undefined : classes.find((label) => !(label >= 0 && label < model.classes));
  if (wrong !== undefined) {
    throw new StudioError(
      'QS-FILE-07',
      `${quoted(source.name)} has the label ${wrong}, and this model has classes 0 to ${model.classes - 1}: choose the images that belong to it.`,
    );
  }
  return {
    images: scaled(await images.items(first, last), model.image),
    labels: classes,
    label: `${last - first} images of ${source.name}`,
  };
}

/** Standard normal pixels with labels that mean nothing. */
export function noiseImages(model: Pick<Classifier, 'image' | 'classes'>, count: number, seed: number): ImageSet {
  const random = new Random(seed);
  return {
    images: Float32Array.from(random.normals(count * imageLength(model.image))),
    labels: Array.from({ length: count }, () => random.integer(Math.max(1, model.classes))),
    label: `${count} images of noise`,
  };
}

/** Bytes, channels last, to what the network takes, channels first. */
export function scaled(bytes: ArrayLike<number>, plan: ImagePlan): Float32Array<ArrayBuffer> {
  const { channels, size, scaling } = plan;
  const pixels = size * size;
  const out = new Float32Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    const c = at % channels;
    const pixel = Math.floor(at / channels) % pixels;
    const image = Math.floor(at / (channels * pixels));
    const value = bytes[at] / 255;
    out[(image * channels + c) * pixels + pixel] = scaling ? (value - scaling.mean[c]) / scaling.deviation[c] : value;
  }
  return out;
}

/** The way back: bytes, channels last, cut to 0 … 255. */
export function toBytes(images: Float32Array, plan: ImagePlan): Uint8Array<ArrayBuffer> {
  const { channels, size, scaling } = plan;
  const pixels = size * size;
  const out = new Uint8Array(images.length);
  for (let at = 0; at < images.length; at++) {
    const c = Math.floor(at / pixels) % channels;
    const image = Math.floor(at / (channels * pixels));
    const value = scaling ? images[at] * scaling.deviation[c] + scaling.mean[c] : images[at];
    out[(image * pixels + (at % pixels)) * channels + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
  }
  return out;
}
