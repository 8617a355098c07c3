import { WEIGHT_FORMATS } from '../../engine';
import type { Task } from '../../model/architecture';
import type { Flags } from '../command';

/** What a network calibrates on and is judged by. */
export const DATA_FLAGS = {
  calibration: {
    value: 'FILE|own|random|generated',
    help:
      'A text (.jsonl, .txt) or images (.npz); own: calibration.jsonl or .npz beside the model, else the first text or images there ' +
      '(default); random: random tokens or noise; generated: what the model writes (the default of diffusion networks, their only one).',
  },
  windows: { value: 'N', help: 'Windows or images to calibrate on; default 128.' },
  length: { value: 'N', help: 'Tokens a window; default 256.' },
  'held-out': { value: 'FILE', help: 'What errors are measured on; default what follows the calibration windows.' },
  'held-out-windows': { value: 'N', help: 'Windows of it; default 16, and 512 images for classifiers.' },
  prompt: {
    value: 'TEXT',
    help: 'Language models: what full precision and every row continue at the end, greedily; off by default.',
  },
  'prompt-tokens': { value: 'N', help: 'Beside --prompt: tokens to write, 64 at most; default 32.' },
  'sampling-steps': { value: 'N', help: 'Diffusion: steps of a trajectory; default 50.' },
  guidance: { value: 'N', help: 'Diffusion: classifier-free guidance; default 4, 1 is none.' },
  sampler: { value: 'ddpm|ddim', help: 'Diffusion: default ddpm.' },
  images: { value: 'N', help: 'Diffusion: images sampled at the end; default 64.' },
  features: { value: 'CLASSIFIER', help: 'Diffusion: compare those images by this classifier’s features.' },
} as const satisfies Flags;

export type DataFlag = keyof typeof DATA_FLAGS;

const DATA: readonly DataFlag[] = ['calibration', 'windows', 'length', 'held-out', 'held-out-windows'];
const TEXT: readonly DataFlag[] = [...DATA, 'prompt', 'prompt-tokens'];
const SAMPLING: readonly DataFlag[] = ['sampling-steps', 'guidance', 'sampler', 'images', 'features'];

/** Which of them a network has a use for; null: its architecture is unknown, and only its weights are looked at. */
export const DATA_FLAGS_OF: readonly { task: Task | null; title: string; flags: readonly DataFlag[] }[] = [
  { task: 'text', title: 'a language model', flags: TEXT },
  { task: 'classification', title: 'a classifier', flags: DATA.filter((flag) => flag !== 'length') },
  {
    task: 'diffusion',
    title: 'a diffusion network, which calibrates on what it generates',
    flags: ['calibration', 'windows', 'held-out-windows', ...SAMPLING],
  },
  {
    task: null,
    title: 'a network of an architecture that is not known, of which only weights are looked at',
    flags: [],
  },
];

export const RUN_FLAGS = {
  seed: { value: 'N', help: 'Of the calibration, and of the method where it has one; default 0.' },
  networks: { value: 'MODEL,MODEL', help: 'VQ4ALL: networks that share its codebook.' },
  recipe: { value: 'FILE', help: 'A recipe.json instead of all flags of method and data.' },
  paper: { value: 'ID', help: 'The row of a paper instead of --method and its flags: see papers.' },
  row: {
    value: 'N',
    help: 'With a recipe file: which row is exported; default 1. All rows are computed and compared.',
  },
  format: {
    value: WEIGHT_FORMATS.join('|'),
    help: 'Of the weights; default safetensors: dequantized, loads where the source did.',
  },
  'keep-unfit': {
    value: null,
    help: 'Write layers that the format cannot hold dense, named as not quantized, instead of refusing the export.',
  },
  out: {
    value: 'FOLDER',
    help:
      'Where weights, results.json and layers.csv go. Finished layers are kept in its .quantelier-run until all is written: the same ' +
      'command goes on from there after an interruption.',
  },
  resume: {
    value: null,
    help: 'Only go on with a run that is kept there; without it one is begun where there is none.',
  },
  fresh: { value: null, help: 'Forget what is kept there, and begin anew.' },
  keep: {
    value: null,
    help: 'Keep the finished layers after success too, for another --format or --row without the work.',
  },
  'dry-run': { value: null, help: 'Say what would be done, of what size and for how long; do nothing, write nothing.' },
} as const satisfies Flags;
