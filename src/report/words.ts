/** What stands in files for papers: in English whatever the page speaks, since papers are. */
import { MEASURES } from '../run/measures';
import type { Column } from './compare';
import type { Metric } from './series';

/** `axis` within a figure, `of` within a sentence. */
export const METRIC_WORDS: Readonly<
  Record<Metric, { readonly name: string; readonly axis: string; readonly of: string }>
> = {
  heldOutOutput: {
    name: 'held-out output error',
    axis: 'relative error of the layer output, held-out data',
    of: 'relative error of the layers’ outputs on held-out data',
  },
  output: {
    name: 'output error',
    axis: 'relative error of the layer output',
    of: 'relative error of the layers’ outputs on calibration data',
  },
  block: {
    name: 'block MSE',
    axis: 'mean squared error of the block output',
    of: 'mean squared error of the blocks’ outputs',
  },
  hessian: {
    name: 'Hessian-weighted error',
    axis: 'Hessian-weighted relative error of the weight',
    of: 'Hessian-weighted relative error of the weights',
  },
  weight: {
    name: 'weight error',
    axis: 'relative error of the weight',
    of: 'relative error of the weights',
  },
};

const measure = (id: keyof typeof MEASURES) => {
  const { title, unit } = MEASURES[id];
  return unit === null ? title : `${title} (${unit})`;
};

export const COLUMN_WORDS: Readonly<Record<Column, string>> = {
  bitsPerWeight: 'bits/weight',
  activationBits: 'bits/activation',
  cacheBits: 'cache bits',
  fileBytes: 'file',
  meanError: 'mean',
  p95Error: 'p95',
  worstError: 'worst',
  perplexity: measure('perplexity'),
  kl: measure('kl'),
  klMedian: measure('klMedian'),
  klTail: 'KL p99 (nats)',
  sameTop: measure('sameTop'),
  accuracy: measure('accuracy'),
  prediction: measure('prediction'),
  trajectory: measure('trajectory'),
  psnr: measure('psnr'),
  ssim: measure('ssim'),
  frechet: measure('frechet'),
  tokens: 'tokens',
  milliseconds: 'time (s)',
};

export const PAPER_WORDS = {
  method: 'method',
  full: 'Full precision',
  baseline: 'baseline',
  seed: 'seed',
  layer: 'layer',
  block: 'block',
  layersByBlock: 'layers in order, numbered by block',
  divided: (axis: string, baseline: string) => `${axis}, divided by that of ${baseline}`,
  less: (axis: string, baseline: string) => `${axis}, less that of ${baseline}`,
  storedBits: 'bits per weight, stored',
  meanOf: (of: string) => `mean ${of}`,
  against: (axis: string) => `bits against ${axis}`,
  front: 'not beaten',
  heatKey: (ratio: string) => `${ratio}: below 1 the error is smaller`,
  figureTitle: (model: string, axis: string) => `${model}: ${axis}`,
  caption: (model: string, calibration: string, heldOut: string) =>
    `Quantization of ${model}, calibrated on ${calibration}, measured on ${heldOut}.`,
  errorsOf: (of: string) => `Mean, p95 and worst are of the ${of}.`,
  seedOf: (seed: string) => `Calibration seed ${seed}; one seed.`,
  intervals:
    'Brackets are 95 % intervals: bootstrap over held-out windows for perplexity, KL and same top-1, Wilson for accuracy, paired bootstrap over windows for differences.',
  marks:
    'Bold marks the best of the rows that store the same bits (within 2 %), where its lead is beyond the paired 95 % interval of the difference.',
  noMarks: 'No row leads the others of its size by more than the paired 95 % interval of the difference.',
  fileOf: 'File is the size of all weights, those that are not quantized included.',
  lessBaseline: (baseline: string) => `Δ is the mean difference from ${baseline} over the same windows.`,
  computedBy: (version: string, adapter: string, date: string) =>
    `Computed by Quantelier ${version} on ${adapter}, ${date.slice(0, 10)}.`,
} as const;
