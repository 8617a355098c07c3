/** The words of networks on images: what differs from text, by task. Part of the catalogue in words.ts. */
import type { Task } from '../run/events';

const plural = (n: number, one: string, many = `${one}s`) => (n === 1 ? one : many);

/** What a window of a run is called, by task. */
const windows = {
  text: { windows: 'Windows', tokens: 'Tokens' },
  classification: { windows: 'Images', tokens: 'Patches' },
  diffusion: { windows: 'Noisy images', tokens: 'Patches' },
} satisfies Record<Task, { windows: string; tokens: string }>;

const recipe = {
  sources: { file: 'Image file', random: 'Noise' },
  file: 'File',
  noFile: 'No images beside this model',
  following: (file: string) => `${file}, what follows`,
  heldOutHelp: 'Never used for calibration. Held-out errors, accuracy and KL are measured on it.',
  add: 'Add images',
  addHelp: '.npz with the arrays "images" (N × size × size × channels, bytes) and "labels"',
  missing: 'Choose a file of images, or add one.',
  trajectories: 'Its own trajectories',
  trajectoriesHelp:
    'Needs no data: the full-precision network draws images from noise, and what it meets on the way, step by step, with its class and without, is what methods calibrate on.',
  trajectoriesHeldOut:
    'Noisy images along other trajectories. Held-out errors and the error of the predicted noise are measured on them.',
  sampling: 'Sampling',
  samplingHelp:
    'How images are drawn: along the trajectories above, and at the end by every row from the same noise, of all classes in turn.',
  steps: 'Steps',
  stepsHelp: 'Of those the network was trained with; fewer are faster and coarser.',
  guidance: 'Guidance',
  guidanceHelp: 'Of classifier-free guidance: 1 is none and takes half the time.',
  sampler: 'Sampler',
  samplers: { ddpm: 'DDPM', ddim: 'DDIM' },
  images: 'Images',
  imagesHelp: 'Sampled by full precision and by every row; the Fréchet distance needs many.',
  planSamples: 'Sampled',
  planSamplesValue: (images: string, steps: string, rows: string) => `${rows} × ${images} images in ${steps} steps`,
};

const evaluating = {
  text: 'Measuring perplexity and KL on the held-out text',
  classification: 'Measuring accuracy and KL on the held-out images',
  diffusion: 'Sampling images from the same noise with every row',
} satisfies Record<Task, string>;

const compare = {
  images: 'images',
  tableHint: {
    text: 'Lower is better in every error column. Sort by a column’s heading.',
    classification: 'Higher is better in accuracy, lower in errors and KL. Sort by heading.',
    diffusion: 'Lower is better in every error and distance. Sort by heading.',
  } satisfies Record<Task, string>,
  accuracyLine: (accuracy: string, low: string, high: string, images: string) =>
    `Full precision: ${accuracy} of ${images} held-out images right (95 % interval ${low} – ${high}).`,
  klLine: 'KL is of the class probabilities against full precision, an image.',
  notEvaluated: 'This run ended before its images were measured.',
  diffusionLine: (noisy: string) =>
    `All three compare with full precision, where each would be 0. Noise error: mean squared difference of the noise predicted in ${noisy} held-out noisy images. Trajectory error: mean squared difference of the images at every step, sampled from the same noise.`,
  frechetLine: (images: string, network: string) =>
    `Fréchet distance: between the features of ${images} images of either, taken with the ${network} that comes with the studio.`,
  fewImages: 'With fewer images than features it is a hint, and comparable within this table only.',
  noFrechet:
    'No Fréchet distance: the classifier that comes with the studio takes 16 × 16 RGB images, and either these are others or it could not be loaded.',
  oneSeed: 'One seed: another noise gives other figures.',
};

const samples = {
  title: 'Images from the same noise',
  hint: (steps: string, sampler: string, guidance: string) =>
    `A column is one noise and one class; ${steps} steps of ${sampler}, guidance ${guidance}. How far each row is from full precision, in figures: the table above.`,
  hintShort:
    'A column is one noise and one class. How far each row is from full precision, in figures: the table above.',
  grid: 'Sampled images, a row a method',
  full: 'Full precision',
  /** As what images were sampled with. */
  fullBy: 'full precision',
  /** 'disc', or 'class 3' where nobody named it. */
  className: (name: string | undefined, label: number) => name ?? `class ${label}`,
  alt: (count: number, classes: string, by: string) =>
    `${count} ${plural(count, 'image')} of ${classes}, sampled with ${by}`,
  range: (first: string, last: string, total: string) => `Images ${first} to ${last} of ${total}`,
  next: 'Next images',
  previous: 'Previous images',
  downloadOf: (by: string) => `Download the images of ${by} as PNG`,
  downloadAll: 'Download as PNG',
  latents: 'This network works on latents; the decoder that makes images of them is not part of it.',
};

const summary = {
  accuracy: (label: string, value: string, full: string) =>
    `Highest accuracy: ${label} with ${value}${full === '' ? '' : ` (full precision ${full})`}`,
  inseparable: (labels: string, images: string) => `not separable from ${labels} on ${images} images`,
  trajectory: (label: string, value: string) =>
    `${label} keeps nearest to full precision’s images from the same noise (trajectory error ${value}; one noise, so without an interval).`,
};

export const images = { windows, recipe, evaluating, compare, samples, summary };
