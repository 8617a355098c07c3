/** The words of further views of a comparison: by layer and row, by kind of layer, by bits. */
import { inLanguage } from '../language/in-language';

export const moreWords = {
  title: 'Other views',
  summary: 'Other views: layer by layer, by kind of layer, bits against error',
  which: 'View',
  views: { heat: 'Layer by layer', kinds: 'By kind of layer', bits: 'Bits against error' },
};

export const heatWords = {
  caption: (metric: string, baseline: string) => `${metric}, divided by that of ${baseline}`,
  key: 'Colours',
  keyOf: (low: string, high: string) => `${low} to ${high}`,
  less: (share: string) => `less than ${share}`,
  more: (share: string) => `more than ${share}`,
  summary: (label: string, better: string, places: string, worst: string, value: string) =>
    `${label}: below the baseline in ${better} of ${places} places, worst ${worst} at ${value}.`,
  noBaseline: 'There is no baseline with values to divide by.',
};

export const kindWords = {
  hint: 'The same lines, a picture for every kind of layer, over the blocks; all have one axis.',
  picture: (kind: string, lines: string) => `${kind}. Means: ${lines}.`,
  line: (label: string, value: string) => `${label} ${value}`,
};

export const paretoWords = {
  caption: 'What bits buy, a point a row',
  figure: 'Figure',
  figures: (title: string) => `${title.charAt(0).toUpperCase()}${title.slice(1)}`,
  meanError: 'Mean error',
  mean: (of: string) => `mean ${of}`,
  xAxis: 'bits per weight, stored',
  at: (bits: string) => `${bits} bits`,
  front: (passing: string | null) => (passing === null ? 'Not beaten' : `Not beaten, ${passing}`),
  point: (label: string, bits: string, value: string) => `${label} (${bits} bits, ${value})`,
  summary: (title: string, passing: string | null, rows: string) =>
    `Not beaten in ${title} by a row of as many bits (within 2 %) or fewer${passing === null ? '' : `, among rows with ${passing}`}: ${rows}.`,
  beaten: (count: number, n: string) =>
    count === 0
      ? 'No row is beaten.'
      : `${n} ${count === 1 ? 'row is' : 'rows are'} beaten; by more than noise or not is in the table.`,
};

export const laidOverWords = {
  title: 'Lay other runs over this one',
  chosen: (n: number) => `${n} other ${n === 1 ? 'run' : 'runs'} laid over this one`,
  none: 'There is no other finished run here. A results file that is opened is one.',
  same: (name: string) => `${name}: the same model, data and version.`,
  differs: (name: string, what: string) => `${name} differs: ${what}.`,
  differences: {
    model: 'the files of the model are others, so errors are not of the same weights',
    task: 'the network does something else',
    'held-out': 'it was measured on other held-out data',
    calibration: 'it was calibrated on other data, or with another seed',
    layers: 'layers that only one of them has are left out',
    version: 'it comes from another version of the engine',
  },
};

export const seedWords = {
  title: 'Over seeds',
  hint: (seeds: string) =>
    `The same recipe with seeds ${seeds}: mean ± standard deviation. A difference between rows that is smaller than this is noise.`,
  method: 'Method',
  figures: {
    meanError: 'mean error',
    worstError: 'worst error',
    perplexity: 'perplexity',
    kl: 'KL, nats',
    klMedian: 'median KL, nats',
    klTail: '99th percentile of KL, nats',
    sameTop: 'same top-1',
    accuracy: 'accuracy',
    trajectory: 'trajectory error',
    psnr: 'PSNR, dB',
    ssim: 'SSIM',
    frechet: 'Fréchet distance',
  },
  spread: (mean: string, deviation: string) => `${mean} ± ${deviation}`,
};

await inLanguage(
  { moreWords, heatWords, kindWords, paretoWords, laidOverWords, seedWords },
  { 'zh-CN': () => import('./view-words.zh-CN') },
);
